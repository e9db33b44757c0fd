//! Errors: all that the core knows of a failure, one accessor each.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use wechatpay_bridge::ErrorRecord;

use crate::attempt::Attempt;
use crate::output::{borrowed, c_text, free};

/// The client was built with something missing or wrong.
pub const WECHATPAY_ERROR_CONFIG: i32 = 100;
/// The request was refused before anything was sent.
pub const WECHATPAY_ERROR_INVALID_REQUEST: i32 = 200;
/// The network failed: no connection, or a broken one.
pub const WECHATPAY_ERROR_TRANSPORT: i32 = 300;
/// The time given for the call ran out, or the caller gave it up (code `cancelled`).
pub const WECHATPAY_ERROR_TIMEOUT: i32 = 310;
/// The platform answered with an error.
pub const WECHATPAY_ERROR_API: i32 = 400;
/// A reply whose signature cannot be trusted.
pub const WECHATPAY_ERROR_SIGNATURE: i32 = 500;
/// An encrypted field that cannot be decrypted.
pub const WECHATPAY_ERROR_DECRYPT: i32 = 600;
/// Content that is not what was promised: not JSON, too large.
pub const WECHATPAY_ERROR_INTEGRITY: i32 = 700;
/// A defect of this library.
pub const WECHATPAY_ERROR_INTERNAL: i32 = 900;

/// The call would fail again: change the request or the configuration first.
pub const WECHATPAY_RETRY_NEVER: i32 = 10;
/// The call may be repeated as it is, after a pause.
pub const WECHATPAY_RETRY_SAFE: i32 = 20;
/// The call may have taken effect: query the result before repeating it.
pub const WECHATPAY_RETRY_CHECK_FIRST: i32 = 30;

type Numbered = (&'static CStr, i32);

const KINDS: &[Numbered] = &[
    (c"config", WECHATPAY_ERROR_CONFIG),
    (c"invalid_request", WECHATPAY_ERROR_INVALID_REQUEST),
    (c"transport", WECHATPAY_ERROR_TRANSPORT),
    (c"timeout", WECHATPAY_ERROR_TIMEOUT),
    (c"api", WECHATPAY_ERROR_API),
    (c"signature", WECHATPAY_ERROR_SIGNATURE),
    (c"decrypt", WECHATPAY_ERROR_DECRYPT),
    (c"integrity", WECHATPAY_ERROR_INTEGRITY),
    (c"internal", WECHATPAY_ERROR_INTERNAL),
];

const RETRYABILITIES: &[Numbered] = &[
    (c"never", WECHATPAY_RETRY_NEVER),
    (c"safe", WECHATPAY_RETRY_SAFE),
    (c"check_first", WECHATPAY_RETRY_CHECK_FIRST),
];

fn numbered(table: &'static [Numbered], name: &str) -> Option<Numbered> {
    table.iter().find(|(known, _)| known.to_bytes() == name.as_bytes()).copied()
}

/// Why a call gave no result; owned by the caller. It does not change, so several threads may read it.
pub struct Error {
    kind: Numbered,
    code: CString,
    message: CString,
    text: CString,
    retryability: Numbered,
    may_have_taken_effect: bool,
    operation: Option<CString>,
    status: i32,
    field: Option<CString>,
    value: Option<CString>,
    issue: Option<CString>,
    location: Option<CString>,
    detail: Option<CString>,
    request_id: Option<CString>,
    verified: bool,
    check_with: Option<CString>,
    attempts: Vec<Attempt>,
}

impl Error {
    pub(crate) fn new(record: ErrorRecord) -> Self {
        Self {
            // A name without a number is a defect of this library: the test below finds it.
            kind: numbered(KINDS, record.kind).unwrap_or((c"internal", WECHATPAY_ERROR_INTERNAL)),
            retryability: numbered(RETRYABILITIES, record.retryability).unwrap_or((c"never", WECHATPAY_RETRY_NEVER)),
            code: c_text(record.code),
            message: c_text(record.message),
            text: c_text(record.text),
            may_have_taken_effect: record.may_have_taken_effect,
            operation: record.operation.map(c_text),
            status: record.status.unwrap_or_default().into(),
            field: record.field.map(c_text),
            value: record.value.map(|json| c_text(json.to_string())),
            issue: record.issue.map(c_text),
            location: record.location.map(c_text),
            detail: record.detail.map(|json| c_text(json.to_string())),
            request_id: record.request_id.map(c_text),
            verified: record.verified,
            check_with: record.check_with.map(|operation| c_text(operation.to_owned())),
            attempts: record.attempts.into_iter().map(Attempt::from).collect(),
        }
    }
}

/// What kind of thing went wrong: a WECHATPAY_ERROR_... number; 0 for NULL. More may come: treat others as internal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_kind(error: *const Error) -> i32 {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.kind.1)
}

