//! Cryptography through every backend that is built in (`--features rustcrypto` adds the second one).

mod backends;
mod wycheproof_sets;

use wechatpay_sdk::crypto::Backend;

/// The backends under test.
fn all() -> Vec<&'static dyn Backend> {
    vec![
        #[cfg(feature = "aws-lc")]
        &wechatpay_sdk::crypto::AwsLc,
        #[cfg(feature = "rustcrypto")]
        &wechatpay_sdk::crypto::RustCrypto,
    ]
}
