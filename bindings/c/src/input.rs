//! What comes in: checked here, copied before it is kept.

use std::ffi::{CStr, c_char};

use wechatpay_bridge::{ErrorRecord, Result};

/// What is wrong with an input; follows its name.
pub(crate) type Problem = &'static str;

/// Text up to its NUL.
///
/// # Safety
/// NULL, or text that ends with a NUL and lives for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> std::result::Result<&'a str, Problem> {
    if text.is_null() {
        return Err("is NULL");
    }
    // SAFETY: not NULL; that it ends and lives is the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| "is not UTF-8")
}

/// Bytes by pointer and length; None for NULL and 0.
///
/// # Safety
/// NULL, or `length` readable bytes that live for `'a`.
pub(crate) unsafe fn bytes<'a>(start: *const c_char, length: usize) -> std::result::Result<Option<&'a [u8]>, Problem> {
    if start.is_null() {
        return if length == 0 { Ok(None) } else { Err("is NULL, but its length is not 0") };
    }
    if isize::try_from(length).is_err() {
        return Err("has a length that no memory has");
    }
    // SAFETY: not NULL, of a possible length; that it is readable and lives is the caller's promise.
    Ok(Some(unsafe { std::slice::from_raw_parts(start.cast(), length) }))
}

/// The object behind a handle.
///
/// # Safety
/// NULL, or a handle of this library that is not freed for `'a`.
pub(crate) unsafe fn handle<'a, T>(handle: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: the caller's promise.
    unsafe { handle.as_ref() }.ok_or_else(|| bad_argument(name)("is NULL"))
}

/// The error of an argument of a call.
pub(crate) fn bad_argument(name: &str) -> impl Fn(Problem) -> Box<ErrorRecord> + '_ {
    move |problem| ErrorRecord::bad_argument(None, name, problem)
}

/// The error of an option.
pub(crate) fn bad_option(name: &str) -> impl Fn(Problem) -> Box<ErrorRecord> + '_ {
    move |problem| ErrorRecord::bad_option(name, problem)
}
