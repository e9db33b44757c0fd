//! What the library can do, as data.

use std::ffi::{CString, c_char};
use std::ptr;

use wechatpay_bridge::{guard, operations_json, option_names};

use crate::once::Once;
use crate::output::c_text;

static OPTIONS: Once<Vec<CString>> = Once::new();
static OPERATIONS: Once<CString> = Once::new();

fn options() -> &'static [CString] {
    OPTIONS.get(|| option_names().into_iter().map(|name| c_text(name.to_owned())).collect())
}

/// How many options a client knows.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_option_count() -> usize {
    guard(|| Ok(options().len())).unwrap_or(0)
}

/// The name of an option, counted from 0; NULL behind the last one. It lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_option_name(index: usize) -> *const c_char {
    guard(|| Ok(options().get(index).map_or(ptr::null(), |name| name.as_ptr()))).unwrap_or(ptr::null())
}

/// All operations as a JSON array, sorted by id:
/// [{id, title, method, path, params: [{name, place, required, type, values, encrypted}], reply, idempotent, read_back,
/// doc_url}]; `read_back` may be null.
/// Its length is written to `length`, which may be NULL. The text lives as long as the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_operations_json(length: *mut usize) -> *const c_char {
    let text = guard(|| {
        Ok(OPERATIONS.get(|| CString::new(operations_json("")).expect("JSON writes a NUL as an escape")).as_c_str())
    });
    // SAFETY: the conventions.
    if let Some(length) = unsafe { length.as_mut() } {
        *length = text.as_ref().map_or(0, |text| text.count_bytes());
    }
    text.map_or(ptr::null(), |text| text.as_ptr())
}
