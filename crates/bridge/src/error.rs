//! The flat form of an error: what crosses into another language.

use std::fmt;

use serde::Serialize;
use serde_json::Value;
use wechatpay_sdk::Error;

use crate::attempts::AttemptRecord;

/// A result whose error is ready to cross; boxed, because it is large and rare.
pub type Result<T> = std::result::Result<T, Box<ErrorRecord>>;

/// Everything that [`Error`] knows, without nesting. Every binding shows these fields under these names.
#[derive(Clone, Serialize)]
pub struct ErrorRecord {
    /// `config`, `invalid_request`, `transport`, `timeout`, `api`, `signature`, `decrypt`, `integrity`, `internal`.
    pub kind: &'static str,
    /// The platform's code, or the SDK's own in lower case.
    pub code: String,
    /// The message alone.
    pub message: String,
    /// The whole of it: operation, status, code, message, field, issue, request id.
    pub text: String,
    /// `never`, `safe`, `check_first`.
    pub retryability: &'static str,
    /// Whether the request may have changed something at the platform all the same.
    pub may_have_taken_effect: bool,
    /// Id of the operation, or the method of a request outside the spec.
    pub operation: Option<String>,
    /// HTTP status, where there was a reply.
    pub status: Option<u16>,
    /// The field that was wrong.
    pub field: Option<String>,
    /// Its value, where the platform repeats it; may be an openid: not for logs.
    pub value: Option<Value>,
    /// What was wrong with it.
    pub issue: Option<String>,
    /// Where it stands: `body`, `query`, `path`, `authorization`.
    pub location: Option<String>,
    /// All that the platform sent as `detail`; not for logs.
    pub detail: Option<Value>,
    /// The platform's `Request-ID`.
    pub request_id: Option<String>,
    /// Whether the reply that said so was signed by the platform.
    pub verified: bool,
    /// Id of the operation that reads back what this one did, where the outcome is unknown and there is one.
    pub check_with: Option<&'static str>,
    /// All attempts of the call, in their order.
    pub attempts: Vec<AttemptRecord>,
}

impl ErrorRecord {
    /// A defect of this SDK.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Box<Self> {
        Error::internal(message).into()
    }

    /// An argument that cannot be read; `problem` follows its name. Nothing was sent.
    #[must_use]
    pub fn bad_argument(operation: Option<&str>, argument: &str, problem: impl fmt::Display) -> Box<Self> {
        let record: Box<Self> = Error::bad_argument(argument, problem).into();
        match operation {
            Some(operation) => record.of_operation(operation),
            None => record,
        }
    }

    /// Says which function of a client failed, where it has not said so itself.
    pub(crate) fn of_operation(mut self: Box<Self>, operation: &str) -> Box<Self> {
        if self.operation.is_some() {
            return self;
        }
        self.text = format!("{operation}: {}", self.text);
        self.operation = Some(operation.to_owned());
        self
    }

    /// An option that cannot be read; `problem` follows its name.
    #[must_use]
    pub fn bad_option(option: &str, problem: impl fmt::Display) -> Box<Self> {
        Error::bad_option(option, problem).into()
    }

    /// Whether it is the merchant's key that failed: then what the application's own code raised is its cause.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        self.code.starts_with("signer_") || self.code.starts_with("decrypter_")
    }

    /// The record as JSON, for languages that read it themselves.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record of texts and JSON values can be written")
    }
}

impl From<Error> for Box<ErrorRecord> {
    fn from(error: Error) -> Self {
        let detail = error.detail().cloned().unwrap_or_default();
        Self::new(ErrorRecord {
            kind: error.kind().as_str(),
            code: error.code().to_owned(),
            message: error.message().to_owned(),
            text: error.to_string(),
            retryability: error.retryability().as_str(),
            may_have_taken_effect: error.may_have_taken_effect(),
            operation: error.operation().map(str::to_owned),
            status: error.status(),
            field: detail.field,
            value: detail.value,
            issue: detail.issue,
            location: detail.location,
            detail: detail.raw,
            request_id: error.request_id().map(str::to_owned),
            verified: error.verified(),
            check_with: error.check_with(),
            attempts: error.attempts().iter().map(AttemptRecord::from).collect(),
        })
    }
}

impl fmt::Display for ErrorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ErrorRecord {
    /// Without `value` and `detail`, which may hold openids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorRecord")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("text", &self.text)
            .finish_non_exhaustive()
    }
}
