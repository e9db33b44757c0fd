//! Which library this is.

use std::ffi::{CStr, c_char};

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => panic!("a version holds no NUL"),
};

/// The version of the library that is loaded, as text. WECHATPAY_VERSION is that of the header: they should be equal.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_version() -> *const c_char {
    VERSION.as_ptr()
}
