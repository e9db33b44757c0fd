//! Holds what callers were told against what the sites say happened.

use std::collections::BTreeMap;
use std::time::Duration;

use super::site::Witness;
use crate::error::ErrorKind;

/// What timers may be late by: they count in whole milliseconds.
const TOLERANCE: Duration = Duration::from_millis(5);
/// The merchants' traffic in an outage stays below this multiple of the usual.
const MOST_TRAFFIC: u32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Nature {
    /// Must not be carried out twice.
    Once,
    /// Marked as idempotent in `spec/`.
    Marked,
    Get,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// A verified result with this request id.
    Done {
        request_id: Option<String>,
    },
    Failed {
        kind: ErrorKind,
        code: String,
        may_have_taken_effect: bool,
    },
    /// Given up by its caller at this moment.
    Dropped {
        at: Duration,
    },
}

/// One call, as its caller saw it.
#[derive(Debug, Clone, Hash)]
pub(crate) struct Told {
    pub(crate) number: String,
    pub(crate) nature: Nature,
    pub(crate) began: Duration,
    pub(crate) took: Duration,
    pub(crate) timeout: Duration,
    pub(crate) outcome: Outcome,
}

/// Everything that is wrong with these calls.
pub(crate) fn violations(calls: &[Told], witness: &Witness) -> Vec<String> {
    let mut found = Vec::new();
    for call in calls {
        let number = &call.number;
        let executed = witness.executed.get(number).copied().unwrap_or(0);
        let mut wrong = |what: &str| found.push(format!("{what}: carried out {executed} times, {call:?}"));
        if call.nature == Nature::Once && executed > 1 {
            wrong("carried out twice");
        }
        if call.took > call.timeout + TOLERANCE {
            wrong("beyond its deadline");
        }
        match &call.outcome {
            Outcome::Done { request_id } => {
                if call.nature != Nature::Get && executed == 0 {
                    wrong("done, and never carried out");
                }
                if !witness.confirmed.contains(number) {
                    wrong("believed without a genuine reply");
                }
                if request_id.as_ref() != Some(number) {
                    wrong("another call's reply");
                }
            }
            Outcome::Failed { kind, may_have_taken_effect, .. } => {
                if !may_have_taken_effect && executed > 0 {
                    wrong("said to have had no effect, and carried out");
                }
                if *may_have_taken_effect && !witness.arrivals.contains_key(number) && call.nature == Nature::Get {
                    wrong("a GET said to have had an effect");
                }
                match kind {
                    ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Api => {}
                    ErrorKind::Signature if witness.forged.contains(number) => {}
                    _ => wrong("not an error of this world"),
                }
            }
            Outcome::Dropped { .. } => {}
        }
    }
    found
}

/// Minutes of a simulation and the attempts made in each, to one site and to the other.
pub(crate) type Minutes = BTreeMap<u64, [u32; 2]>;

pub(crate) fn total(minutes: &Minutes, minute: u64) -> u32 {
    minutes.get(&minute).map_or(0, |attempts| attempts.iter().sum())
}

/// The usual traffic: the mean of these quiet minutes.
pub(crate) fn usual(minutes: &Minutes, quiet: std::ops::Range<u64>) -> u32 {
    let count = (quiet.end - quiet.start) as u32;
    quiet.map(|minute| total(minutes, minute)).sum::<u32>() / count
}

/// Minutes in which merchants multiplied their traffic.
pub(crate) fn storms(minutes: &Minutes, usual: u32) -> Vec<String> {
    let stormy = |minute: &u64| total(minutes, *minute) >= usual * MOST_TRAFFIC;
    minutes
        .keys()
        .copied()
        .filter(stormy)
        .map(|it| format!("minute {it}: {:?}, usually {usual}", minutes[&it]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(number: &str, nature: Nature, outcome: Outcome) -> Told {
        let (began, took, timeout) = (Duration::ZERO, Duration::from_secs(1), Duration::from_secs(10));
        Told { number: number.to_owned(), nature, began, took, timeout, outcome }
    }

    fn failed(may_have_taken_effect: bool) -> Outcome {
        Outcome::Failed { kind: ErrorKind::Timeout, code: "timeout".to_owned(), may_have_taken_effect }
    }

    fn done(number: &str) -> Outcome {
        Outcome::Done { request_id: Some(number.to_owned()) }
    }

    /// The words of the only violation.
    fn verdict(call: Told, arrange: impl FnOnce(&mut Witness)) -> String {
        let shared = Witness::new(1);
        let mut witness = super::super::site::lock(&shared);
        arrange(&mut witness);
        let mut found = violations(&[call], &witness);
        assert!(found.len() <= 1, "{found:?}");
        found.pop().unwrap_or_default().split(':').next().unwrap_or_default().to_owned()
    }

    fn executed(times: u32) -> impl FnOnce(&mut Witness) {
        move |witness| {
            witness.executed.insert("a".to_owned(), times);
            witness.confirmed.insert("a".to_owned());
        }
    }

    #[test]
    fn the_judge_finds_what_is_wrong_and_nothing_else() {
        use Nature::{Get, Marked, Once};
        assert_eq!(verdict(told("a", Once, done("a")), executed(1)), "");
        assert_eq!(verdict(told("a", Marked, done("a")), executed(3)), "");
        assert_eq!(verdict(told("a", Once, failed(true)), |_| ()), "");
        assert_eq!(verdict(told("a", Once, failed(true)), executed(1)), "");
        assert_eq!(verdict(told("a", Once, failed(false)), |_| ()), "");
        assert_eq!(verdict(told("a", Once, failed(true)), executed(2)), "carried out twice");
        assert_eq!(verdict(told("a", Once, failed(false)), executed(1)), "said to have had no effect, and carried out");
        assert_eq!(verdict(told("a", Get, failed(true)), |_| ()), "a GET said to have had an effect");
        assert_eq!(verdict(told("a", Once, done("b")), executed(1)), "another call's reply");
        let confirmed = |witness: &mut Witness| witness.confirmed.extend(["a".to_owned()]);
        assert_eq!(verdict(told("a", Once, done("a")), confirmed), "done, and never carried out");
        let unconfirmed = |witness: &mut Witness| witness.executed.extend([("a".to_owned(), 1)]);
        assert_eq!(verdict(told("a", Once, done("a")), unconfirmed), "believed without a genuine reply");
        let late = Told { took: Duration::from_millis(10_006), ..told("a", Once, done("a")) };
        assert_eq!(verdict(late, executed(1)), "beyond its deadline");
        for kind in [ErrorKind::Internal, ErrorKind::Signature, ErrorKind::Config] {
            let outcome = Outcome::Failed { kind, code: String::new(), may_have_taken_effect: true };
            assert_eq!(verdict(told("a", Once, outcome), |_| ()), "not an error of this world");
        }
    }

    #[test]
    fn twice_the_traffic_is_a_storm() {
        let minutes = Minutes::from([(0, [100, 0]), (1, [98, 2]), (2, [100, 99]), (3, [120, 80])]);
        assert_eq!(usual(&minutes, 0..2), 100);
        assert_eq!(storms(&minutes, 100), ["minute 3: [120, 80], usually 100"]);
    }
}
