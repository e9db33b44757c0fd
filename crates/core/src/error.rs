//! One error for everything that can go wrong, in one shape for every language.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::retry::Attempt;
use crate::secret::REDACTED;

/// What kind of thing went wrong. Bindings make one exception class of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client was built with something missing or wrong.
    Config,
    /// The request was refused before anything was sent.
    InvalidRequest,
    /// The network failed: no connection, or a broken one.
    Transport,
    /// The time given for the call ran out.
    Timeout,
    /// The platform answered with an error.
    Api,
    /// A reply or notification whose signature cannot be trusted.
    Signature,
    /// An encrypted field or resource that cannot be decrypted.
    Decrypt,
    /// Content that is not what was promised: wrong hash, not JSON, too large.
    Integrity,
    /// A defect of this SDK.
    Internal,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::Config,
        Self::InvalidRequest,
        Self::Transport,
        Self::Timeout,
        Self::Api,
        Self::Signature,
        Self::Decrypt,
        Self::Integrity,
        Self::Internal,
    ];

    /// The name, the same in every language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::InvalidRequest => "invalid_request",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::Api => "api",
            Self::Signature => "signature",
            Self::Decrypt => "decrypt",
            Self::Integrity => "integrity",
            Self::Internal => "internal",
        }
    }
}

/// Whether the same call may be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retryability {
    /// It would fail again: change the request or the configuration first.
    Never,
    /// It may be repeated as it is, after a pause.
    Safe,
    /// It may have taken effect: query the result before repeating it.
    CheckFirst,
}

impl Retryability {
    /// The name, the same in every language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Safe => "safe",
            Self::CheckFirst => "check_first",
        }
    }
}

/// What exactly was wrong, as far as it is known.
#[derive(Clone, Default, PartialEq)]
pub struct Detail {
    /// The field, as the platform names it (`/body/sub_mchid`), or as the caller wrote it (`sub_mchid`).
    pub field: Option<String>,
    /// The offending value, where the platform repeats it. Never printed: it may be an openid.
    pub value: Option<Value>,
    /// What is wrong with it.
    pub issue: Option<String>,
    /// Where it stands: `body`, `query`, `path`, `authorization`.
    pub location: Option<String>,
    /// All that came as `detail`, whatever its shape. Never printed.
    pub raw: Option<Value>,
}

impl Detail {
    /// Reads a platform's `detail`: an object, a nested one (`detail.detail.issue`), a string, or anything else.
    #[must_use]
    pub fn from_json(raw: Value) -> Self {
        let text = |name: &str| {
            [&raw, &raw["detail"]].into_iter().find_map(|place| match &place[name] {
                Value::String(text) => Some(text.clone()),
                Value::Null => None,
                other => Some(other.to_string()),
            })
        };
        let issue = text("issue").or_else(|| raw.as_str().map(str::to_owned));
        let value = [&raw, &raw["detail"]].into_iter().find_map(|place| place.get("value").cloned());
        Self { field: text("field"), issue, location: text("location"), value, raw: Some(raw) }
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detail")
            .field("field", &self.field)
            .field("value", &self.value.as_ref().map(|_| REDACTED))
            .field("issue", &self.issue)
            .field("location", &self.location)
            .field("raw", &self.raw.as_ref().map(|_| REDACTED))
            .finish()
    }
}

/// Why a call did not give a result.
#[derive(Clone)]
pub struct Error(Box<Record>);

