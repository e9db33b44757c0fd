//! The merchant's key where it does not lie in this process: in an HSM, a KMS, or behind a service of one's own.
//!
//! ```
//! use std::sync::Arc;
//! use wechatpay_sdk::{KeyError, KeyFuture, MerchantKey};
//! # struct Kms;
//! # impl Kms {
//! #     async fn asymmetric_sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, std::io::Error> { Ok(Vec::new()) }
//! # }
//!
//! /// A key that never leaves the KMS.
//! struct KmsKey {
//!     kms: Kms,
//!     name: String,
//! }
//!
//! impl MerchantKey for KmsKey {
//!     fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
//!         Box::pin(async move { self.kms.asymmetric_sign(&self.name, message).await.map_err(KeyError::from_error) })
//!     }
//! }
//!
//! # fn run(kms: Kms) -> Result<(), wechatpay_sdk::Error> {
//! let client = wechatpay_sdk::Client::builder()
//!     .mchid("1900000001")
//!     .merchant_key(Arc::new(KmsKey { kms, name: "wechat-pay".to_owned() }))
//!     .merchant_certificate_path("apiclient_cert.pem")
//!     .public_key_id("PUB_KEY_ID_0119000000012026112100000000000000")
//!     .platform_public_key_path("pub_key.pem")
//!     .build()?;
//! # Ok(()) }
//! ```

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::crypto::{PrivateKey, PublicKey};
use crate::error::{Detail, Error, ErrorKind, Retryability};

/// What a [`MerchantKey`] gives, some time later: a signature or a plaintext.
pub type KeyFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, KeyError>> + Send + 'a>>;

/// The private key of the merchant's API certificate, wherever it is. [`PrivateKey`] is the one in this process.
///
/// It is asked within the time of the call that needs it: a future that takes longer is dropped, and nothing has been
/// sent. Each attempt of a call is signed afresh. Many calls may ask at once.
pub trait MerchantKey: Send + Sync {
    /// RSASSA-PKCS1-v1_5 with SHA-256 over `message` (not over its digest): the raw bytes of the signature.
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a>;

    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1, without a label: the plaintext of `ciphertext`. Only replies with encrypted
    /// fields need it.
    fn decrypt<'a>(&'a self, ciphertext: &'a [u8]) -> KeyFuture<'a> {
        let _ = ciphertext;
        Box::pin(async { Err(KeyError::unsupported()) })
    }
}

/// Why a [`MerchantKey`] gave nothing. Its words stand in the error of the call, and so in logs: they must not hold a
/// signature, a plaintext or a key, which nobody else can know of them.
#[derive(Debug, Clone)]
pub struct KeyError {
    message: String,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    unsupported: bool,
}

impl KeyError {
    /// What went wrong, in words.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None, unsupported: false }
    }

    /// With the words of another error, which becomes the [source](StdError::source) of the call's.
    #[must_use]
    pub fn from_error(error: impl StdError + Send + Sync + 'static) -> Self {
        let message = error.to_string();
        Self { source: Some(Arc::new(error)), ..Self::new(message) }
    }

    /// That this key cannot do what it was asked for.
    #[must_use]
    pub fn unsupported() -> Self {
        Self { unsupported: true, ..Self::new("it cannot do this") }
    }

    /// The words as they are told: short enough for a log.
    fn told(&self) -> String {
        const LONGEST: usize = 500;
        match self.message.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &self.message[..end]),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for KeyError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl MerchantKey for PrivateKey {
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(async move { PrivateKey::sign(self, message).map_err(KeyError::from_error) })
    }

    fn decrypt<'a>(&'a self, ciphertext: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(async move {
            self.decrypt_oaep(ciphertext).map(|plaintext| plaintext.to_vec()).map_err(KeyError::from_error)
        })
    }
}

/// The key as a client holds it. The one in this process is used directly: it costs neither an allocation nor a hand-over.
#[derive(Clone)]
pub enum SigningKey {
    /// In this process.
    Local(PrivateKey),
    /// Anywhere else.
    Custom(CustomKey),
}

/// A key of the application, and what its signatures are held against.
#[derive(Clone)]
pub struct CustomKey {
    key: Arc<dyn MerchantKey>,
    /// Of merchant_certificate, where that is known: a signature of another key is found before it is sent.
    certified: Option<PublicKey>,
}

impl SigningKey {
    /// A key of the application. `certified` is that of the merchant's certificate, where it is known.
    #[must_use]
    pub fn custom(key: Arc<dyn MerchantKey>, certified: Option<PublicKey>) -> Self {
        Self::Custom(CustomKey { key, certified })
    }

