//! What goes out: a result by pointer, an error as the returned value, never both; and no panic.

use std::ffi::{CString, c_char};
use std::ptr;

use wechatpay_bridge::{ErrorRecord, Result, guard};

use crate::error::Error;

/// Runs what a function does; NULL is success.
pub(crate) fn entry(run: impl FnOnce() -> Result<()>) -> *mut Error {
    match guard(run) {
        Ok(()) => ptr::null_mut(),
        Err(record) => Box::into_raw(Box::new(Error::new(*record))),
    }
}

/// Runs what a function does and hands the result to the caller; with an error the result is NULL.
///
/// # Safety
/// `out` is NULL or may be written.
pub(crate) unsafe fn give<T>(out: *mut *mut T, name: &str, make: impl FnOnce() -> Result<T>) -> *mut Error {
    entry(|| {
        if out.is_null() {
            return Err(ErrorRecord::bad_argument(None, name, "is NULL: it says where the result goes"));
        }
        // SAFETY: not NULL; that it may be written is the caller's promise.
        unsafe { out.write(ptr::null_mut()) };
        let made = Box::into_raw(Box::new(make()?));
        // SAFETY: as above.
        unsafe { out.write(made) };
        Ok(())
    })
}

/// Takes a handle back and drops what is behind it; NULL is nothing.
///
/// # Safety
/// NULL, or a handle of [`give`] or [`entry`] that was not freed yet.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if handle.is_null() {
        return;
    }
    // SAFETY: it came from a box, and by the caller's promise comes back only once.
    let owned = unsafe { Box::from_raw(handle) };
    // What a destructor does wrong can be told to nobody.
    let _ = guard(|| {
        drop(owned);
        Ok(())
    });
}

/// Text as C reads it. A NUL inside, which would end it early, becomes the replacement character.
pub(crate) fn c_text(text: String) -> CString {
    CString::new(text).unwrap_or_else(|refused| {
        let text = String::from_utf8_lossy(&refused.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).expect("every NUL has been replaced")
    })
}

/// Text that is borrowed from its handle, or NULL.
pub(crate) fn borrowed(text: Option<&CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

#[cfg(test)]
mod tests {
    use super::c_text;

    #[test]
    fn text_never_ends_early() {
        assert_eq!(c_text("a\0b\0".to_owned()).to_str(), Ok("a\u{fffd}b\u{fffd}"));
        assert_eq!(c_text("微信".to_owned()).to_str(), Ok("微信"));
    }
}
