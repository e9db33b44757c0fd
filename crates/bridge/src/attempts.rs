//! The attempts of a call: what an error tells of them afterwards, and what an application may watch meanwhile.
//!
//! Every client here has the same observer ([`ToDesk`]), and it keeps nothing: it puts what happens on the desk of the call
//! that is being polled, if that call is watched. So an event can only come to whoever waits for its call, and a call that
//! nobody watches pays for a look at its desk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use wechatpay_sdk::{Attempt, AttemptStart, Observer};

use crate::desk::{self, Said};

/// One attempt of a call that failed.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptRecord {
    /// Its number within the call, from 1.
    pub number: u32,
    /// The host that it went to, as a URL without a path.
    pub host: Arc<str>,
    /// What came of it.
    #[serde(flatten)]
    pub end: AttemptEnd,
}

/// What came of an attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptEnd {
    /// How far it came: `connecting`, `waiting`, `receiving`, `answered`.
    pub phase: &'static str,
    /// Seconds, signing not included.
    pub duration: f64,
    /// HTTP status, where a reply came.
    pub status: Option<u16>,
    /// Why no reply came.
    pub code: Option<&'static str>,
    /// The platform's `Request-ID`, where a reply came.
    pub request_id: Option<String>,
}

/// An attempt of a call that is watched begins, or has ended. Holds nothing of what is sent or received.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptEvent {
    /// Id of the operation, or the method of a request outside the spec.
    pub operation: String,
    /// The merchant that it is made for.
    pub mchid: String,
    /// Its number within the call, from 1.
    pub number: u32,
    /// The host that it goes to, as a URL without a path.
    pub host: Arc<str>,
    /// When that was, in Unix seconds: it may be told later.
    pub time: f64,
    /// How many events before this one were lost, since an event loop did not keep up with them.
    pub dropped: u64,
    /// What came of it; none where it begins.
    #[serde(flatten)]
    pub end: Option<AttemptEnd>,
}

impl AttemptEvent {
    /// The event as JSON, for languages that read it themselves. One that has ended has a `phase`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record of texts and numbers can be written")
    }

    fn new(start: &AttemptStart<'_>, end: Option<&Attempt>) -> Self {
        Self {
            operation: start.operation.to_owned(),
            mchid: start.mchid.to_owned(),
            number: start.number,
            host: end.map_or_else(|| start.host.into(), |attempt| Arc::clone(&attempt.host)),
            time: moment(),
            dropped: 0,
            end: end.map(AttemptEnd::from),
        }
    }
}

impl From<&Attempt> for AttemptEnd {
    fn from(attempt: &Attempt) -> Self {
        Self {
            phase: attempt.phase.as_str(),
            duration: attempt.duration.as_secs_f64(),
            status: attempt.status,
            code: attempt.code,
            request_id: attempt.request_id().map(str::to_owned),
        }
    }
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        Self { number: attempt.number, host: Arc::clone(&attempt.host), end: attempt.into() }
    }
}

#[expect(clippy::disallowed_methods, reason = "it is told to people, and nothing is decided by it")]
fn moment() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The observer of every client.
pub(crate) struct ToDesk;

impl Observer for ToDesk {
    fn before(&self, start: &AttemptStart<'_>) {
        if desk::is_watched() {
            desk::put(Said::Tells(AttemptEvent::new(start, None)));
        }
    }

    fn after(&self, start: &AttemptStart<'_>, attempt: &Attempt) {
        if desk::is_watched() {
            desk::put(Said::Tells(AttemptEvent::new(start, Some(attempt))));
        }
    }
}

/// How many events wait for an event loop. Beyond [`Waiting::MOST`] they are dropped and counted: a loop that stands still
/// must not fill the memory. What calls give and ask is never dropped.
#[derive(Debug, Default)]
pub struct Waiting {
    now: AtomicUsize,
    dropped: AtomicU64,
}

impl Waiting {
    /// The most that wait.
    pub const MOST: usize = 1024;

    fn has_room(&self) -> bool {
        let more = |now| (now < Self::MOST).then_some(now + 1);
        self.now.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn admit(&self, event: &mut AttemptEvent) -> bool {
        let room = self.has_room();
        if room {
            event.dropped = self.dropped.swap(0, Ordering::Relaxed);
        } else {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        room
    }
}

impl Said {
    /// Whether it may wait; an event then says how many were dropped before it.
    pub fn finds_room(&mut self, waiting: &Waiting) -> bool {
        match self {
            Self::Asks(_) => true,
            Self::Tells(event) => waiting.admit(event),
            // The next one says all that this one does.
            Self::Progresses(_) => waiting.has_room(),
        }
    }

    /// It waits no longer.
    pub fn leaves(&self, waiting: &Waiting) {
        if let Self::Tells(_) | Self::Progresses(_) = self {
            waiting.now.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Said {
        let (operation, mchid) = ("tea.brew".to_owned(), "1900000001".to_owned());
        Said::Tells(AttemptEvent { operation, mchid, number: 1, host: "".into(), time: 0.0, dropped: 0, end: None })
    }

    fn dropped(said: &Said) -> u64 {
        match said {
            Said::Tells(event) => event.dropped,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn beyond_the_most_events_are_dropped_and_the_next_one_tells_how_many() {
        let waiting = Waiting::default();
        for _ in 0..Waiting::MOST {
            assert!(event().finds_room(&waiting));
        }
        for _ in 0..3 {
            assert!(!event().finds_room(&waiting));
        }
        event().leaves(&waiting);
        let mut next = event();
        assert!(next.finds_room(&waiting));
        assert_eq!(dropped(&next), 3);
        assert!(!event().finds_room(&waiting));
        event().leaves(&waiting);
        let mut after = event();
        assert!(after.finds_room(&waiting));
        assert_eq!(dropped(&after), 1);
    }
}
