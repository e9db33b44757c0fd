//! rsa + sha2 + aes-gcm: pure Rust, for targets without a C compiler.
//!
//! Private-key operations are blinded, but not constant-time in the way of aws-lc (RUSTSEC-2023-0071).

use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::OsRng;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use rsa::traits::PublicKeyParts;
use rsa::{Oaep, Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Backend, CryptoError, PrivateDer, RsaPrivate, RsaPublic};

/// The second backend.
#[derive(Debug, Clone, Copy)]
pub struct RustCrypto;

const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

struct Private(RsaPrivateKey);

impl RsaPrivate for Private {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0
            .sign_with_rng(&mut OsRng, Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
            .map_err(|_| CryptoError::Sign)
    }

    fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0
            .decrypt_blinded(&mut OsRng, Oaep::new::<Sha1>(), ciphertext)
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::Decrypt)
    }

    fn public_spki(&self) -> Vec<u8> {
        self.0.to_public_key().to_public_key_der().expect("a parsed key can be written").into_vec()
    }
}

struct Public(RsaPublicKey);

impl RsaPublic for Public {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature).is_ok()
    }

    fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.encrypt(&mut OsRng, Oaep::new::<Sha1>(), plaintext).map_err(|_| CryptoError::TooLong)
    }

    fn modulus_len(&self) -> usize {
        self.0.size()
    }
}

impl Backend for RustCrypto {
    fn name(&self) -> &'static str {
        "rustcrypto"
    }

    fn private_key(&self, der: PrivateDer<'_>) -> Result<Arc<dyn RsaPrivate>, CryptoError> {
        let key = match der {
            PrivateDer::Pkcs8(der) => RsaPrivateKey::from_pkcs8_der(der).map_err(|_| CryptoError::BadKey)?,
            PrivateDer::Pkcs1(der) => RsaPrivateKey::from_pkcs1_der(der).map_err(|_| CryptoError::BadKey)?,
        };
        key.validate().map_err(|_| CryptoError::BadKey)?;
        if !BITS.contains(&key.n().bits()) {
            return Err(CryptoError::BadKey);
        }
        Ok(Arc::new(Private(key)))
    }

    fn public_key(&self, spki: &[u8]) -> Result<Arc<dyn RsaPublic>, CryptoError> {
        let key = RsaPublicKey::from_public_key_der(spki).map_err(|_| CryptoError::BadKey)?;
        if !BITS.contains(&key.n().bits()) {
            return Err(CryptoError::BadKey);
        }
        Ok(Arc::new(Public(key)))
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let nonce = Nonce::try_from(nonce).map_err(|_| CryptoError::Decrypt)?;
        Aes256Gcm::new(&(*key).into())
            .decrypt(&nonce, Payload { msg: ciphertext, aad: associated_data })
            .map(Zeroizing::new)
            .map_err(|_| CryptoError::Decrypt)
    }

    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = Nonce::try_from(nonce).map_err(|_| CryptoError::Decrypt)?;
        Aes256Gcm::new(&(*key).into())
            .encrypt(&nonce, Payload { msg: plaintext, aad: associated_data })
            .map_err(|_| CryptoError::TooLong)
    }
}
