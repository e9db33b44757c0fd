//! The Node.js addon: the bridge as JavaScript objects. What is idiomatic is written in JavaScript (`lib/`).
//!
//! JSON crosses as text, and every outcome as plain data ([`outcome::Outcome`]): an error becomes an instance of its
//! class on the other side, so that its class and its fields survive a rejected promise.

pub mod arrivals;
pub mod client;
pub mod outcome;
pub mod question;
pub mod receiver;
pub mod seen;
#[cfg(feature = "test-hooks")]
pub mod test_hooks;

use napi_derive::napi;
use wechatpay_bridge::ErrorRecord;

/// The version of the addon: that of the package which it belongs to.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The operations of a namespace (empty: all), as a JSON array.
#[napi(catch_unwind)]
pub fn operations(namespace: String) -> napi::Result<String> {
    String::from_utf8(wechatpay_bridge::operations_json(&namespace))
        .map_err(|_| napi::Error::from_reason("the operation table is not UTF-8"))
}

/// The first segments of all operation ids.
#[napi(catch_unwind)]
pub fn products() -> Vec<&'static str> {
    wechatpay_bridge::products()
}

/// The names of a client's options.
#[napi(catch_unwind)]
pub fn option_names() -> Vec<&'static str> {
    wechatpay_bridge::option_names()
}

/// The error record for an argument that cannot be read; `problem` follows its name.
#[napi(catch_unwind)]
pub fn bad_argument(operation: Option<String>, argument: String, problem: String) -> String {
    outcome::json(&ErrorRecord::bad_argument(operation.as_deref(), &argument, problem))
}

/// The error record for an option that cannot be read; `problem` follows its name.
#[napi(catch_unwind)]
pub fn bad_option(option: String, problem: String) -> String {
    outcome::json(&ErrorRecord::bad_option(&option, problem))
}
