//! Keys and certificates as a merchant's engineer holds them: PEM text. Errors say what the text was instead.

use std::fmt;
use std::sync::Arc;

use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use super::{Backend, CryptoError, PrivateDer, RsaPrivate, RsaPublic, default_backend};

/// The merchant's private key. Prints as `[redacted]`; the library that holds it wipes it.
#[derive(Clone)]
pub struct PrivateKey(Arc<dyn RsaPrivate>);

/// A public key of the platform.
#[derive(Clone)]
pub struct PublicKey(Arc<dyn RsaPublic>);

/// An X.509 certificate: of the merchant (its serial_no) or of the platform (its key and serial).
#[derive(Clone)]
pub struct Certificate {
    /// Serial number in upper-case hex without leading zeros beyond whole bytes.
    pub serial_no: String,
    /// The key it certifies.
    pub public_key: PublicKey,
    /// Start of its validity, Unix seconds.
    pub not_before: i64,
    /// End of its validity, Unix seconds.
    pub not_after: i64,
    spki: Vec<u8>,
}

impl PrivateKey {
    /// Parses PKCS#8 (`BEGIN PRIVATE KEY`) or PKCS#1 (`BEGIN RSA PRIVATE KEY`) PEM text.
    ///
    /// # Errors
    /// What the text was instead and what to do, as a phrase that follows the name of the option.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        Self::from_pem_with(default_backend(), pem)
    }

    /// [`PrivateKey::from_pem`] with a chosen backend.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pem`].
    pub fn from_pem_with(backend: &dyn Backend, pem: &str) -> Result<Self, String> {
        let block = Block::parse(pem)?;
        let der = match block.label.as_str() {
            "PRIVATE KEY" => PrivateDer::Pkcs8(&block.der),
            "RSA PRIVATE KEY" if block.encrypted => return Err(ENCRYPTED.to_owned()),
            "RSA PRIVATE KEY" => PrivateDer::Pkcs1(&block.der),
            "ENCRYPTED PRIVATE KEY" => return Err(ENCRYPTED.to_owned()),
            other => return Err(wrong_label(other, "the merchant's private key (apiclient_key.pem)")),
        };
        backend
            .private_key(der)
            .map(Self)
            .map_err(|_| "holds a PEM block that is not an RSA private key of 2048 to 8192 bits, or is damaged; copy apiclient_key.pem again as it was issued".to_owned())
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// [`CryptoError::Sign`].
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.sign(message)
    }

    /// RSAES-OAEP with SHA-1, as sensitive fields use it.
    ///
    /// # Errors
    /// [`CryptoError::Decrypt`].
    pub fn decrypt_oaep(&self, ciphertext: &[u8]) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        self.0.decrypt(ciphertext)
    }

    /// DER of the public half.
    #[must_use]
    pub fn public_spki(&self) -> Vec<u8> {
        self.0.public_spki()
    }
}

impl PublicKey {
    /// Parses `BEGIN PUBLIC KEY` PEM text.
    ///
    /// # Errors
    /// What the text was instead and what to do, as a phrase that follows the name of the option.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        Self::from_pem_with(default_backend(), pem)
    }

    /// [`PublicKey::from_pem`] with a chosen backend.
    ///
    /// # Errors
    /// As [`PublicKey::from_pem`].
    pub fn from_pem_with(backend: &dyn Backend, pem: &str) -> Result<Self, String> {
        let block = Block::parse(pem)?;
        if block.label != "PUBLIC KEY" {
            return Err(wrong_label(&block.label, "WeChat Pay's public key (pub_key.pem)"));
        }
        Self::from_spki_with(backend, &block.der).map_err(|_| {
            "holds a PEM block that is not an RSA public key of 2048 to 8192 bits, or is damaged; download pub_key.pem again"
                .to_owned()
        })
    }

    /// Parses DER of `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`CryptoError::BadKey`].
    pub fn from_spki(der: &[u8]) -> Result<Self, CryptoError> {
        Self::from_spki_with(default_backend(), der)
    }

    fn from_spki_with(backend: &dyn Backend, der: &[u8]) -> Result<Self, CryptoError> {
        backend.public_key(der).map(Self)
    }

    /// Whether `signature` is RSASSA-PKCS1-v1_5 with SHA-256 over `message`.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(message, signature)
    }

    /// RSAES-OAEP with SHA-1, as sensitive fields use it.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond [`PublicKey::max_plaintext`].
    pub fn encrypt_oaep(&self, plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0.encrypt(plaintext)
    }

    /// The longest plaintext that one encryption takes, in bytes (2048 bits: 214).
    #[must_use]
    pub fn max_plaintext(&self) -> usize {
        self.0.modulus_len() - 42
    }

    /// Length of the modulus, and so of every ciphertext, in bytes (2048 bits: 256).
    #[must_use]
    pub fn modulus_len(&self) -> usize {
        self.0.modulus_len()
    }
}

