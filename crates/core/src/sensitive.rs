//! Sensitive fields: RSAES-OAEP (SHA-1) in base64, under the platform's key on requests, under the merchant's on replies.
//!
//! Operations do this by themselves ([`bind`](mod@crate::bind), [`decode`](mod@crate::decode)); by hand it is for
//! `request()`, whose fields nobody has marked.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365343>

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::client::Client;
use crate::error::Error;
use crate::merchant_key::{SigningKey, foreign};
use crate::platform_keys::PlatformKey;
use crate::secret::Sensitive;

/// A field encrypted by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The platform's key that can read it: the request must name it in `Wechatpay-Serial`, as requests of this client do
    /// as long as it prefers that key.
    pub serial: String,
    /// Base64.
    pub ciphertext: String,
}

impl Client {
    /// Encrypts a field for the platform, under the key that this client's requests name.
    ///
    /// # Errors
    /// Invalid request, without the text: `too_long_to_encrypt`, `no_platform_key`.
    pub fn encrypt(&self, plaintext: &str) -> Result<Encrypted, Error> {
        let key = self.merchant.platform.preferred(self.shared.ambient.now());
        let ciphertext = encrypt(key, plaintext, "plaintext").map_err(|error| error.with_operation("encrypt"))?;
        Ok(Encrypted { serial: key.map(|key| key.serial.clone()).unwrap_or_default(), ciphertext })
    }

    /// Decrypts a field that the platform encrypted for this merchant.
    ///
    /// # Errors
    /// As [`SigningKey::decrypt`], without the text.
    pub async fn decrypt(&self, ciphertext: &str) -> Result<Sensitive, Error> {
        let plaintext = decrypt(&self.merchant.signer.key, ciphertext, "ciphertext", self.timeout).await;
        plaintext.map(Sensitive::from).map_err(|error| error.with_operation("decrypt"))
    }
}

/// Base64 of a field under the platform's key; `path` names the field.
pub(crate) fn encrypt(key: Option<&PlatformKey>, plaintext: &str, path: &str) -> Result<String, Error> {
    let key = key.ok_or_else(|| {
        Error::invalid(
            path,
            "no_platform_key",
            "must be encrypted, but no platform key is valid now; configure WeChat Pay's public key",
        )
    })?;
    let limit = key.key.max_plaintext();
    if plaintext.len() > limit {
        let problem =
            format!("is {} bytes long, but at most {limit} can be encrypted under the platform's key", plaintext.len());
        return Err(Error::invalid(path, "too_long_to_encrypt", problem));
    }
    let ciphertext = key
        .key
        .encrypt_oaep(plaintext.as_bytes())
        .map_err(|error| Error::invalid(path, "too_long_to_encrypt", format!("cannot be encrypted: {error}")))?;
    Ok(STANDARD.encode(ciphertext))
}

/// The text of a field that the platform encrypted; `path` names the field.
pub(crate) async fn decrypt(key: &SigningKey, ciphertext: &str, path: &str, limit: Duration) -> Result<String, Error> {
    let bytes = STANDARD.decode(ciphertext).map_err(|_| foreign(path))?;
    let plaintext = key.decrypt(&bytes, path, limit).await?;
    std::str::from_utf8(&plaintext).map(str::to_owned).map_err(|_| foreign(path))
}
