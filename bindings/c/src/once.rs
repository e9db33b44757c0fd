//! A value that is made at the first use and stays. Without a lock, which a fork could leave locked in the child.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

pub(crate) struct Once<T>(AtomicPtr<T>);

impl<T: Send + Sync> Once<T> {
    pub(crate) const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn get(&'static self, make: impl FnOnce() -> T) -> &'static T {
        let there = self.0.load(Ordering::Acquire);
        // SAFETY: what is stored came from a box and is never freed.
        if let Some(there) = unsafe { there.as_ref() } {
            return there;
        }
        let made = Box::into_raw(Box::new(make()));
        match self.0.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: it is stored now, and never freed.
            Ok(_) => unsafe { &*made },
            Err(winner) => {
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: another thread stored it, and it is never freed.
                unsafe { &*winner }
            }
        }
    }
}