/// The name of the kind: config, invalid_request, transport, timeout, api, signature, decrypt, integrity, internal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_kind_name(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.kind.0.as_ptr())
}

/// The platform's code (MCH_NOT_EXISTS; an open set), or the library's own in lower case (missing_field, clock_skew).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_code(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.code.as_ptr())
}

/// What went wrong and what to do, in words.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_message(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.message.as_ptr())
}

/// All of it in one line, for people and logs: operation, status, code, message, field, issue, Request-ID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_text(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.text.as_ptr())
}

/// Whether the same call may be made again: a WECHATPAY_RETRY_... number; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_retryability(error: *const Error) -> i32 {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.retryability.1)
}

/// The name of the retryability: never, safe, check_first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_retryability_name(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(ptr::null(), |error| error.retryability.0.as_ptr())
}

/// 1 if the request may have changed something at the platform all the same, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_may_have_taken_effect(error: *const Error) -> i32 {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.may_have_taken_effect.into())
}

/// Id of the operation, or the method of a raw request; NULL where there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_operation(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.operation.as_ref()))
}

/// HTTP status of the reply; 0 where there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_status(error: *const Error) -> i32 {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.status)
}

/// The field that was wrong, as the platform names it (/body/sub_mchid) or as the caller wrote it; NULL if unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_field(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.field.as_ref()))
}

/// Its value as JSON, where the platform repeats it, else NULL. It may be an openid: not for logs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_value(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.value.as_ref()))
}

/// What was wrong with it; NULL if unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_issue(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.issue.as_ref()))
}

/// Where it stands: body, query, path, authorization; NULL if unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_location(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.location.as_ref()))
}

/// All that the platform sent as detail, as JSON; NULL where it sent none. Not for logs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_detail(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.detail.as_ref()))
}

/// The platform's Request-ID, which its support asks for; NULL where there was no reply.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_request_id(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.request_id.as_ref()))
}

/// 1 if the reply that said so was signed by the platform, else 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_verified(error: *const Error) -> i32 {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.verified.into())
}

/// Id of the operation that reads back what this one did, where the outcome is unknown and there is one; else NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_check_with(error: *const Error) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { error.as_ref() }.and_then(|error| error.check_with.as_ref()))
}

/// How many attempts the call made; 0 where nothing was attempted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_attempts(error: *const Error) -> usize {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.map_or(0, |error| error.attempts.len())
}

/// One of these attempts, in their order, `at` from 0; NULL where there are not so many. It belongs to the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_attempt(error: *const Error, at: usize) -> *const Attempt {
    // SAFETY: the conventions.
    unsafe { error.as_ref() }.and_then(|error| error.attempts.get(at)).map_or(ptr::null(), ptr::from_ref)
}

/// Frees an error; NULL is legal.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_error_free(error: *mut Error) {
    // SAFETY: the conventions.
    unsafe { free(error) }
}

#[cfg(test)]
mod tests {
    use wechatpay_sdk::{ErrorKind, Retryability};

    use super::{KINDS, RETRYABILITIES, numbered};

    #[test]
    fn every_kind_of_the_core_has_a_number_of_its_own() {
        for kind in ErrorKind::ALL {
            assert!(numbered(KINDS, kind.as_str()).is_some(), "{kind:?}");
        }
        assert_eq!(KINDS.len(), ErrorKind::ALL.len());
        for retryability in [Retryability::Never, Retryability::Safe, Retryability::CheckFirst] {
            assert!(numbered(RETRYABILITIES, retryability.as_str()).is_some(), "{retryability:?}");
        }
        for table in [KINDS, RETRYABILITIES] {
            assert!(table.windows(2).all(|pair| pair[0].1 < pair[1].1));
        }
    }
}
