//! What an application may watch: every attempt of every call, for metrics and tracing.
//!
//! Without an observer there are spans and events of `tracing` all the same, for whoever subscribes to them: a span
//! `wechatpay.call` for each call (`operation`, `mchid`, and at its end `status`, `request_id`, `attempts`, `duration_ms`), and
//! in it an event `attempt` at level DEBUG for each attempt (`attempt`, `host`, `phase`, `status`, `code`, `request_id`,
//! `duration_ms`). A layer such as that of `tracing-opentelemetry` hands both on, as the example `opentelemetry` shows: the
//! span is one of a client, and marked as an error where the call failed. Neither holds anything of what is sent.

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
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use wechatpay_sdk::{Attempt, AttemptStart, ClientBuilder, Observer, Options};
///
/// #[derive(Default)]
/// struct Metrics {
///     unanswered: AtomicU64,
/// }
///
/// impl Observer for Metrics {
///     fn after(&self, _: &AttemptStart<'_>, attempt: &Attempt) {
///         if attempt.status.is_none() {
///             self.unanswered.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let metrics = Arc::new(Metrics::default());
/// let builder = ClientBuilder::from(Options::default()).observer(metrics.clone());
/// # let _ = (builder, metrics);
/// ```
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
