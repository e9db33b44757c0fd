//! What `GET /v3/certificates` answers: certificates, each encrypted under the APIv3 key. Pure.
//!
//! A first reply cannot be verified with a key that is known. So it is decrypted, and then verified with what it just
//! gave: whoever could encrypt it knows the APIv3 key, and whoever signed it has the private key of one of these
//! certificates.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012551764>

use http::HeaderMap;
use serde_json::Value;

use crate::crypto::Certificate;
use crate::error::{Error, ErrorKind};
use crate::platform_keys::PlatformKeys;
use crate::resource::decrypt_resource;
use crate::secret::ApiV3Key;
use crate::signature::verify;

/// The only one whose certificates this SDK can use; others (SM) are left aside.
const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// A certificate of the platform as it was downloaded.
#[derive(Debug, Clone)]
pub struct PlatformCertificate {
    /// X.509, PEM text.
    pub pem: String,
    /// What stands in it: serial, key and validity.
    pub certificate: Certificate,
}

/// Decrypts all certificates of a reply. Nothing of it is verified yet: see [`verify_with_itself`].
///
/// # Errors
/// Decrypt (`cannot_decrypt`) under another APIv3 key; integrity (`malformed_certificates`).
pub(crate) fn decrypt_certificates(body: &[u8], key: &ApiV3Key) -> Result<Vec<PlatformCertificate>, Error> {
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed("is not JSON"))?;
    let list = body["data"].as_array().ok_or_else(|| malformed("has no list data"))?;
    let usable = list.iter().filter(|item| item["encrypt_certificate"]["algorithm"] == ALGORITHM);
    let certificates = usable.map(|item| decrypt(item, key)).collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(malformed(&format!("holds no certificate that is encrypted with {ALGORITHM}")));
    }
    Ok(certificates)
}

fn decrypt(item: &Value, key: &ApiV3Key) -> Result<PlatformCertificate, Error> {
    let sealed = &item["encrypt_certificate"];
    let text = |name: &str| sealed[name].as_str().ok_or_else(|| malformed(&format!("has no text {name}")));
    let associated_data = sealed["associated_data"].as_str().unwrap_or_default();
    let pem = decrypt_resource(key, text("nonce")?, associated_data, text("ciphertext")?).map_err(|error| {
        let message = "a platform certificate cannot be decrypted: apiv3_key is not the one that is set in the merchant console (or was changed there a moment ago), or the reply was altered on the way";
        Error::new(ErrorKind::Decrypt, error.code(), message)
    })?;
    let pem = String::from_utf8(pem.to_vec()).map_err(|_| malformed("holds a certificate that is not text"))?;
    let certificate =
        Certificate::from_pem(&pem).map_err(|problem| malformed(&format!("{problem} (a certificate)")))?;
    let promised = item["serial_no"].as_str().unwrap_or(&certificate.serial_no);
    if !promised.trim_start_matches('0').eq_ignore_ascii_case(certificate.serial_no.trim_start_matches('0')) {
        return Err(malformed("names another serial number than that of the certificate"));
    }
    Ok(PlatformCertificate { pem, certificate })
}

/// Verifies the reply with the keys known so far and with what it gave.
///
/// # Errors
/// Signature, as [`verify`] says.
pub(crate) fn verify_with_itself(
    headers: &HeaderMap,
    body: &[u8],
    known: &PlatformKeys,
    certificates: &[PlatformCertificate],
    now: i64,
) -> Result<(), Error> {
    verify(headers, body, &known.and(certificates.iter().map(|it| &it.certificate)), now)
}

fn malformed(problem: &str) -> Error {
    let message = format!("the list of platform certificates {problem}; a newer SDK may read it");
    Error::new(ErrorKind::Integrity, "malformed_certificates", message)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::json;

    use super::*;
    use crate::crypto::default_backend;

    const KEY: &str = "0123456789abcdefghijABCDEFGHIJ!!";
    const SERIAL: &str = "7132D72A03E93CDDF8C03BBD1F37EEDF0A0B0C0D";

    fn key() -> ApiV3Key {
        ApiV3Key::new(KEY).expect("32 bytes")
    }

    fn pem() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/keys/platform_cert.pem");
        std::fs::read_to_string(path).expect("a certificate")
    }

    fn item(serial: &str, plaintext: &[u8]) -> Value {
        let ciphertext = default_backend().seal(key().as_bytes(), b"123456789012", b"certificate", plaintext);
        json!({"serial_no": serial, "encrypt_certificate": {
            "algorithm": ALGORITHM, "nonce": "123456789012", "associated_data": "certificate",
            "ciphertext": STANDARD.encode(ciphertext.expect("a nonce of 12 bytes")),
        }})
    }

    fn read(items: &[Value]) -> Result<Vec<PlatformCertificate>, Error> {
        decrypt_certificates(json!({"data": items}).to_string().as_bytes(), &key())
    }

    #[test]
    fn certificates_of_other_algorithms_are_left_aside_and_serials_compared_as_everywhere() {
        let mut other = item("01", b"?");
        other["encrypt_certificate"]["algorithm"] = "AEAD_SM4_128_GCM".into();
        let found =
            read(&[other, item(&format!("00{}", SERIAL.to_lowercase()), pem().as_bytes())]).expect("one is good");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].certificate.serial_no.as_str(), &found[0].pem), (SERIAL, &pem()));
    }

    #[test]
    fn what_is_wrong_with_a_list_is_told_without_repeating_it() {
        let mut nameless = item(SERIAL, pem().as_bytes());
        nameless["encrypt_certificate"].as_object_mut().expect("an object").remove("nonce");
        for (item, word) in [
            (nameless, "has no text nonce"),
            (item("6666", pem().as_bytes()), "another serial number"),
            (item(SERIAL, b"\xff"), "not text"),
            (item(SERIAL, b"secret words"), "not PEM"),
        ] {
            let error = read(&[item]).expect_err("it is wrong");
            assert_eq!((error.kind(), error.code()), (ErrorKind::Integrity, "malformed_certificates"), "{error}");
            assert!(error.message().contains(word) && !error.message().contains("secret"), "{error}");
        }
        let error = decrypt_certificates(json!({"data": [item(SERIAL, b"?")]}).to_string().as_bytes(), &{
            ApiV3Key::new(&KEY.to_uppercase()).expect("32 bytes")
        });
        let error = error.expect_err("another key");
        assert_eq!((error.kind(), error.code()), (ErrorKind::Decrypt, "cannot_decrypt"), "{error}");
    }
}
