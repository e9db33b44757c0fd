//! The cryptography of APIv3 behind one small trait, so that a backend can be replaced and two can be compared.
//!
//! Nothing here is written by hand: [`AwsLc`] (default) and [`RustCrypto`] only adapt well-kept libraries.

#[cfg(feature = "aws-lc")]
mod aws_lc;
mod keys;
#[cfg(feature = "rustcrypto")]
mod rust_crypto;

use std::sync::Arc;

use zeroize::Zeroizing;

#[cfg(feature = "aws-lc")]
pub use aws_lc::AwsLc;
pub use keys::{Certificate, PrivateKey, PublicKey};
#[cfg(feature = "rustcrypto")]
pub use rust_crypto::RustCrypto;

/// Why cryptography refused. Says nothing about the data on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CryptoError {
    /// The key could not be parsed, or is not RSA of 2048 to 8192 bits.
    #[error("the key is not an RSA key of 2048 to 8192 bits")]
    BadKey,
    /// Signing failed inside the library.
    #[error("signing failed")]
    Sign,
    /// The plaintext does not fit the key.
    #[error("the plaintext is longer than the key allows")]
    TooLong,
    /// The ciphertext was made with another key, or was altered.
    #[error("the ciphertext was made with another key, or was altered")]
    Decrypt,
}

/// DER of a private key, by container.
#[derive(Clone, Copy)]
pub enum PrivateDer<'a> {
    /// `BEGIN PRIVATE KEY`
    Pkcs8(&'a [u8]),
    /// `BEGIN RSA PRIVATE KEY`
    Pkcs1(&'a [u8]),
}

/// An RSA private key inside a backend.
pub trait RsaPrivate: Send + Sync {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// [`CryptoError::Sign`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError>;
    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1.
    ///
    /// # Errors
    /// [`CryptoError::Decrypt`].
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError>;
    /// The public half, as DER of `SubjectPublicKeyInfo`.
    fn public_spki(&self) -> Vec<u8>;
}

/// An RSA public key inside a backend.
pub trait RsaPublic: Send + Sync {
    /// Whether `signature` is RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
    /// RSAES-OAEP with SHA-1 and MGF1-SHA-1.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`].
    fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError>;
    /// Length of the modulus in bytes.
    fn modulus_len(&self) -> usize;
}

/// A library that does the arithmetic.
pub trait Backend: Send + Sync {
    /// Its name, for diagnostics.
    fn name(&self) -> &'static str;
    /// Parses a private key.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`].
    fn private_key(&self, der: PrivateDer<'_>) -> Result<Arc<dyn RsaPrivate>, CryptoError>;
    /// Parses a public key from DER of `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`].
    fn public_key(&self, spki: &[u8]) -> Result<Arc<dyn RsaPublic>, CryptoError>;
    /// `AEAD_AES_256_GCM`: decrypts `ciphertext` (tag at its end).
    ///
    /// # Errors
    /// [`CryptoError::Decrypt`].
    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError>;
    /// `AEAD_AES_256_GCM`: encrypts; the tag is at the end.
    ///
    /// # Errors
    /// [`CryptoError::Decrypt`] where the nonce is not 12 bytes.
    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError>;
}

/// The backend that clients use: aws-lc-rs where it is built in, else pure Rust.
#[must_use]
pub fn default_backend() -> &'static dyn Backend {
    #[cfg(feature = "aws-lc")]
    return &AwsLc;
    #[cfg(all(feature = "rustcrypto", not(feature = "aws-lc")))]
    return &RustCrypto;
    #[cfg(not(any(feature = "rustcrypto", feature = "aws-lc")))]
    compile_error!("wechatpay-sdk needs one of the features `aws-lc` (default) and `rustcrypto`");
}
