//! How far downloads are: what a client's function is told of them meanwhile.

use std::ffi::c_void;
use std::ptr;

use wechatpay_bridge::Progress;

use crate::client::Client;
use crate::error::Error;
use crate::input::handle;
use crate::output::give;

/// Told how far a download is, every 256 KiB and at the end, on the thread that makes the call: `received` bytes of `total`,
/// which is -1 where the platform does not say. It should return at once, since the time of the call goes on; it must return
/// (no longjmp, no C++ exception).
#[allow(non_camel_case_types, reason = "the name in C")]
pub type wechatpay_on_progress = Option<unsafe extern "C" fn(context: *mut c_void, received: i64, total: i64)>;

/// The function of a client, and what it is handed.
#[derive(Clone, Copy)]
pub(crate) struct Watch {
    on_progress: wechatpay_on_progress,
    context: *mut c_void,
}

impl Watch {
    pub(crate) const NONE: Self = Self { on_progress: None, context: ptr::null_mut() };

    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(on_progress) = self.on_progress {
            let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
            let total = progress.total.map_or(-1, signed);
            // SAFETY: the function and its context live as long as clients with them, by the conventions.
            unsafe { on_progress(self.context, signed(progress.received), total) }
        }
    }
}

/// Derives the same client with a function that is told how far its downloads are, where the utility "download" or
/// "download_url" is given "progress": true; NULL takes it away. `context` is handed to it and is the caller's to keep alive.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_with_on_progress(
    client: *const Client,
    on_progress: wechatpay_on_progress,
    context: *mut c_void,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(derived, "derived", || Ok(handle(client, "client")?.told(Watch { on_progress, context }))) }
}
