//! Sensitive fields: RSAES-OAEP (SHA-1) in base64, under the platform's key on requests, under the merchant's on replies.
//!
//! Operations do this by themselves ([`bind`](mod@crate::bind), [`decode`](mod@crate::decode)); by hand it is for
//! `request()`, whose fields nobody has marked.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365343>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use crate::client::Client;
use crate::crypto::PrivateKey;
use crate::error::{Error, ErrorKind};
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
    /// Invalid request, without the text: `too_long_to_encrypt`, `no_platform_key`. With `auto_certificates` any kind,
    /// where certificates must be downloaded first.
    pub async fn encrypt(&self, plaintext: &str) -> Result<Encrypted, Error> {
        self.keys_ready(Instant::now()).await.map_err(|error| error.with_operation("encrypt"))?;
        let keys = self.merchant.platform.keys();
        let key = keys.preferred(self.shared.ambient.now());
        let ciphertext = encrypt(key, plaintext, "plaintext")?;
        Ok(Encrypted { serial: key.map(|key| key.serial.clone()).unwrap_or_default(), ciphertext })
    }

    /// Decrypts a field that the platform encrypted for this merchant.
    ///
    /// # Errors
    /// Decrypt (`cannot_decrypt`), without the text.
    pub async fn decrypt(&self, ciphertext: &str) -> Result<Sensitive, Error> {
        decrypt(&self.merchant.signer.private_key, ciphertext, "ciphertext").map(Sensitive::from)
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
pub(crate) fn decrypt(key: &PrivateKey, ciphertext: &str, path: &str) -> Result<String, Error> {
    let plaintext = STANDARD.decode(ciphertext).ok().and_then(|bytes| key.decrypt_oaep(&bytes).ok());
    plaintext.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).ok_or_else(|| {
        let message = format!(
            "{path} cannot be decrypted with the merchant's private key: it was encrypted for another certificate; check that serial_no names the certificate of the configured private key"
        );
        Error::new(ErrorKind::Decrypt, "cannot_decrypt", message)
    })
}
