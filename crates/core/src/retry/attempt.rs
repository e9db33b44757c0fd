//! One attempt of a call, as it is told afterwards.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::transport::{Failure, RawReply};

/// How far an attempt came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// No connection (DNS, TCP, TLS, proxy): nothing was sent.
    Connecting,
    /// The request was handed to a connection, and nothing came back.
    Waiting,
    /// The reply had begun, and broke off.
    Receiving,
    /// A whole reply came.
    Answered,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: &'static [Self] = &[Self::Connecting, Self::Waiting, Self::Receiving, Self::Answered];

    /// The name, the same in every language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
            Self::Receiving => "receiving",
            Self::Answered => "answered",
        }
    }
}

/// One attempt of a call: where it went and what came of it. Holds nothing of what was sent or received.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// The host that it went to, as a URL without a path.
    pub host: Arc<str>,
    /// How far it came.
    pub phase: Phase,
    /// How long it took, signing not included.
    pub duration: Duration,
    /// HTTP status, where a reply came.
    pub status: Option<u16>,
    /// Why no reply came: `connect_failed`, `connect_timeout`, `timeout`, `connection_broken`, `broken_reply`,
    /// `reply_too_large`; of a download also `cannot_write` and `not_gzip`.
    pub code: Option<&'static str>,
    /// As it came: no copy is made for the many calls that nobody asks about.
    request_id: Option<HeaderValue>,
}

impl Attempt {
    /// The platform's `Request-ID`, where a reply came.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }

    pub(crate) fn new(number: u32, host: &Arc<str>, duration: Duration, outcome: &Result<RawReply, Failure>) -> Self {
        let host = Arc::clone(host);
        match outcome {
            Ok(reply) => Self {
                number,
                host,
                phase: Phase::Answered,
                duration,
                status: Some(reply.status),
                code: None,
                request_id: reply.headers.get("request-id").cloned(),
            },
            Err(failure) => Self {
                number,
                host,
                phase: failure.phase,
                duration,
                status: None,
                code: Some(failure.code),
                request_id: None,
            },
        }
    }
}
