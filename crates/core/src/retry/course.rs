//! The course of one call: attempt after attempt, never two at once. Pure, so that every course can be explored.

use std::time::Duration;

use super::classify::{CLASSIFIERS, Classifier, End, Fate, Opinion, Situation, Trouble, classify};
use super::policy::Retry;
use crate::operation::Operation;

/// Of one call, switches of the host among them.
const MOST_ATTEMPTS: u32 = 4;
const BACKOFF_BASE: Duration = Duration::from_millis(200);
const BACKOFF_CAP: Duration = Duration::from_secs(5);

/// What repeating a request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Nature {
    /// It changes nothing, or repeating it has the effect of sending it once.
    Repeatable,
    /// It must not be carried out twice.
    Once,
}

impl Nature {
    /// That of a request; `changes`: it is no GET. A request outside the spec has no operation.
    pub(crate) fn of(changes: bool, operation: Option<&Operation>) -> Self {
        let harmless = !changes || operation.is_some_and(|operation| operation.idempotent);
        if harmless { Self::Repeatable } else { Self::Once }
    }

    /// A caller may know better.
    pub(crate) fn under(self, policy: Retry) -> Self {
        if policy == Retry::Idempotent { Self::Repeatable } else { self }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The last attempt is the result.
    Finish,
    /// Another attempt after this pause, signed afresh.
    Send { pause: Duration },
}

/// Where a call stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Course {
    policy: Retry,
    nature: Nature,
    hosts: u32,
    attempts: u32,
    /// The hosts (bits) that the next attempt avoids, since they failed lately.
    tried: u64,
    fate: Fate,
}

impl Course {
    pub(crate) fn new(policy: Retry, nature: Nature, hosts: u32) -> Self {
        Self { policy, nature: nature.under(policy), hosts, attempts: 0, tried: 0, fate: Fate::Known }
    }

    pub(crate) fn nature(&self) -> Nature {
        self.nature
    }

    /// Whether this call may make more than one attempt after it was sent.
    pub(crate) fn repeats(&self) -> bool {
        self.nature == Nature::Repeatable && self.policy != Retry::Off
    }

    /// That of all attempts so far: a refusal of the last one says nothing of those before.
    pub(crate) fn fate(&self) -> Fate {
        self.fate
    }

    /// The hosts (bits) that the next attempt avoids.
    pub(crate) fn tried(&self) -> u64 {
        self.tried
    }

    /// An attempt begins; gives its number.
    pub(crate) fn begin(&mut self) -> u32 {
        self.attempts += 1;
        self.attempts
    }

    /// An attempt at `host` has ended. `well` are the hosts (bits) that are not known to be ill now; `up_to` draws a number
    /// from nought to its argument; `allowed` takes from the budget of repetitions.
    pub(crate) fn end(
        &mut self,
        host: u32,
        end: End,
        well: u64,
        up_to: impl FnOnce(u64) -> u64,
        allowed: impl FnOnce() -> bool,
    ) -> Step {
        self.end_by(CLASSIFIERS, host, end, well, up_to, allowed)
    }

    /// By other classifiers than ours: a test takes one away to see what it is for.
    pub(super) fn end_by(
        &mut self,
        classifiers: &[Classifier],
        host: u32,
        end: End,
        well: u64,
        up_to: impl FnOnce(u64) -> u64,
        allowed: impl FnOnce() -> bool,
    ) -> Step {
        let fate = end.fate();
        if fate == Fate::Open {
            self.fate = fate;
        }
        self.tried = match end.trouble() {
            Some(Trouble::Unreachable) => self.tried | 1 << host,
            Some(Trouble::Unanswered) => 1 << host,
            None => 0,
        };
        let untried = self.tried.count_ones() < self.hosts;
        if !untried {
            self.tried = 0;
        }
        let situation = Situation { end, policy: self.policy, nature: self.nature, untried };
        match classify(classifiers, &situation) {
            None | Some(Opinion::Forbidden) => Step::Finish,
            Some(_) if self.attempts >= self.most() => Step::Finish,
            // Nothing was sent, so nothing is multiplied; but if all are ill, not every call shall knock at each.
            Some(Opinion::Elsewhere) if well & !self.tried != 0 => Step::Send { pause: Duration::ZERO },
            Some(_) if !allowed() => Step::Finish,
            Some(Opinion::Elsewhere) => Step::Send { pause: Duration::ZERO },
            Some(Opinion::Again { after }) => Step::Send { pause: self.backoff(up_to).max(after.unwrap_or_default()) },
        }
    }

    /// However many hosts there are, each may be tried.
    pub(super) fn most(&self) -> u32 {
        MOST_ATTEMPTS.max(self.hosts + 1)
    }

    /// Exponential, with full jitter.
    fn backoff(&self, up_to: impl FnOnce(u64) -> u64) -> Duration {
        let ceiling = BACKOFF_BASE.saturating_mul(1 << self.attempts.min(10)).min(BACKOFF_CAP);
        Duration::from_millis(up_to(ceiling.as_millis() as u64))
    }
}
