//! Functions that panic on purpose. In no header, and only with the feature `test-hooks`.

use std::time::Duration;

use wechatpay_bridge::{ErrorRecord, nobody_hears, wait};

use crate::client::Client;
use crate::error::Error;
use crate::input::handle;
use crate::output::{entry, free};

/// Panics at once.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_test_panic() -> *mut Error {
    entry(|| panic!("on purpose"))
}

/// Panics while a call is under way, to a server that does not answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_test_panic_in_call(client: *const Client) -> *mut Error {
    entry(|| {
        // SAFETY: the conventions.
        let client = unsafe { handle(client, "client") }?;
        let call = client.inner.request("GET", "/v3/panic", None, None);
        wait(call, Duration::from_millis(50), || panic!("on purpose"), nobody_hears)?;
        Err(ErrorRecord::internal("the call ended before it could panic"))
    })
}

/// Panics in a destructor.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_test_panic_in_free() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    // SAFETY: it comes from a box and is freed once.
    unsafe { free(Box::into_raw(Box::new(Panics))) }
}
