//! A value that belongs to one process: a forked child makes its own and forgets the inherited one.
//!
//! An inherited runtime has no threads, and an inherited connection pool hangs. Neither may be used or dropped in
//! the child, and no lock may be held across fork: hence a lock-free slot keyed by process id.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

struct Entry<T> {
    pid: u32,
    value: T,
}

/// The value of this process, made at its first use.
pub struct PerProcess<T>(ArcSwapOption<Entry<T>>);

impl<T> PerProcess<T> {
    /// Without a value yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// Runs `take` on this process's value, which `make` builds at the first use.
    ///
    /// # Errors
    /// What `make` gives.
    pub fn with<R, E>(&self, make: impl FnOnce() -> Result<T, E>, take: impl FnOnce(&T) -> R) -> Result<R, E> {
        let pid = std::process::id();
        let current = self.0.load();
        if let Some(entry) = current.as_ref().filter(|entry| entry.pid == pid) {
            return Ok(take(&entry.value));
        }
        let made = Arc::new(Entry { pid, value: make()? });
        let before = self.0.compare_and_swap(&current, Some(made.clone()));
        drop(current);
        match &*before {
            // Another thread of this process was faster: its value serves both.
            Some(winner) if winner.pid == pid => Ok(take(&winner.value)),
            inherited => {
                std::mem::forget(inherited.clone());
                Ok(take(&made.value))
            }
        }
    }
}

impl<T> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "blocking")]
impl<T: Clone> PerProcess<T> {
    /// This process's value, if it has one.
    pub(crate) fn existing(&self) -> Option<T> {
        let pid = std::process::id();
        self.0.load().as_ref().filter(|entry| entry.pid == pid).map(|entry| entry.value.clone())
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let entry = self.0.swap(None);
        if entry.as_ref().is_some_and(|entry| entry.pid != std::process::id()) {
            std::mem::forget(entry);
        }
    }
}
