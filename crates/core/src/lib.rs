//! WeChat Pay APIv3: sign, call, verify and decrypt, with every operation typed.
//!
//! ```no_run
//! use wechatpay_sdk::goldplan::{OperationType, merchants::ChangeCustomPageStatus};
//!
//! # async fn run() -> Result<(), wechatpay_sdk::Error> {
//! let client = wechatpay_sdk::Client::from_env()?;
//! let reply = client
//!     .send(&ChangeCustomPageStatus::new("1900000109", OperationType::Open))
//!     .await?;
//! assert_eq!(reply.sub_mchid.as_deref(), Some("1900000109"));
//! # Ok(()) }
//! ```
//!
//! A call goes one way: operation, [`bind`](mod@bind), sign ([`signature`]), send, verify, [`decode`](mod@decode).

mod advice;
pub mod ambient;
pub mod bind;
#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod certificates_cache;
mod certificates_refresh;
mod certificates_reply;
mod client;
pub mod crypto;
pub mod decode;
mod download;
mod envelope;
mod error;
mod file_hash;
#[rustfmt::skip]
pub mod generated;
pub mod invocation;
mod kept;
mod key_ring;
mod limit;
mod merchant_identity;
mod merchant_key;
pub mod notification;
mod observer;
mod open_enum;
pub mod operation;
mod options;
mod pages;
pub mod per_process;
pub mod platform_keys;
#[cfg(feature = "redis")]
mod redis_lines;
#[doc(hidden)]
pub mod refusal;
pub mod resource;
mod retry;
#[cfg(feature = "blocking")]
pub mod runtimes;
mod secret;
mod seen;
mod send;
pub mod sensitive;
pub mod signature;
#[cfg(test)]
mod simulation;
pub mod suggest;
mod table;
mod tls;
mod transport;
mod unknown_operation;
mod upload;
pub mod webhook;

pub use builder::ClientBuilder;
pub use certificates_reply::PlatformCertificate;
pub use client::{CallOptions, Client, Response};
pub use download::{Progress, SaveTo, SavedFile};
pub use error::{Detail, Error, ErrorKind, Retryability};
#[allow(unused_imports, unreachable_pub, reason = "without the feature of a product there are no types")]
pub use generated::*;
pub use invocation::{AppRecord, Invocation, JsapiRecord};
pub use merchant_identity::Merchant;
pub use merchant_key::{CustomKey, KeyError, KeyFuture, MerchantKey, SigningKey};
pub use observer::{AttemptStart, Observer};
#[allow(unused_imports, reason = "without the feature of a product there are no types")]
pub(crate) use open_enum::open_enum;
pub use options::{OptionType, Options};
pub use pages::{Page, Paged};
pub use retry::{Attempt, Phase, Retry};
pub use secret::{ApiV3Key, REDACTED, Sensitive};
pub use seen::Seen;
pub use sensitive::{Encrypted, Encryption};
pub use serde_json::Number;
pub use upload::File;
