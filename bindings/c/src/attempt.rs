//! Attempts: those that an error carries, and those that a client's function is told of meanwhile.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr;

use wechatpay_bridge::{AttemptEnd, AttemptEvent, AttemptRecord};

use crate::client::Client;
use crate::error::Error;
use crate::input::handle;
use crate::output::{borrowed, c_text, give};

/// One attempt of a call. It belongs to the error that carries it, or to the library while a wechatpay_on_attempt runs. It
/// holds nothing of what was sent or received.
pub struct Attempt {
    operation: Option<CString>,
    mchid: Option<CString>,
    number: u32,
    host: CString,
    time: f64,
    end: Option<End>,
}

struct End {
    phase: CString,
    duration: f64,
    status: i32,
    code: Option<CString>,
    request_id: Option<CString>,
}

impl From<AttemptEnd> for End {
    fn from(end: AttemptEnd) -> Self {
        Self {
            phase: c_text(end.phase.to_owned()),
            duration: end.duration,
            status: end.status.unwrap_or_default().into(),
            code: end.code.map(|code| c_text(code.to_owned())),
            request_id: end.request_id.map(c_text),
        }
    }
}

impl From<AttemptRecord> for Attempt {
    fn from(record: AttemptRecord) -> Self {
        Self {
            operation: None,
            mchid: None,
            number: record.number,
            host: c_text(record.host.to_string()),
            time: 0.0,
            end: Some(record.end.into()),
        }
    }
}

impl From<AttemptEvent> for Attempt {
    fn from(event: AttemptEvent) -> Self {
        Self {
            operation: Some(c_text(event.operation)),
            mchid: Some(c_text(event.mchid)),
            number: event.number,
            host: c_text(event.host.to_string()),
            time: event.time,
            end: event.end.map(End::from),
        }
    }
}

/// Told of every attempt of a call twice, on the thread that makes the call: when it was begun (its phase is NULL), and when
/// it has ended. `attempt` lives while the function runs. It should return at once, since the time of the call goes on; it
/// may use the client, also for calls of its own, but not free it; it must return (no longjmp, no C++ exception).
#[allow(non_camel_case_types, reason = "the name in C")]
pub type wechatpay_on_attempt = Option<unsafe extern "C" fn(context: *mut c_void, attempt: *const Attempt)>;

/// The function of a client, and what it is handed.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    on_attempt: wechatpay_on_attempt,
    context: *mut c_void,
}

impl Watch {
    pub(crate) const NONE: Self = Self { on_attempt: None, context: ptr::null_mut() };

    pub(crate) fn is_there(&self) -> bool {
        self.on_attempt.is_some()
    }

    pub(crate) fn tell(&self, event: AttemptEvent) {
        if let Some(on_attempt) = self.on_attempt {
            let attempt = Attempt::from(event);
            // SAFETY: the function and its context live as long as clients with them, by the conventions.
            unsafe { on_attempt(self.context, &raw const attempt) }
        }
    }
}

/// Derives the same client with a function that is told of the attempts of its calls, for metrics and tracing; NULL takes it
/// away. Clients derived from this one have it too. `context` is handed to it and is the caller's to keep alive; with
/// several threads it is told on several threads at once.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_with_on_attempt(
    client: *const Client,
    on_attempt: wechatpay_on_attempt,
    context: *mut c_void,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(derived, "derived", || Ok(handle(client, "client")?.watched(Watch { on_attempt, context }))) }
}

/// Id of the operation, or the method of a raw request; NULL for an attempt of an error, which tells it itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_operation(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { attempt.as_ref() }.and_then(|attempt| attempt.operation.as_ref()))
}

/// The merchant that it is made for; NULL for an attempt of an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_mchid(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { attempt.as_ref() }.and_then(|attempt| attempt.mchid.as_ref()))
}

/// When it was begun, or when it ended, in Unix seconds: it may be told a moment later. 0 for an attempt of an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_time(attempt: *const Attempt) -> f64 {
    // SAFETY: the conventions.
    unsafe { attempt.as_ref() }.map_or(0.0, |attempt| attempt.time)
}

/// Its number within the call, from 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_number(attempt: *const Attempt) -> u32 {
    // SAFETY: the conventions.
    unsafe { attempt.as_ref() }.map_or(0, |attempt| attempt.number)
}

/// The host that it goes to, as a URL without a path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_host(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { attempt.as_ref() }.map_or(ptr::null(), |attempt| CStr::as_ptr(&attempt.host))
}

/// How far it came: connecting (nothing was sent), waiting (sent, no answer), receiving (half a reply), answered. NULL where
/// it has only begun.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_phase(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { end_of(attempt) }.map_or(ptr::null(), |end| CStr::as_ptr(&end.phase))
}

/// How long it took, in seconds, signing not included.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_duration(attempt: *const Attempt) -> f64 {
    // SAFETY: the conventions.
    unsafe { end_of(attempt) }.map_or(0.0, |end| end.duration)
}

/// HTTP status of the reply; 0 where there was none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_status(attempt: *const Attempt) -> i32 {
    // SAFETY: the conventions.
    unsafe { end_of(attempt) }.map_or(0, |end| end.status)
}

/// Why no reply came: connect_failed, connect_timeout, timeout, connection_broken, broken_reply, reply_too_large; of a
/// download also cannot_write and not_gzip; NULL where one came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_code(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { end_of(attempt) }.and_then(|end| end.code.as_ref()))
}

/// The platform's Request-ID; NULL where no reply came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_attempt_request_id(attempt: *const Attempt) -> *const c_char {
    // SAFETY: the conventions.
    borrowed(unsafe { end_of(attempt) }.and_then(|end| end.request_id.as_ref()))
}

/// # Safety
/// NULL, or an attempt that lives.
unsafe fn end_of<'a>(attempt: *const Attempt) -> Option<&'a End> {
    // SAFETY: the caller's promise.
    unsafe { attempt.as_ref() }?.end.as_ref()
}
