//! What came of a call, as data.

use napi::bindgen_prelude::{Buffer, Either};
use napi_derive::napi;
use wechatpay_bridge::{ErrorRecord, Reply, ReplyKind, Result};

/// A reply, or an error record.
#[napi(object, object_from_js = false)]
pub struct Outcome {
    /// Whether it is no error record.
    pub ok: bool,
    /// HTTP status of a reply.
    pub status: Option<u16>,
    /// The Request-ID of a reply.
    pub request_id: Option<String>,
    /// JSON text (that of the record, if it is an error), the bytes of a file, or nothing.
    pub body: Option<Either<String, Buffer>>,
}

impl From<Result<Reply>> for Outcome {
    fn from(result: Result<Reply>) -> Self {
        match result {
            Ok(reply) => Self {
                ok: true,
                status: Some(reply.status),
                body: body(reply.kind, reply.body.into()),
                request_id: reply.request_id,
            },
            Err(record) => Self { ok: false, status: None, request_id: None, body: Some(Either::A(json(&record))) },
        }
    }
}

fn body(kind: ReplyKind, bytes: Vec<u8>) -> Option<Either<String, Buffer>> {
    match kind {
        ReplyKind::Empty => None,
        ReplyKind::Binary => Some(Either::B(bytes.into())),
        // What only looks like JSON, but is not Unicode, stays the bytes that it is.
        ReplyKind::Json => {
            Some(String::from_utf8(bytes).map_or_else(|error| Either::B(error.into_bytes().into()), Either::A))
        }
    }
}

/// The record as JSON text.
pub(crate) fn json(record: &ErrorRecord) -> String {
    text(record.to_json())
}

/// JSON that the bridge wrote.
pub(crate) fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("JSON is written as UTF-8")
}