#[derive(Clone)]
struct Record {
    kind: ErrorKind,
    code: String,
    message: String,
    retryability: Retryability,
    may_have_taken_effect: bool,
    operation: Option<String>,
    status: Option<u16>,
    detail: Option<Detail>,
    request_id: Option<String>,
    verified: bool,
    check_with: Option<&'static str>,
    attempts: Vec<Attempt>,
    /// What the application's own code said, where that failed.
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Record {
            kind,
            code: code.to_owned(),
            message: message.into(),
            retryability: Retryability::Never,
            may_have_taken_effect: false,
            operation: None,
            status: None,
            detail: None,
            request_id: None,
            verified: false,
            check_with: None,
            attempts: Vec::new(),
            source: None,
        }))
    }

    /// A wrong option: `problem` follows the option's name.
    pub(crate) fn config(option: &str, code: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Config, code, format!("{option} {problem}")).with_detail(Detail {
            field: Some(option.to_owned()),
            issue: Some(problem.to_string()),
            ..Detail::default()
        })
    }

    /// A wrong request field: `problem` follows the field's name.
    pub(crate) fn invalid(field: &str, code: &str, problem: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidRequest, code, format!("{field} {problem}; nothing was sent")).with_detail(Detail {
            field: Some(field.to_owned()),
            issue: Some(problem.to_string()),
            ..Detail::default()
        })
    }

    /// A defect of this SDK or of a binding: for bindings, which catch panics.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, "internal", message)
    }

    /// A request that a binding could not even read: for bindings.
    #[must_use]
    pub fn bad_argument(argument: &str, problem: impl fmt::Display) -> Self {
        Self::invalid(argument, "bad_argument", problem)
    }

    /// An option that a binding could not even read: for bindings.
    #[must_use]
    pub fn bad_option(option: &str, problem: impl fmt::Display) -> Self {
        Self::config(option, "bad_option", problem)
    }

    /// A call that its caller gave up while it was under way: for bindings.
    #[must_use]
    pub fn cancelled(operation: &str, may_have_taken_effect: bool) -> Self {
        let outcome = if may_have_taken_effect { "; its outcome is unknown: query it before repeating" } else { "" };
        Self::new(ErrorKind::Timeout, "cancelled", format!("the call was given up while it was under way{outcome}"))
            .with_operation(operation)
            .with_effect(may_have_taken_effect)
    }

    pub(crate) fn with_detail(mut self, detail: Detail) -> Self {
        self.0.detail = Some(detail);
        self
    }

    pub(crate) fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    pub(crate) fn with_operation(mut self, operation: &str) -> Self {
        self.0.operation = Some(operation.to_owned());
        self
    }

    pub(crate) fn with_retry(mut self, retryability: Retryability) -> Self {
        self.0.retryability = retryability;
        self
    }

    /// Marks whether the request may have taken effect; if so, the result is to be queried before a repetition.
    pub(crate) fn with_effect(mut self, may_have_taken_effect: bool) -> Self {
        self.0.may_have_taken_effect = may_have_taken_effect;
        self.0.retryability = if may_have_taken_effect { Retryability::CheckFirst } else { Retryability::Safe };
        self
    }

    /// Says more; `note` follows the message after a semicolon.
    pub(crate) fn with_clause(mut self, note: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {note}", self.0.message);
        self
    }

    /// What the last attempt says is not the whole truth: one before it may have taken effect.
    pub(crate) fn after_open_attempt(mut self) -> Self {
        if self.may_have_taken_effect() {
            return self;
        }
        self.0
            .message
            .push_str("; an earlier attempt of this call may have taken effect: query its result before repeating it");
        self.with_effect(true)
    }

    pub(crate) fn with_reply(mut self, status: u16, request_id: Option<&str>, verified: bool) -> Self {
        self.0.status = Some(status);
        self.0.request_id = request_id.map(str::to_owned);
        self.0.verified = verified;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_check_with(mut self, operation: &'static str) -> Self {
        self.0.check_with = Some(operation);
        self.with_clause(format_args!("{operation} reads it back"))
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The platform's code for [`ErrorKind::Api`] (`MCH_NOT_EXISTS`; an open set), else this SDK's own in lower case
    /// (`missing_field`, `unknown_serial`, `clock_skew`).
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What went wrong and what to do, in words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the same call may be made again.
    #[must_use]
    pub fn retryability(&self) -> Retryability {
        self.0.retryability
    }

    /// Whether the request may have changed something at the platform all the same.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        self.0.may_have_taken_effect
    }

    /// Id of the operation, or `METHOD` for a request outside the spec.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// HTTP status of the reply, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Field, value, issue and location, where they are known.
    #[must_use]
    pub fn detail(&self) -> Option<&Detail> {
        self.0.detail.as_ref()
    }

    /// The platform's `Request-ID`: support asks for it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Id of the operation that reads back what this one did, where the outcome is unknown and the spec knows one.
    #[must_use]
    pub fn check_with(&self) -> Option<&'static str> {
        self.0.check_with
    }

    /// All attempts of the call, in their order: where each went, how far it came, and how long it took. Empty where
    /// nothing was attempted.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether the reply that said so carried a valid signature of the platform.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.0.verified
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &*self.0;
        if let Some(operation) = &record.operation {
            write!(f, "{operation}: ")?;
        }
        if record.kind == ErrorKind::Api {
            let status = record.status.unwrap_or_default();
            write!(f, "{status} {}: {}", record.code, record.message)?;
            if let Some(detail) = &record.detail {
                for (name, part) in [("field", &detail.field), ("issue", &detail.issue), ("location", &detail.location)]
                {
                    if let Some(part) = part {
                        write!(f, "; {name} {part}")?;
                    }
                }
            }
        } else {
            f.write_str(&record.message)?;
        }
        match &record.request_id {
            Some(id) => write!(f, " (Request-ID {id})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let record = &*self.0;
        f.debug_struct("Error")
            .field("kind", &record.kind)
            .field("code", &record.code)
            .field("message", &record.message)
            .field("retryability", &record.retryability)
            .field("may_have_taken_effect", &record.may_have_taken_effect)
            .field("operation", &record.operation)
            .field("status", &record.status)
            .field("detail", &record.detail)
            .field("request_id", &record.request_id)
            .field("verified", &record.verified)
            .field("check_with", &record.check_with)
            .field("attempts", &record.attempts)
            .finish()
    }
}

impl std::error::Error for Error {
    /// The error of the application's own code, a [`crate::KeyError`], where that is what failed.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
