//! Replies.

use std::ffi::{CString, c_char};
use std::ptr;

use wechatpay_bridge::{self as bridge, ReplyKind};

use crate::output::{borrowed, c_text, free};

/// There is no body.
pub const WECHATPAY_REPLY_EMPTY: i32 = 10;
/// The body is JSON text.
pub const WECHATPAY_REPLY_JSON: i32 = 20;
/// The body is the bytes of a file.
pub const WECHATPAY_REPLY_FILE: i32 = 30;

/// A verified reply, or what the library says of a notification; owned by the caller. It does not change, so several
/// threads may read it.
pub struct Reply {
    status: i32,
    request_id: Option<CString>,
    /// With a NUL after it, which is not counted.
    body: Vec<u8>,
    kind: i32,
}

impl Reply {
    pub(crate) fn new(reply: bridge::Reply) -> Self {
        let mut body = Vec::from(reply.body);
        body.push(0);
        let kind = match reply.kind {
            ReplyKind::Empty => WECHATPAY_REPLY_EMPTY,
            ReplyKind::Json => WECHATPAY_REPLY_JSON,
            ReplyKind::Binary => WECHATPAY_REPLY_FILE,
        };
        Self { status: reply.status.into(), request_id: reply.request_id.map(c_text), body, kind }
    }

    /// JSON that no host sent as a reply.
    pub(crate) fn local(mut json: Vec<u8>) -> Self {
        json.push(0);
        Self { status: 0, request_id: None, body: json, kind: WECHATPAY_REPLY_JSON }
    }
}

/// HTTP status, 200 to 299; 0 for what no host sent: utilities and notifications.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_status(reply: *const Reply) -> i32 {
    // SAFETY: the conventions.
    unsafe { reply.as_ref() }.map_or(0, |reply| reply.status)
}

/// What the body is: a WECHATPAY_REPLY_... number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_kind(reply: *const Reply) -> i32 {
    // SAFETY: the conventions.
    unsafe { reply.as_ref() }.map_or(0, |reply| reply.kind)
}

/// The body as the platform sent it, but sensitive fields decrypted. A NUL follows it, so that JSON can be read as text;
/// a file may hold NULs of its own. Never NULL for a reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_body(reply: *const Reply) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { reply.as_ref() }.map_or(ptr::null(), |reply| reply.body.as_ptr().cast())
}

/// The length of the body in bytes, without the NUL after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_body_length(reply: *const Reply) -> usize {
    // SAFETY: the conventions.
    unsafe { reply.as_ref() }.map_or(0, |reply| reply.body.len() - 1)
}

/// The platform's Request-ID, which its support asks for; NULL where there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_request_id(reply: *const Reply) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { reply.as_ref() }.and_then(|reply| reply.request_id.as_ref()))
}

/// Frees a reply; NULL is legal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_reply_free(reply: *mut Reply) {
    // SAFETY: the conventions.
    unsafe { free(reply) }
}
