//! The store of processed notifications: its questions are calls like any other.

use napi::bindgen_prelude::Either;
use napi_derive::napi;
use wechatpay_bridge::{self as bridge, Result, guard};

use crate::arrivals::Arrivals;
use crate::outcome::json;

/// A store, or the error record that says why there is none.
type Made = Either<Seen, String>;

/// Knows which notifications have been processed.
#[napi]
pub struct Seen(bridge::Seen);

fn made(entry: impl FnOnce() -> Result<bridge::Seen>) -> Made {
    guard(entry).map_or_else(|record| Either::B(json(&record)), |seen| Either::A(Seen(seen)))
}

/// A store in this process's memory.
#[napi(catch_unwind)]
pub fn seen_memory(seconds: Option<f64>) -> Made {
    made(|| bridge::Seen::memory(seconds))
}

/// A store in a Redis.
#[napi(catch_unwind)]
pub fn seen_redis(url: String, seconds: Option<f64>) -> Made {
    made(|| bridge::Seen::redis(&url, seconds))
}

#[napi]
impl Seen {
    /// Asks for a notification; the answer lands at `arrivals` under `token`.
    #[napi(catch_unwind)]
    pub fn claim(&self, arrivals: &Arrivals, token: u32, id: String) -> Option<String> {
        arrivals.start(token, false, || Ok(self.0.claim(&id)))
    }

    /// It has been processed.
    #[napi(catch_unwind)]
    pub fn done(&self, arrivals: &Arrivals, token: u32, id: String) -> Option<String> {
        arrivals.start(token, false, || Ok(self.0.done(&id)))
    }

    /// Processing failed.
    #[napi(catch_unwind)]
    pub fn release(&self, arrivals: &Arrivals, token: u32, id: String) -> Option<String> {
        arrivals.start(token, false, || Ok(self.0.release(&id)))
    }
}
