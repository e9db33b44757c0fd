//! Functions that panic on purpose. Only with the feature `test-hooks`.

use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::arrivals::{Arrivals, Flight};
use crate::outcome::Outcome;

/// Panics where a call is made.
#[napi(catch_unwind)]
pub fn wechatpay_test_panic(arrivals: &Arrivals) -> Either<Flight, Outcome> {
    arrivals.start(0, false, || panic!("on purpose"))
}

/// Panics where nothing maps it.
#[napi(catch_unwind)]
pub fn wechatpay_test_panic_unguarded() -> u32 {
    panic!("on purpose")
}
