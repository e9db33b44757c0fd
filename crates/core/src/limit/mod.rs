//! How fast a merchant's calls may follow each other: the platform counts them, and refuses what is too much.
//!
//! Each attempt waits for its turn before it is signed, a repetition like any other. [`bucket`] says when a turn comes,
//! [`rates`] what is counted together, and `redis` lets a fleet share one bucket.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Client;
use crate::error::{Error, ErrorKind, Retryability};
use crate::operation::Operation;
use crate::per_process::PerProcess;

mod bucket;
mod rates;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod tests;

use bucket::{Bucket, Spacing};
pub(crate) use rates::Rates;
#[cfg(feature = "redis")]
pub(crate) use redis::Fleet;

/// Without the feature there is none.
#[cfg(not(feature = "redis"))]
pub(crate) enum Fleet {}

#[cfg(not(feature = "redis"))]
impl Fleet {
    pub(crate) fn new(_url: &str) -> Result<Self, Error> {
        let problem = "needs the cargo feature redis of wechatpay-sdk";
        Err(Error::config("rate_limit_redis", "missing_feature", problem))
    }
}

/// The limits of one merchant, shared by all clones of its client.
pub(crate) struct Limiter {
    rates: Arc<Rates>,
    /// One for each class. A child of a fork begins with full ones: a lock may have been held at that moment.
    buckets: PerProcess<Vec<Mutex<Bucket>>>,
    /// Where a fleet shares them. The buckets above serve while it does not answer.
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "there is none without the feature"))]
    fleet: Option<Arc<Fleet>>,
}

impl Limiter {
    pub(crate) fn new(rates: Arc<Rates>, fleet: Option<Arc<Fleet>>) -> Self {
        Self { rates, buckets: PerProcess::new(), fleet }
    }

    pub(crate) fn rates(&self) -> &Arc<Rates> {
        &self.rates
    }

    /// Waits for a turn, unless it would not come before `limit`.
    async fn turn(&self, of: Caller<'_>, spacing: Spacing, limit: Duration) -> Result<(), Error> {
        let Some(class) = self.rates.class_of(of.operation) else { return Ok(()) };
        let asked = Instant::now();
        let refused = |wait| self.too_late(class, wait, limit);
        #[cfg(feature = "redis")]
        if let Some(fleet) = &self.fleet {
            // In a box: it would make every call's future larger.
            let answer = Box::pin(fleet.take(of.mchid, &self.rates.classes()[class], spacing, limit)).await;
            if let Some(turn) = answer {
                tokio::time::sleep(turn.map_err(refused)?).await;
                return Ok(());
            }
        }
        let left = limit.saturating_sub(asked.elapsed());
        let place = self.bucket(class, |bucket| bucket.take(Instant::now(), spacing, left)).map_err(refused)?;
        loop {
            // It may have been put off meanwhile.
            let wait = self.bucket(class, |bucket| bucket.wait(Instant::now(), place));
            if wait.is_zero() {
                return Ok(());
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// The platform has answered that it gets too much.
    async fn slow_down(&self, of: Caller<'_>, limit: Duration) {
        let Some(class) = self.rates.class_of(of.operation) else { return };
        let Some(rate) = self.bucket(class, |bucket| bucket.slow_down(Instant::now())) else { return };
        tracing::warn!(mchid = of.mchid, class = self.name(class), rate, "the platform asks to slow down");
        #[cfg(feature = "redis")]
        if let Some(fleet) = &self.fleet {
            Box::pin(fleet.slow_down(of.mchid, &self.rates.classes()[class], limit)).await;
        }
        #[cfg(not(feature = "redis"))]
        let _ = limit;
    }

    fn slow_downs(&self) -> u64 {
        (0..self.rates.classes().len()).map(|class| self.bucket(class, |bucket| bucket.slow_downs())).sum()
    }

    fn bucket<R>(&self, class: usize, work: impl FnOnce(&mut Bucket) -> R) -> R {
        let make = || {
            let now = Instant::now();
            let buckets = self.rates.classes().iter().map(|class| Mutex::new(Bucket::new(class.rate, now)));
            Ok::<_, Infallible>(buckets.collect())
        };
        let work =
            |buckets: &Vec<Mutex<Bucket>>| work(&mut buckets[class].lock().unwrap_or_else(PoisonError::into_inner));
        self.buckets.with(make, work).unwrap_or_else(|never| match never {})
    }

    fn name(&self, class: usize) -> &str {
        match &*self.rates.classes()[class].name {
            "" => "all operations",
            name => name,
        }
    }

    /// The kind and the code say that time is short, and the retryability that nothing else is wrong.
    fn too_late(&self, class: usize, wait: Duration, limit: Duration) -> Error {
        let message = format!(
            "the turn of this call comes in {:.1} s, and {:.1} s of its time are left: rate_limit allows {} calls per second \
             for {}, and others wait already; nothing was sent; repeat it later, or give it more time",
            wait.as_secs_f64(),
            limit.as_secs_f64(),
            self.rates.classes()[class].rate,
            self.name(class),
        );
        Error::new(ErrorKind::Timeout, "rate_limited", message).with_retry(Retryability::Safe)
    }
}

/// For whom and for what a turn is.
#[derive(Clone, Copy)]
struct Caller<'a> {
    mchid: &'a str,
    /// None for a request outside the spec.
    operation: Option<&'a str>,
}

impl Client {
    /// Waits until a call of this operation may be made, however long that takes, and gives the client to make it with:
    /// the first attempt of its call has had its turn. For batches, which wait outside of a call's time. Turns that are
    /// waited for come one after the other, also after a lull.
    ///
    /// Without the option `rate_limit` it does not wait. What is given up while it waits has used up its turn.
    #[must_use = "the turn belongs to the client that this gives"]
    pub async fn turn(&self, operation: &str) -> Self {
        if let Some(limiter) = &self.limiter {
            let of = Caller { mchid: self.mchid(), operation: Some(operation) };
            // Without a limit no turn comes too late.
            limiter.turn(of, Spacing::Even, Duration::MAX).await.ok();
        }
        Self { has_turn: true, ..self.clone() }
    }

    /// How often the platform has slowed this merchant's calls down: by replies 429 or `FREQUENCY_LIMITED`, those to one
    /// burst counted once. Always 0 without the option `rate_limit`.
    #[must_use]
    pub fn slow_downs(&self) -> u64 {
        self.limiter.as_ref().map_or(0, |limiter| limiter.slow_downs())
    }

    /// Waits for the turn of an attempt, within the call's time since it `started`.
    pub(crate) async fn await_turn(&self, operation: Option<&Operation>, started: Instant) -> Result<(), Error> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        let left = self.timeout.saturating_sub(started.elapsed());
        limiter.turn(self.caller(operation), Spacing::Burst, left).await
    }

    /// A reply asked to slow down.
    pub(crate) async fn slow_down(&self, operation: Option<&Operation>, started: Instant) {
        if let Some(limiter) = &self.limiter {
            let left = self.timeout.saturating_sub(started.elapsed());
            limiter.slow_down(self.caller(operation), left).await;
        }
    }

    fn caller<'a>(&'a self, operation: Option<&Operation>) -> Caller<'a> {
        Caller { mchid: self.mchid(), operation: operation.map(|operation| operation.id) }
    }
}
