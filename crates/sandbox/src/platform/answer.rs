//! What the platform says, before it is signed.

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::spec::Problem;

/// A reply without its signature.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Files and gateway pages carry no signature.
    pub(crate) signed: bool,
}

impl Answer {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, content_type: None, headers: HeaderMap::new(), body: Bytes::new(), signed: true }
    }

    /// Bytes that are not signed, by contract: their hash stands in the signed reply that led to them.
    pub(crate) fn file(bytes: Bytes) -> Self {
        Self {
            content_type: Some("application/octet-stream".to_owned()),
            body: bytes,
            signed: false,
            ..Self::empty(StatusCode::OK)
        }
    }

    pub(crate) fn json(status: StatusCode, body: &Value) -> Self {
        Self {
            content_type: Some("application/json; charset=utf-8".to_owned()),
            body: body.to_string().into(),
            ..Self::empty(status)
        }
    }
}

/// An error reply: status, code, message and detail.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    detail: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    pub(crate) fn with_detail(self, detail: Value) -> Self {
        Self { detail: Some(detail), ..self }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let message = problem.message();
        let detail = json!({
            "field": problem.field,
            "value": problem.value,
            "issue": problem.issue,
            "location": problem.location(),
        });
        Self::new(400, "PARAM_ERROR", message).with_detail(detail)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        let mut body = json!({"code": refusal.code, "message": refusal.message});
        if let Some(detail) = refusal.detail {
            body["detail"] = detail;
        }
        let status = StatusCode::from_u16(refusal.status).expect("a status from the documents");
        Self::json(status, &body)
    }
}
