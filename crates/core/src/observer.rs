//! What an application may watch: every attempt of every call, for metrics and tracing.

use crate::retry::Attempt;

/// An attempt that is about to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptStart<'a> {
    /// Id of the operation, or the method of a request outside the spec.
    pub operation: &'a str,
    /// The merchant that it is made for.
    pub mchid: &'a str,
    /// The host that it goes to, as a URL without a path.
    pub host: &'a str,
    /// Its number within the call, from 1.
    pub number: u32,
}

/// Is told of every attempt. It is called on the thread that drives the call, between signing and sending, so it must not
/// wait for anything; and it sees nothing of what is sent.
pub trait Observer: Send + Sync {
    /// An attempt is about to be sent.
    fn before(&self, start: &AttemptStart<'_>) {
        let _ = start;
    }

    /// It has ended. An attempt that was given up, because its caller did so, does not end.
    fn after(&self, start: &AttemptStart<'_>, attempt: &Attempt) {
        let _ = (start, attempt);
    }
}
