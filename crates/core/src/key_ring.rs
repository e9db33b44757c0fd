//! The platform's keys of one merchant as a process holds them: those that are configured, and the certificates that were
//! downloaded last. Reading takes no lock, and the whole set changes at once.
//!
//! There is no timer: calls notice that a set has grown old. Who downloads stands in `certificates_refresh`.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

use crate::ambient::{Ambient, up_to};
use crate::certificates_cache::Cache;
use crate::certificates_reply::PlatformCertificate;
use crate::error::Error;
use crate::per_process::PerProcess;
use crate::platform_keys::{KnownKeys, PlatformKeys};
use crate::secret::ApiV3Key;

/// How old a set may be before it is refreshed, in seconds; the rules ask for 24 hours at most.
pub(crate) const MAX_AGE: i64 = 12 * 60 * 60;
/// Spreads the refreshes of many merchants and processes.
const JITTER: u64 = 60 * 60;
/// Whoever makes us meet unknown serials cannot make us download more often than this, in seconds.
pub(crate) const LEAST_PAUSE: i64 = 60;
/// After a failure: the old set still holds, and the platform may be in trouble.
const PAUSE_AFTER_FAILURE: i64 = 10 * 60;

/// Keys of one merchant, shared by all clones of its client and by the receivers made from them.
pub(crate) struct KeyRing {
    set: ArcSwap<Set>,
    automatic: Option<Automatic>,
}

/// What is known at a moment.
struct Set {
    keys: PlatformKeys,
    refreshed: Option<i64>,
    /// Unix seconds from which on it is old.
    due: i64,
}

struct Automatic {
    cache: Option<Cache>,
    /// A download of the parent goes on there and not here: a forked child has a progress of its own. It keeps the set.
    progress: PerProcess<Arc<Mutex<Progress>>>,
}

/// How a download ended, once it has.
pub(crate) type Ending = Option<Result<(), Error>>;

#[derive(Default)]
pub(crate) struct Progress {
    begun: Option<i64>,
    last_error: Option<Error>,
    running: Option<watch::Receiver<Ending>>,
}

/// Why certificates are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason<'a> {
    /// The set is old; nobody waits.
    Old,
    /// Something is signed with this one.
    UnknownSerial(&'a str),
    /// No key is usable.
    NoKey,
    /// Somebody asked.
    Asked,
}

/// What became of the wish.
pub(crate) enum Begun {
    /// It is under way.
    Running(watch::Receiver<Ending>),
    /// Not now: one was begun that many seconds ago, and ended so.
    TooSoon { ago: i64, error: Option<Error> },
}

/// The right to download, and the duty to say how it ended: who drops it says that it was lost.
pub(crate) struct Work {
    progress: Arc<Mutex<Progress>>,
    done: watch::Sender<Ending>,
    ended: bool,
}

impl KeyRing {
    /// Keys that stay as they are.
    pub(crate) fn of(keys: PlatformKeys) -> Self {
        Self { set: ArcSwap::from_pointee(Set { keys, refreshed: None, due: i64::MIN }), automatic: None }
    }

    /// Keys that are kept current, begun with what a cache holds; its age counts.
    pub(crate) fn automatic(
        keys: PlatformKeys,
        cache: Option<Cache>,
        apiv3_key: &ApiV3Key,
        ambient: &dyn Ambient,
    ) -> Self {
        let cached = cache.as_ref().and_then(|cache| cache.load(apiv3_key, &keys, ambient.now()));
        let automatic = Automatic { cache, progress: PerProcess::new() };
        let ring = Self { automatic: Some(automatic), ..Self::of(keys) };
        if let Some(cached) = cached {
            ring.install(&cached.certificates, cached.signed_at, ambient);
        }
        ring
    }

    /// The keys of this moment. To be held for a look and not across a wait.
    pub(crate) fn keys(&self) -> Keys {
        Keys(self.set.load())
    }

    pub(crate) fn is_automatic(&self) -> bool {
        self.automatic.is_some()
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.automatic.as_ref()?.cache.as_ref()
    }

    /// Whether the set should be refreshed by now. A clock that was set back makes it old, too.
    pub(crate) fn is_old(&self, now: i64) -> bool {
        let old = |set: &Set| set.refreshed.is_none_or(|refreshed| !(refreshed..set.due).contains(&now));
        self.is_automatic() && old(&self.set.load())
    }

    pub(crate) fn refreshed(&self) -> Option<i64> {
        self.set.load().refreshed
    }

    /// Takes what was downloaded, or found in the cache, in the place of what was downloaded before.
    pub(crate) fn install(&self, certificates: &[PlatformCertificate], refreshed: i64, ambient: &dyn Ambient) {
        let keys = self.set.load().keys.with_downloaded(certificates);
        let due = refreshed.saturating_add(MAX_AGE).saturating_add(up_to(ambient, JITTER) as i64);
        self.set.store(Arc::new(Set { keys, refreshed: Some(refreshed), due }));
    }

