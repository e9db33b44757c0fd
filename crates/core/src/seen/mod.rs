//! Which notifications have been processed: the same one may come many times, and to several receivers at once.

use std::time::Duration;

use crate::error::{Error, ErrorKind, Retryability};

mod memory;
#[cfg(feature = "redis")]
mod redis;

use memory::Memory;

/// A receiver that was killed while it held a notification no longer holds it after this time. Long enough for any
/// processing (the platform waits 5 seconds), short enough that the fifth delivery finds it free.
const LEASE: Duration = Duration::from_secs(120);
/// Longer than the platform sends a notification again, which is a little more than a day.
const DEFAULT_TTL: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Nothing is asked after so long, and every clock can still count it.
const MAX_TTL: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A store of notification ids that lets each notification be processed once.
///
/// [`claim`](Self::claim) first. If it gives true, the notification is yours: process it, then say
/// [`done`](Self::done), or [`release`](Self::release) where that failed. If it gives false, it has been processed:
/// acknowledge it. If it is an error, somebody else is just processing it, or the store cannot tell: answer with
/// [`failure`](crate::notification::failure), and the platform sends it again. So nothing is lost, whoever is killed.
///
/// ```no_run
/// use wechatpay_sdk::{Error, Seen, notification::Notification};
///
/// # async fn process(_: &Notification) -> Result<(), Error> { Ok(()) }
/// async fn once(seen: &Seen, notification: &Notification) -> Result<(), Error> {
///     if !seen.claim(&notification.id).await? {
///         return Ok(());
///     }
///     match process(notification).await {
///         // It has been processed: also where the store could not be told, the answer is an acknowledgement.
///         Ok(()) => seen.done(&notification.id).await.or(Ok(())),
///         Err(error) => {
///             // Without this it is free again after two minutes.
///             seen.release(&notification.id).await.ok();
///             Err(error)
///         }
///     }
/// }
/// ```
///
/// A claim holds for two minutes: processing must take less. Ids are kept for `ttl` (two days, [`Seen::DEFAULT_TTL`],
/// are enough: the platform repeats itself for a day), from [`done`](Self::done) on.
#[derive(Debug)]
pub struct Seen {
    store: Store,
    times: Times,
}

#[derive(Debug)]
enum Store {
    Memory(Memory),
    #[cfg(feature = "redis")]
    Redis(redis::Redis),
}

#[derive(Debug, Clone, Copy)]
struct Times {
    /// How long a claim holds.
    lease: Duration,
    /// How long it is known that a notification has been processed.
    ttl: Duration,
}

/// What a store knows of an id that somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing: from now on it is theirs.
    New,
    /// Claimed, and not done.
    Busy,
    Done,
}

impl Seen {
    /// How long to keep ids where nothing else is wanted: two days.
    pub const DEFAULT_TTL: Duration = DEFAULT_TTL;

    /// A store in this process's memory. Each process has its own, a forked child begins with an empty one, and it ends
    /// with the process: for a receiver of several processes or hosts use [`Seen::redis`].
    ///
    /// # Errors
    /// Config, naming `seconds`, where `ttl` is zero or longer than a year.
    pub fn memory(ttl: Duration) -> Result<Self, Error> {
        Ok(Self { store: Store::Memory(Memory::new()), times: Times::new(ttl)? })
    }

    /// A store in a Redis (or what speaks its protocol), for all receivers that use it:
    /// `redis://user:password@host:6379/0`, with TLS `rediss://…`; all but the host may be missing. Nothing is sent
    /// yet.
    ///
    /// TLS trusts the authorities that the client trusts: those of the system (where `SSL_CERT_FILE` names a file,
    /// those in it) and Mozilla's. Its keys begin with `wechatpay:seen:`. It must keep what it is told for as long as
    /// `ttl`: a Redis that evicts keys, or forgets them at a restart or a failover, lets a repetition through.
    ///
    /// # Errors
    /// Config, naming `url` or `seconds`.
    #[cfg(feature = "redis")]
    pub fn redis(url: &str, ttl: Duration) -> Result<Self, Error> {
        Ok(Self { store: Store::Redis(redis::Redis::new(url)?), times: Times::new(ttl)? })
    }

