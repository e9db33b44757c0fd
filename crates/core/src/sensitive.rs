//! Sensitive fields: RSAES-OAEP (SHA-1) in base64, under the platform's key on requests, under the merchant's on replies.
//!
//! Operations do this by themselves ([`bind`](mod@crate::bind), [`decode`](mod@crate::decode)); by hand it is for
//! `request()`, whose fields nobody has marked.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365343>

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use crate::client::Client;
use crate::crypto::PrivateKey;
use crate::error::Error;
use crate::merchant_key::{SigningKey, foreign};
use crate::platform_keys::{NoKey, PlatformKey, PlatformKeys};
use crate::secret::Sensitive;

/// A field encrypted by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The platform's key that can read it. The request must name it: [`CallOptions::encrypted_with`](crate::CallOptions)
    /// does, and without it a request names the key that its client prefers at that moment.
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

/// Who encrypts the marked fields of a request.
#[derive(Debug, Clone, Copy)]
pub enum Encryption<'a> {
    /// This client, under this key of the platform; `None`: it has none that is valid now.
    Ours(Option<&'a PlatformKey>),
    /// The caller, who did so under this key: the fields come as ciphertext and are sent as they are.
    Callers(&'a PlatformKey),
}

impl<'a> Encryption<'a> {
    /// As the call asks for it. A key that this client does not have is refused: the platform signs its reply with the
    /// key that the request names, and the outcome of the call would be unknown for want of it.
    ///
    /// # Errors
    /// Invalid request, naming `encrypted_with`: `unknown_serial`, `certificate_expired`.
    pub(crate) fn of(keys: &'a PlatformKeys, encrypted_with: Option<&str>, now: i64) -> Result<Self, Error> {
        let Some(serial) = encrypted_with else { return Ok(Self::Ours(keys.preferred(now))) };
        keys.find(serial, now).map(Self::Callers).map_err(|why| {
            let refuse = |code, problem: &str| Error::invalid("encrypted_with", code, problem);
            match why {
                NoKey::Unknown => refuse(
                    "unknown_serial",
                    &format!(
                        "names a key of the platform that this client does not have (it has {}), so that the reply, which would be signed with that key, could not be verified; add that public key or platform certificate",
                        keys.serials()
                    ),
                ),
                NoKey::Expired => {
                    refuse("certificate_expired", "names a platform certificate that has expired; encrypt under another key")
                }
                NoKey::NotYetValid => refuse(
                    "certificate_expired",
                    "names a platform certificate that is not valid yet by this machine's clock; check the clock",
                ),
            }
        })
    }

    /// The marked field at `path` as it is sent.
    pub(crate) fn seal(self, text: &str, path: &str) -> Result<String, Error> {
        match self {
            Self::Ours(key) => encrypt(key, text, path),
            Self::Callers(key) => check_ciphertext(key, text, path).map(|()| text.to_owned()),
        }
    }
}

/// What the caller encrypted has the form of it: nothing else can be seen without the platform's private key.
fn check_ciphertext(key: &PlatformKey, text: &str, path: &str) -> Result<(), Error> {
    let block = key.key.modulus_len();
    let what = match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() == block => return Ok(()),
        Ok(bytes) => format!("stands for {} bytes", bytes.len()),
        Err(_) => "is not base64".to_owned(),
    };
    let problem = format!(
        "must be ciphertext already, since encrypted_with is given: base64 of {block} bytes, but it {what}; leave encrypted_with out to have it encrypted"
    );
    Err(Error::invalid(path, "not_ciphertext", problem))
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

/// The same with a key in this process, without waiting.
pub(crate) fn decrypt_here(key: &PrivateKey, ciphertext: &str, path: &str) -> Result<String, Error> {
    let bytes = STANDARD.decode(ciphertext).map_err(|_| foreign(path))?;
    let plaintext = key.decrypt_oaep(&bytes).map_err(|_| foreign(path))?;
    std::str::from_utf8(&plaintext).map(str::to_owned).map_err(|_| foreign(path))
}
