//! Functions that panic on purpose. Only with the feature `test-hooks`.

use napi_derive::napi;

use crate::arrivals::Arrivals;

/// Panics where a call is made.
#[napi(catch_unwind)]
pub fn wechatpay_test_panic(arrivals: &Arrivals) -> Option<String> {
    arrivals.start(0, false, || panic!("on purpose"))
}

/// Panics where nothing maps it.
#[napi(catch_unwind)]
pub fn wechatpay_test_panic_unguarded() -> u32 {
    panic!("on purpose")
}