    /// Asks for a notification by its id: true, it is yours; false, it has been processed.
    ///
    /// Of any number that ask at once, one gets true. Takes at most two seconds.
    ///
    /// # Errors
    /// Timeout (`seen_busy`) while somebody else has it and is not done; transport or timeout (`seen_store`) where the
    /// store cannot tell. To each the answer is a failure.
    pub async fn claim(&self, id: &str) -> Result<bool, Error> {
        let found = match &self.store {
            Store::Memory(memory) => memory.claim(checked(id)?, self.times),
            #[cfg(feature = "redis")]
            Store::Redis(redis) => redis.claim(checked(id)?, self.times).await?,
        };
        match found {
            Found::New => Ok(true),
            Found::Done => Ok(false),
            Found::Busy => Err(busy()),
        }
    }

    /// The notification has been processed: for `ttl`, nobody gets it any more. Takes at most two seconds.
    ///
    /// # Errors
    /// Transport or timeout (`seen_store`) where the store cannot be told. It has been processed all the same:
    /// acknowledge it, since a failure would bring it again.
    pub async fn done(&self, id: &str) -> Result<(), Error> {
        match &self.store {
            Store::Memory(memory) => memory.done(checked(id)?, self.times),
            #[cfg(feature = "redis")]
            Store::Redis(redis) => redis.done(checked(id)?, self.times).await?,
        }
        Ok(())
    }

    /// Processing has failed: whoever asks next may have it. What is done stays done, and what another process has
    /// claimed stays its own. Takes at most two seconds.
    ///
    /// # Errors
    /// Transport or timeout (`seen_store`) where the store cannot be told: the claim ends by itself after two minutes.
    pub async fn release(&self, id: &str) -> Result<(), Error> {
        match &self.store {
            Store::Memory(memory) => memory.release(checked(id)?),
            #[cfg(feature = "redis")]
            Store::Redis(redis) => redis.release(checked(id)?).await?,
        }
        Ok(())
    }
}

impl Times {
    fn new(ttl: Duration) -> Result<Self, Error> {
        if ttl < Duration::from_millis(1) || ttl > MAX_TTL {
            let problem = "must be a positive number of seconds, at most those of a year";
            return Err(Error::config("seconds", "wrong_type", problem));
        }
        Ok(Self { lease: LEASE.min(ttl), ttl })
    }
}

fn checked(id: &str) -> Result<&str, Error> {
    if id.is_empty() {
        return Err(Error::bad_argument("id", "must be that of a notification, and not empty"));
    }
    Ok(id)
}

fn busy() -> Error {
    let message = "another receiver has this notification and is not done: answer with failure, it comes again";
    Error::new(ErrorKind::Timeout, "seen_busy", message).with_retry(Retryability::Safe)
}

#[cfg(feature = "redis")]
fn unreachable_store(kind: ErrorKind, store: impl std::fmt::Display, problem: impl std::fmt::Display) -> Error {
    let message = format!("the store {store} {problem}: answer with failure, the notification comes again");
    Error::new(kind, "seen_store", message).with_retry(Retryability::Safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_store_can_keep_is_refused() {
        for seconds in [Duration::ZERO, Duration::from_micros(1), Duration::MAX, MAX_TTL + Duration::from_secs(1)] {
            let error = Seen::memory(seconds).expect_err("no time for a store");
            assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "wrong_type"), "{error}");
            assert_eq!(error.detail().and_then(|detail| detail.field.as_deref()), Some("seconds"));
        }
        assert!(Seen::memory(MAX_TTL).is_ok() && Seen::memory(Seen::DEFAULT_TTL).is_ok());
    }

    #[test]
    fn a_claim_never_holds_longer_than_an_id_is_kept() {
        let times = Times::new(Duration::from_secs(1)).expect("a time");
        assert_eq!((times.lease, times.ttl), (Duration::from_secs(1), Duration::from_secs(1)));
        assert_eq!(Times::new(DEFAULT_TTL).expect("a time").lease, LEASE);
    }
}
