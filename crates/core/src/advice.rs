//! What the caller is told of a failed call: whether it may have taken effect, whether it may be repeated, and what to
//! query first.

use crate::client::Client;
use crate::error::{Error, ErrorKind, Retryability};
use crate::operation::Operation;
use crate::retry::{Nature, Phase};
use crate::transport::{Cause, Failure, RawReply};

impl Client {
    /// What may have taken effect is safe to repeat where that has the effect of sending it once; otherwise its state is to
    /// be read back first, by the operation that does so.
    pub(crate) fn advise(&self, operation: Option<&'static Operation>, error: Error) -> Error {
        if !error.may_have_taken_effect() {
            return error;
        }
        // What may have taken effect is no GET.
        let error = match Nature::of(true, operation).under(self.retry) {
            Nature::Repeatable => error.with_retry(Retryability::Safe),
            Nature::Once => error,
        };
        match operation.and_then(|operation| operation.read_back) {
            Some(read_back) => error.with_check_with(read_back),
            None => error,
        }
    }
}

/// A success whose signature does not hold: it may be one all the same.
pub(crate) fn not_verified(error: Error, reply: &RawReply, changes: bool) -> Error {
    let error = error.with_reply(reply.status, reply.request_id(), false).with_effect(changes);
    let fixable_here =
        matches!(error.code(), "clock_skew" | "unknown_serial" | "certificate_expired" | "unknown_signature_type");
    if fixable_here && !changes { error.with_retry(Retryability::Never) } else { error }
}

/// No reply that can be used.
pub(crate) fn transport_error(failure: Failure, changes: bool) -> Error {
    let kind = match failure.code {
        "reply_too_large" | "not_gzip" => ErrorKind::Integrity,
        "cannot_write" => ErrorKind::Config,
        _ if failure.timeout => ErrorKind::Timeout,
        _ => ErrorKind::Transport,
    };
    let unknown = failure.phase != Phase::Connecting && changes;
    let outcome =
        if unknown { "; whether the request took effect is unknown: query its result before repeating it" } else { "" };
    let error = Error::new(kind, failure.code, format!("{}{outcome}", failure.message)).with_effect(unknown);
    match failure.cause {
        // The same request would fail the same way.
        Cause::Ours if !unknown => error.with_retry(Retryability::Never),
        _ => error,
    }
}
