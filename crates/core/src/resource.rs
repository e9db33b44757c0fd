//! `AEAD_AES_256_GCM` under the APIv3 key: what notifications and platform certificates are wrapped in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::crypto::default_backend;
use crate::error::{Error, ErrorKind};
use crate::secret::ApiV3Key;

/// Decrypts a `resource` (`ciphertext` in base64, as it came).
///
/// # Errors
/// Decrypt: `bad_ciphertext`, `cannot_decrypt`.
pub fn decrypt_resource(
    key: &ApiV3Key,
    nonce: &str,
    associated_data: &str,
    ciphertext: &str,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let bytes = STANDARD.decode(ciphertext).map_err(|_| {
        Error::new(ErrorKind::Decrypt, "bad_ciphertext", "the ciphertext of the resource is not base64")
    })?;
    default_backend()
        .open(key.as_bytes(), nonce.as_bytes(), associated_data.as_bytes(), &bytes)
        .map_err(|_| {
            let message = "the resource cannot be decrypted: it was encrypted under another APIv3 key (was the key changed in the merchant console?), or it was altered on the way";
            Error::new(ErrorKind::Decrypt, "cannot_decrypt", message)
        })
}

impl Client {
    /// Decrypts a `resource` under this merchant's APIv3 key.
    ///
    /// Only for data whose signature has been verified: whoever knows an old APIv3 key can make such a ciphertext.
    ///
    /// # Errors
    /// Config (`missing_option`) without an APIv3 key; decrypt as [`decrypt_resource`].
    pub fn decrypt_resource(
        &self,
        nonce: &str,
        associated_data: &str,
        ciphertext: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let key = self.merchant.apiv3_key.as_ref().ok_or_else(no_apiv3_key)?;
        decrypt_resource(key, nonce, associated_data, ciphertext)
    }
}

pub(crate) fn no_apiv3_key() -> Error {
    Error::config(
        "apiv3_key",
        "missing_option",
        "is needed to decrypt; set it in the merchant console and give it to the client",
    )
}