impl Certificate {
    /// Parses `BEGIN CERTIFICATE` PEM text.
    ///
    /// # Errors
    /// What the text was instead and what to do, as a phrase that follows the name of the option.
    pub fn from_pem(pem: &str) -> Result<Self, String> {
        let block = Block::parse(pem)?;
        if block.label != "CERTIFICATE" {
            return Err(wrong_label(&block.label, "an X.509 certificate"));
        }
        let damaged =
            || "holds a PEM block that is not an X.509 certificate, or is damaged; download it again".to_owned();
        let (_, parsed) = X509Certificate::from_der(&block.der).map_err(|_| damaged())?;
        let spki = parsed.tbs_certificate.subject_pki.raw.to_vec();
        let public_key = PublicKey::from_spki(&spki)
            .map_err(|_| "holds a certificate whose key is not RSA of 2048 to 8192 bits".to_owned())?;
        let validity = &parsed.tbs_certificate.validity;
        Ok(Self {
            serial_no: hex_upper(parsed.raw_serial()),
            public_key,
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
            spki,
        })
    }

    /// Whether this certificate belongs to that private key.
    #[must_use]
    pub fn belongs_to(&self, key: &PrivateKey) -> bool {
        self.spki == key.public_spki()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} bits)", self.0.modulus_len() * 8)
    }
}

impl fmt::Debug for Certificate {
    /// Without the key's DER, so that bytes of DER in a log are always a leak.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("serial_no", &self.serial_no)
            .field("public_key", &self.public_key)
            .field("not_before", &self.not_before)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

const ENCRYPTED: &str = "is protected by a password; decrypt it first (openssl pkcs8 -in key.pem -out plain.pem)";

/// The first PEM block of a text, with the one DER buffer wiped when it is dropped.
struct Block {
    label: String,
    encrypted: bool,
    der: Zeroizing<Vec<u8>>,
}

impl Block {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("is empty; give the PEM text, from -----BEGIN to -----END".to_owned());
        }
        if !text.contains("-----BEGIN ") {
            return Err(format!(
                "is not PEM: the line -----BEGIN …----- is missing{}; give the whole text of the .pem file",
                if text.lines().count() == 1 && text.len() < 256 {
                    " (is it a file name? there is a …_path option for that)"
                } else {
                    ""
                }
            ));
        }
        if !text.contains("-----END ") {
            return Err("is cut short: the line -----END …----- is missing; copy the whole file".to_owned());
        }
        let block = pem::parse(text).map_err(|_| {
            "is damaged: the text between BEGIN and END is not base64, or the two lines differ; copy the file again"
                .to_owned()
        })?;
        let label = block.tag().to_owned();
        let encrypted = block.headers().get("DEK-Info").is_some();
        Ok(Self { label, encrypted, der: Zeroizing::new(block.into_contents()) })
    }
}

fn wrong_label(label: &str, wanted: &str) -> String {
    let what = match label {
        "CERTIFICATE" => "a certificate",
        "PUBLIC KEY" | "RSA PUBLIC KEY" => "a public key",
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => "a private key",
        "EC PRIVATE KEY" => "an elliptic-curve private key",
        "CERTIFICATE REQUEST" => "a certificate request",
        _ => "something else",
    };
    // The label is shown only where it is one of these words: anything else might be part of a secret.
    format!("holds {what}, but {wanted} is needed here")
}

pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let bytes = match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02X}").expect("a String takes all");
        text
    })
}
