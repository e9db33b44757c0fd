//! How much may be repeated: in an outage every call would like to, and the platform must not get a multiple of its
//! traffic then.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a call brings and a repetition costs: repetitions are a tenth of the calls at most, beyond a start.
const DEPOSIT: u32 = 1;
const COST: u32 = 10;
/// What there is at the start, and at most: ten repetitions.
const FULL: u32 = 10 * COST;

/// Shared by all calls of a client, and by the clients of other merchants that are made from it: what each of thousands
/// saved would be a storm together. Without a lock: a fork may come at any moment.
pub(crate) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(FULL))
    }
}

impl Budget {
    /// A call begins.
    pub(crate) fn deposit(&self) {
        // Mostly it is full, and a write would take the line from the other processors.
        if self.0.load(Ordering::Relaxed) < FULL {
            self.change(|tokens| (tokens < FULL).then_some(tokens + DEPOSIT));
        }
    }

    /// Whether a request may be sent once more.
    pub(crate) fn withdraw(&self) -> bool {
        self.change(|tokens| tokens.checked_sub(COST))
    }

    fn change(&self, change: impl Fn(u32) -> Option<u32>) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_a_tenth_of_the_calls_beyond_the_start() {
        let budget = Budget::default();
        let mut repeated = 0;
        for _ in 0..1000 {
            budget.deposit();
            while budget.withdraw() {
                repeated += 1;
            }
        }
        assert_eq!(repeated, 10 + 1000 / 10 - 1);
    }

    #[test]
    fn what_is_saved_has_a_limit() {
        let budget = Budget::default();
        (0..100_000).for_each(|_| budget.deposit());
        assert_eq!(std::iter::from_fn(|| budget.withdraw().then_some(())).count(), 10);
    }
}