    /// Begins a download unless one is under way, or was begun too lately; the work is for whoever gets it. None where
    /// nothing is downloaded.
    pub(crate) fn begin(&self, reason: Reason<'_>, now: i64) -> Option<(Begun, Option<Work>)> {
        let automatic = self.automatic.as_ref()?;
        let refreshed = self.refreshed();
        let begin = |progress: &Arc<Mutex<Progress>>| {
            let mut at = lock(progress);
            if let Some(running) = &at.running {
                return (Begun::Running(running.clone()), None);
            }
            let pause = match reason {
                Reason::Old if at.last_error.is_some() => PAUSE_AFTER_FAILURE,
                _ => LEAST_PAUSE,
            };
            // What a cache brought counts: for short-lived processes it is all that they know of earlier downloads.
            let ago = at.begun.max(refreshed).map(|latest| now.saturating_sub(latest));
            if let Some(ago) = ago.filter(|ago| (0..pause).contains(ago)) {
                return (Begun::TooSoon { ago, error: at.last_error.clone() }, None);
            }
            let (done, running) = watch::channel(None);
            at.begun = Some(now);
            at.running = Some(running.clone());
            let work = Work { progress: Arc::clone(progress), done, ended: false };
            (Begun::Running(running), Some(work))
        };
        Some(never(automatic.progress.with(|| Ok(Arc::default()), begin)))
    }

    /// What is told of the ring.
    pub(crate) fn known(&self, now: i64) -> KnownKeys {
        let set = self.set.load();
        let error = |progress: &Arc<Mutex<Progress>>| lock(progress).last_error.clone();
        let last_error = self.automatic.as_ref().map(|it| never(it.progress.with(|| Ok(Arc::default()), error)));
        KnownKeys { keys: set.keys.known(now), last_refresh: set.refreshed, last_error: last_error.flatten() }
    }
}

/// A look at the keys.
pub(crate) struct Keys(Guard<Arc<Set>>);

impl std::ops::Deref for Keys {
    type Target = PlatformKeys;

    fn deref(&self) -> &PlatformKeys {
        &self.0.keys
    }
}

impl Work {
    /// Says how it ended to all who wait and all who come later.
    pub(crate) fn end(mut self, outcome: Result<(), Error>) {
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: Result<(), Error>) {
        self.ended = true;
        let mut progress = lock(&self.progress);
        progress.last_error = outcome.as_ref().err().cloned();
        progress.running = None;
        drop(progress);
        self.done.send_replace(Some(outcome));
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.ended {
            self.finish(Err(Error::internal(
                "the download of platform certificates was dropped while it was under way",
            )));
        }
    }
}

fn lock(progress: &Mutex<Progress>) -> std::sync::MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

fn never<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = self.set.load();
        f.debug_struct("KeyRing")
            .field("keys", &set.keys)
            .field("refreshed", &set.refreshed)
            .field("automatic", &self.is_automatic())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::System;

    fn ring() -> KeyRing {
        let key = ApiV3Key::new("0123456789abcdefghijABCDEFGHIJ!!").expect("32 bytes");
        KeyRing::automatic(PlatformKeys::default(), None, &key, &System)
    }

    #[test]
    fn sets_grow_old_between_twelve_and_thirteen_hours_each_at_a_moment_of_its_own() {
        let mut moments = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let ring = ring();
            assert!(ring.is_old(1000), "nothing was ever downloaded");
            ring.install(&[], 1000, &System);
            let old = (0..=JITTER as i64).find(|late| ring.is_old(1000 + MAX_AGE + late));
            moments.insert(old.expect("within the hour"));
            assert!(
                !ring.is_old(1000) && !ring.is_old(1000 + MAX_AGE - 1) && ring.is_old(1000 + MAX_AGE + JITTER as i64)
            );
            assert!(ring.is_old(999), "a clock that was set back");
        }
        assert!(moments.len() > 10, "{moments:?}");
        assert!(!KeyRing::of(PlatformKeys::default()).is_old(1000), "nothing is downloaded");
    }

    #[test]
    fn work_that_is_dropped_says_so_to_who_waits() {
        let ring = ring();
        let Some((Begun::Running(waiting), Some(work))) = ring.begin(Reason::NoKey, 1000) else { panic!("begins") };
        let Some((Begun::Running(_), None)) = ring.begin(Reason::NoKey, 1000) else { panic!("one at a time") };
        drop(work);
        assert!(matches!(&*waiting.borrow(), Some(Err(error)) if error.code() == "internal"));
        let Some((Begun::TooSoon { ago: 59, error: Some(_) }, None)) = ring.begin(Reason::Asked, 1059) else {
            panic!("once a minute")
        };
        assert!(matches!(ring.begin(Reason::Asked, 1060), Some((Begun::Running(_), Some(_)))));
    }
}
