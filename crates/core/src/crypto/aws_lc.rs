//! aws-lc-rs: the library that TLS uses too. Private-key operations are constant-time.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{
    KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};
use aws_lc_rs::signature::{self, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use zeroize::Zeroizing;

use crate::per_process::PerProcess;

use super::{Backend, CryptoError, PrivateDer, RsaPrivate, RsaPublic};

/// The default backend.
#[derive(Debug, Clone, Copy)]
pub struct AwsLc;

/// Keys are parsed anew in a forked child: aws-lc keeps locks and blinding factors inside a key, and a fork may catch
/// them in another thread's hands.
struct Private {
    pkcs8: Zeroizing<Vec<u8>>,
    parsed: PerProcess<PrivateParsed>,
}

struct PrivateParsed {
    pair: KeyPair,
    // Parsed at the first encrypted reply: most merchants never see one, and a parsed key is not small.
    decrypting: OnceLock<Option<OaepPrivateDecryptingKey>>,
}

impl Private {
    fn with<R>(&self, take: impl FnOnce(&PrivateParsed) -> R) -> Result<R, CryptoError> {
        let parse = || {
            let pair = KeyPair::from_pkcs8(&self.pkcs8).map_err(|_| CryptoError::BadKey)?;
            Ok(PrivateParsed { pair, decrypting: OnceLock::new() })
        };
        self.parsed.with(parse, take)
    }
}

impl RsaPrivate for Private {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.with(|parsed| {
            let mut out = vec![0; parsed.pair.public_modulus_len()];
            parsed
                .pair
                .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut out)
                .map_err(|_| CryptoError::Sign)?;
            Ok(out)
        })?
    }

    fn decrypt(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.with(|parsed| {
            let parse = || OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(&self.pkcs8).ok()?).ok();
            let key = parsed.decrypting.get_or_init(parse).as_ref().ok_or(CryptoError::Decrypt)?;
            let mut out = Zeroizing::new(vec![0; key.min_output_size()]);
            let len =
                key.decrypt(&OAEP_SHA1_MGF1SHA1, ciphertext, &mut out, None).map_err(|_| CryptoError::Decrypt)?.len();
            out.truncate(len);
            Ok(out)
        })?
    }

    fn public_spki(&self) -> Vec<u8> {
        use aws_lc_rs::signature::KeyPair as _;
        self.with(|parsed| {
            let der: PublicKeyX509Der<'_> = parsed.pair.public_key().as_der().expect("a parsed key can be written");
            der.as_ref().to_vec()
        })
        .expect("it was parsed before")
    }
}

struct Public {
    spki: Vec<u8>,
    modulus_len: usize,
    parsed: PerProcess<PublicParsed>,
}

struct PublicParsed {
    verifying: ParsedPublicKey,
    encrypting: OnceLock<Option<OaepPublicEncryptingKey>>,
}

impl Public {
    fn with<R>(&self, take: impl FnOnce(&PublicParsed) -> R) -> Result<R, CryptoError> {
        let parse = || {
            let verifying =
                ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.spki).map_err(|_| CryptoError::BadKey)?;
            Ok(PublicParsed { verifying, encrypting: OnceLock::new() })
        };
        self.parsed.with(parse, take)
    }
}

impl RsaPublic for Public {
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.with(|parsed| parsed.verifying.verify_sig(message, signature).is_ok()).unwrap_or(false)
    }

    fn encrypt(&self, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.with(|parsed| {
            let parse = || OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&self.spki).ok()?).ok();
            let key = parsed.encrypting.get_or_init(parse).as_ref().ok_or(CryptoError::BadKey)?;
            let mut out = vec![0; key.ciphertext_size()];
            key.encrypt(&OAEP_SHA1_MGF1SHA1, plaintext, &mut out, None).map_err(|_| CryptoError::TooLong)?;
            Ok(out)
        })?
    }

    fn modulus_len(&self) -> usize {
        self.modulus_len
    }
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are an AES-256 key"))
}

impl Backend for AwsLc {
    fn name(&self) -> &'static str {
        "aws-lc-rs"
    }

    fn private_key(&self, der: PrivateDer<'_>) -> Result<Arc<dyn RsaPrivate>, CryptoError> {
        let pkcs8 = match der {
            PrivateDer::Pkcs8(der) => Zeroizing::new(der.to_vec()),
            PrivateDer::Pkcs1(der) => {
                let pair = KeyPair::from_der(der).map_err(|_| CryptoError::BadKey)?;
                let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| CryptoError::BadKey)?;
                Zeroizing::new(der.as_ref().to_vec())
            }
        };
        let key = Private { pkcs8, parsed: PerProcess::new() };
        key.with(|_| ())?;
        Ok(Arc::new(key))
    }

    fn public_key(&self, spki: &[u8]) -> Result<Arc<dyn RsaPublic>, CryptoError> {
        let modulus_len = signature::RsaParameters::public_modulus_len(spki)
            .ok()
            .or_else(|| PublicEncryptingKey::from_der(spki).ok().map(|key| key.key_size_bits() as u32))
            .ok_or(CryptoError::BadKey)? as usize
            / 8;
        let key = Public { spki: spki.to_vec(), modulus_len, parsed: PerProcess::new() };
        key.with(|_| ())?;
        Ok(Arc::new(key))
    }

    fn open(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Decrypt)?;
        let mut buffer = Zeroizing::new(ciphertext.to_vec());
        let len = cipher(key)
            .open_in_place(nonce, Aad::from(associated_data), &mut buffer)
            .map_err(|_| CryptoError::Decrypt)?
            .len();
        buffer.truncate(len);
        Ok(buffer)
    }

    fn seal(
        &self,
        key: &[u8; 32],
        nonce: &[u8],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CryptoError::Decrypt)?;
        let mut buffer = plaintext.to_vec();
        cipher(key)
            .seal_in_place_append_tag(nonce, Aad::from(associated_data), &mut buffer)
            .map_err(|_| CryptoError::TooLong)?;
        Ok(buffer)
    }
}
