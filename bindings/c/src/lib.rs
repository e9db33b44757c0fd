//! `libwechatpay`: the bridge as a C library. What holds for every function stands in `CONVENTIONS.md`.
//!
//! `include/wechatpay.h` is made from these files: every exported function is plain code here, never a macro's.

pub mod attempt;
pub mod call;
pub mod catalogue;
pub mod client;
pub mod error;
#[rustfmt::skip]
pub mod generated;
mod input;
pub mod notifications;
mod once;
pub mod options;
mod output;
pub mod progress;
pub mod reply;
pub mod seen;
pub mod signer;
#[cfg(feature = "test-hooks")]
pub mod test_hooks;
pub mod version;