    /// The one in this process, if it is there: it can be used without waiting.
    pub(crate) fn local(&self) -> Option<&PrivateKey> {
        match self {
            Self::Local(key) => Some(key),
            Self::Custom(_) => None,
        }
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, within `limit`.
    ///
    /// # Errors
    /// Config (`signer_failed`, `not_a_signature`, `key_mismatch`) and timeout (`signer_timeout`); nothing was sent.
    pub async fn sign(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, Error> {
        match self {
            Self::Local(key) => {
                key.sign(message).map_err(|error| Error::internal(format!("the request cannot be signed: {error}")))
            }
            Self::Custom(custom) => custom.sign(message, limit).await,
        }
    }

    /// RSAES-OAEP with SHA-1, within `limit`; `path` names the field.
    ///
    /// # Errors
    /// Decrypt (`cannot_decrypt`, `decrypter_failed`, `no_decrypter`) and timeout (`decrypter_timeout`).
    pub async fn decrypt(&self, ciphertext: &[u8], path: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self {
            Self::Local(key) => key.decrypt_oaep(ciphertext).map_err(|_| foreign(path)),
            Self::Custom(custom) => custom.decrypt(ciphertext, path, limit).await,
        }
    }
}

impl CustomKey {
    async fn sign(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, Error> {
        let signature = within(limit, self.key.sign(message)).await.ok_or_else(|| {
            let message =
                format!("sign did not answer within the {} ms that were left; nothing was sent", limit.as_millis());
            Error::new(ErrorKind::Timeout, "signer_timeout", message).with_retry(Retryability::Safe)
        })?;
        let signature = signature.map_err(|error| {
            Error::config("sign", "signer_failed", format!("failed: {}; nothing was sent", error.told()))
                .with_retry(Retryability::Safe)
                .with_source(error)
        })?;
        // No signature is: each byte of it would have to be below 128.
        if signature.is_ascii() {
            let problem = format!(
                "gave {}, where the raw bytes of a signature are needed; nothing was sent",
                if signature.is_empty() { "nothing" } else { "text" }
            );
            return Err(Error::config("sign", "not_a_signature", problem));
        }
        if self.certified.as_ref().is_some_and(|key| !key.verify(message, &signature)) {
            return Err(Error::config(
                "sign",
                "key_mismatch",
                "gave a signature that does not hold under merchant_certificate: it uses another key, or signs otherwise than by RSASSA-PKCS1-v1_5 with SHA-256 over the message itself (not over its digest); nothing was sent",
            ));
        }
        Ok(signature)
    }

    async fn decrypt(&self, ciphertext: &[u8], path: &str, limit: Duration) -> Result<Zeroizing<Vec<u8>>, Error> {
        let failed = |code, problem: String| undecryptable(code, path, &format!("cannot be decrypted: {problem}"));
        let plaintext = within(limit, self.key.decrypt(ciphertext)).await.ok_or_else(|| {
            let message =
                format!("decrypt did not answer within the {} ms that were left for {path}", limit.as_millis());
            Error::new(ErrorKind::Timeout, "decrypter_timeout", message).with_retry(Retryability::Safe)
        })?;
        plaintext.map(Zeroizing::new).map_err(|error| match error.unsupported {
            true => failed("no_decrypter", "the merchant's key only signs; give the client a decrypt, too".to_owned()),
            false => failed("decrypter_failed", format!("decrypt failed: {}", error.told()))
                .with_retry(Retryability::Safe)
                .with_source(error),
        })
    }
}

/// None where it took longer. A key that blocks is not interrupted, but what it gives too late is not used.
async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let started = tokio::time::Instant::now();
    tokio::time::timeout(limit, work).await.ok().filter(|_| started.elapsed() <= limit)
}

/// A field that this merchant's key does not open.
pub(crate) fn foreign(path: &str) -> Error {
    const PROBLEM: &str = "cannot be decrypted with the merchant's private key: it was encrypted for another certificate of the merchant, or altered; merchant_private_key must be the key of the certificate that serial_no names, and of the one that the platform encrypts for (merchant console, API security)";
    undecryptable("cannot_decrypt", path, PROBLEM)
}

fn undecryptable(code: &str, path: &str, problem: &str) -> Error {
    Error::new(ErrorKind::Decrypt, code, format!("{path} {problem}")).with_detail(Detail {
        field: Some(path.to_owned()),
        issue: Some(problem.to_owned()),
        ..Detail::default()
    })
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(key) => key.fmt(f),
            Self::Custom(key) => key.fmt(f),
        }
    }
}

impl fmt::Debug for CustomKey {
    /// Without the key itself: what it would print is not ours to know.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MerchantKey([custom])")
    }
}
