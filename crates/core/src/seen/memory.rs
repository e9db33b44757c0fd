//! Ids in the memory of one process.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{Found, Times};
use crate::per_process::PerProcess;

/// A child begins anew: the lock may have been held by another thread at the moment of the fork.
pub(super) struct Memory(PerProcess<Mutex<Ids>>);

/// What is known of each id, and until when. Every use takes away what is over: there is no thread for that.
#[derive(Default)]
struct Ids {
    known: HashMap<Arc<str>, Known>,
    ends: BTreeSet<(Instant, Arc<str>)>,
}

#[derive(Clone, Copy)]
struct Known {
    done: bool,
    until: Instant,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(PerProcess::new())
    }

    pub(super) fn claim(&self, id: &str, times: Times) -> Found {
        self.with(|ids| ids.claim(id, Instant::now(), times))
    }

    pub(super) fn done(&self, id: &str, times: Times) {
        self.with(|ids| ids.done(id, Instant::now(), times));
    }

    pub(super) fn release(&self, id: &str) {
        self.with(|ids| ids.release(id, Instant::now()));
    }

    fn with<R>(&self, work: impl FnOnce(&mut Ids) -> R) -> R {
        let make = || Ok::<_, Infallible>(Mutex::default());
        let done = self.0.with(make, |ids| work(&mut ids.lock().unwrap_or_else(PoisonError::into_inner)));
        done.unwrap_or_else(|never| match never {})
    }
}

impl Ids {
    fn claim(&mut self, id: &str, now: Instant, times: Times) -> Found {
        self.forget(now);
        match self.known.get(id) {
            Some(Known { done: true, .. }) => Found::Done,
            Some(_) => Found::Busy,
            None => {
                self.keep(id, Known { done: false, until: now + times.lease });
                Found::New
            }
        }
    }

    fn done(&mut self, id: &str, now: Instant, times: Times) {
        self.forget(now);
        self.keep(id, Known { done: true, until: now + times.ttl });
    }

    fn release(&mut self, id: &str, now: Instant) {
        self.forget(now);
        if self.known.get(id).is_some_and(|known| !known.done) {
            self.remove(id);
        }
    }

    fn keep(&mut self, id: &str, known: Known) {
        self.remove(id);
        let id: Arc<str> = id.into();
        self.ends.insert((known.until, Arc::clone(&id)));
        self.known.insert(id, known);
    }

    fn remove(&mut self, id: &str) {
        if let Some((id, known)) = self.known.remove_entry(id) {
            self.ends.remove(&(known.until, id));
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.ends.first().is_some_and(|(until, _)| *until <= now) {
            let (_, id) = self.ends.pop_first().expect("there is a first");
            self.known.remove(&id);
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TIMES: Times = Times { lease: Duration::from_secs(10), ttl: Duration::from_secs(100) };

    #[test]
    fn one_gets_it_and_the_others_wait_until_it_is_done() {
        let (mut ids, now) = (Ids::default(), Instant::now());
        assert_eq!(ids.claim("EV-1", now, TIMES), Found::New);
        assert_eq!(ids.claim("EV-1", now, TIMES), Found::Busy);
        assert_eq!(ids.claim("EV-2", now, TIMES), Found::New);
        ids.done("EV-1", now, TIMES);
        assert_eq!(ids.claim("EV-1", now, TIMES), Found::Done);
        assert_eq!(ids.claim("EV-2", now, TIMES), Found::Busy);
    }

    #[test]
    fn what_failed_is_free_again_and_what_is_done_stays_done() {
        let (mut ids, now) = (Ids::default(), Instant::now());
        ids.claim("EV-1", now, TIMES);
        ids.release("EV-1", now);
        assert_eq!(ids.claim("EV-1", now, TIMES), Found::New);
        ids.done("EV-1", now, TIMES);
        ids.release("EV-1", now);
        assert_eq!(ids.claim("EV-1", now, TIMES), Found::Done);
        ids.release("EV-3", now);
    }

    #[test]
    fn a_claim_ends_with_its_lease_and_what_is_done_with_its_time() {
        let (mut ids, start) = (Ids::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        ids.claim("EV-1", start, TIMES);
        assert_eq!(ids.claim("EV-1", after(9), TIMES), Found::Busy);
        assert_eq!(ids.claim("EV-1", after(10), TIMES), Found::New);
        ids.done("EV-1", after(15), TIMES);
        assert_eq!(ids.claim("EV-1", after(114), TIMES), Found::Done);
        assert_eq!(ids.claim("EV-1", after(115), TIMES), Found::New);
    }

    #[test]
    fn memory_is_bounded_by_time() {
        let (mut ids, start) = (Ids::default(), Instant::now());
        for at in 0..10_000_u64 {
            let (id, now) = (format!("EV-{at}"), start + Duration::from_secs(at));
            ids.claim(&id, now, TIMES);
            if at % 2 == 0 {
                ids.done(&id, now, TIMES);
            }
            // Of the last 100 seconds every second one is done; of the last 10 the others are claimed.
            assert!(ids.known.len() <= 55 && ids.ends.len() == ids.known.len(), "{}", ids.known.len());
        }
    }

    #[test]
    fn of_many_threads_one_gets_it() {
        let memory = Memory::new();
        let claims: Vec<Found> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..32).map(|_| scope.spawn(|| memory.claim("EV-1", TIMES))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(claims.iter().filter(|found| **found == Found::New).count(), 1);
        assert_eq!(claims.iter().filter(|found| **found == Found::Busy).count(), 31);
    }
}
