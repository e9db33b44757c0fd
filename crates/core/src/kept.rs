//! A value that is made once in a process, at its first use, and kept as long as that.
//!
//! Not a `OnceLock`: a fork may catch its lock in another thread's hands, and the child would wait for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use arc_swap::ArcSwapOption;

pub(crate) struct Kept<V> {
    value: ArcSwapOption<V>,
    /// The process one of whose threads makes it; 0 while none does. That of a parent does not count in a child.
    maker: AtomicU32,
}

impl<V: Copy + Send + Sync> Kept<V> {
    pub(crate) const fn new() -> Self {
        Self { value: ArcSwapOption::const_empty(), maker: AtomicU32::new(0) }
    }

    /// Of threads that come first at once, one makes it and the others wait: what is made twice could not be freed.
    pub(crate) fn get(&self, make: impl FnOnce() -> V) -> V {
        let there = || self.value.load().as_deref().copied();
        loop {
            if let Some(value) = there() {
                return value;
            }
            let (ours, maker) = (std::process::id(), self.maker.load(Ordering::Acquire));
            if maker != ours && self.maker.compare_exchange(maker, ours, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                let _given_back = GivenBack(&self.maker);
                // Perhaps another thread has just made it.
                let value = there().unwrap_or_else(make);
                self.value.store(Some(Arc::new(value)));
                return value;
            }
            std::thread::yield_now();
        }
    }
}

/// Also where making it panics: the next one tries.
struct GivenBack<'a>(&'a AtomicU32);

impl Drop for GivenBack<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn threads_that_come_at_once_get_what_one_of_them_made() {
        static KEPT: Kept<usize> = Kept::new();
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let begun = Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    begun.wait();
                    let value = KEPT.get(|| {
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        MADE.fetch_add(1, Ordering::SeqCst)
                    });
                    assert_eq!(value, 0);
                });
            }
        });
        assert_eq!(MADE.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_a_parent_was_making_is_made_by_the_child() {
        let kept: Kept<u8> = Kept::new();
        // As a fork leaves it: the thread that makes it is not here.
        kept.maker.store(std::process::id() + 1, Ordering::SeqCst);
        assert_eq!(kept.get(|| 7), 7);
    }

    #[test]
    fn a_panic_while_it_is_made_leaves_it_to_the_next() {
        let kept: Kept<u8> = Kept::new();
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| kept.get(|| panic!("spilt")))).expect_err("spilt");
        assert_eq!(kept.get(|| 7), 7);
    }
}
