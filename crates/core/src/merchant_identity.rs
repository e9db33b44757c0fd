//! Who calls: a merchant's number, key and serial, and the platform keys that its replies are verified with.

use std::sync::Arc;

use crate::ambient::Ambient;
use crate::certificates_cache::Cache;
use crate::crypto::{Certificate, PrivateKey, PublicKey};
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::merchant_key::{MerchantKey, SigningKey};
use crate::options::{Options, file_to_write, read_file, text_or_file};
use crate::platform_keys::{PUBLIC_KEY_PREFIX, PlatformKeys};
use crate::secret::ApiV3Key;
use crate::signature::Signer;

/// The merchant's part of a client. Small: a process may hold thousands.
#[derive(Debug, Clone)]
pub struct Merchant {
    pub(crate) signer: Signer,
    pub(crate) platform: Arc<KeyRing>,
    pub(crate) apiv3_key: Option<ApiV3Key>,
}

impl Merchant {
    /// `key` is the application's own; without one the private key is among the options. The clock is for what a cache of
    /// certificates holds.
    pub(crate) fn from_options(
        options: &Options,
        key: Option<Arc<dyn MerchantKey>>,
        ambient: &dyn Ambient,
    ) -> Result<Self, Error> {
        let mchid = required("mchid", options.mchid.as_deref(), "is your merchant number")?;
        if !mchid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::config("mchid", "bad_mchid", "must consist of digits (and letters) only"));
        }
        let certificate = certificate(options)?;
        let key = match key {
            Some(key) => custom_key(options, key, certificate.as_ref())?,
            None => SigningKey::Local(private_key(options, certificate.as_ref())?),
        };
        let serial_no = serial_no(options, certificate)?;
        let apiv3_key = apiv3_key(options)?;
        let platform = Arc::new(key_ring(options, mchid, apiv3_key.as_ref(), ambient)?);
        Ok(Self { signer: Signer { mchid: mchid.to_owned(), serial_no, key }, platform, apiv3_key })
    }
}

fn key_ring(
    options: &Options,
    mchid: &str,
    apiv3_key: Option<&ApiV3Key>,
    ambient: &dyn Ambient,
) -> Result<KeyRing, Error> {
    let keys = platform_keys(options)?;
    let cache = options.certificate_cache.as_deref();
    if options.auto_certificates != Some(true) {
        if cache.is_some() {
            let problem = "is given, but auto_certificates is not true: set that, or leave the file out";
            return Err(Error::config("certificate_cache", "conflicting_options", problem));
        }
        let or = "platform_certificates, or auto_certificates";
        return if keys.is_empty() { Err(no_platform_key(or, "")) } else { Ok(KeyRing::of(keys)) };
    }
    let apiv3_key = apiv3_key.ok_or_else(|| {
        let problem = "is required with auto_certificates: the platform's certificates come encrypted under it";
        Error::config("apiv3_key", "missing_option", problem)
    })?;
    let cache = cache.map(|path| file_to_write("certificate_cache", path)).transpose()?;
    let cache = cache.map(|path| Cache::new(path, mchid));
    Ok(KeyRing::automatic(keys, cache, apiv3_key, ambient))
}

/// `or` names what would do too; `hint` says why something did not.
pub(crate) fn no_platform_key(or: &str, hint: &str) -> Error {
    let problem = format!(
        "and public_key_id (or {or}) are required: without a key of the platform no reply could be verified{hint}"
    );
    Error::config("platform_public_key", "missing_option", problem)
}

/// A key that lies elsewhere. Whether it belongs to the certificate is seen by what it signs.
fn custom_key(
    options: &Options,
    key: Arc<dyn MerchantKey>,
    certificate: Option<&Certificate>,
) -> Result<SigningKey, Error> {
    let given = [
        ("merchant_private_key", &options.merchant_private_key),
        ("merchant_private_key_path", &options.merchant_private_key_path),
    ];
    if let Some((option, _)) = given.iter().find(|(_, value)| value.is_some()) {
        let problem = "and sign are both given; give one of them";
        return Err(Error::config(option, "conflicting_options", problem));
    }
    Ok(SigningKey::custom(key, certificate.map(|certificate| certificate.public_key.clone())))
}

fn private_key(options: &Options, certificate: Option<&Certificate>) -> Result<PrivateKey, Error> {
    let pem = text_or_file(
        "merchant_private_key",
        options.merchant_private_key.as_deref(),
        "merchant_private_key_path",
        options.merchant_private_key_path.as_deref(),
    )?
    .ok_or_else(|| {
        Error::config(
            "merchant_private_key",
            "missing_option",
            "(or merchant_private_key_path) is required: the merchant's private key, apiclient_key.pem; or give sign, which signs with a key that lies elsewhere",
        )
    })?;
    let key = PrivateKey::from_pem(&pem)
        .map_err(|problem| Error::config("merchant_private_key", "bad_private_key", problem))?;
    if certificate.is_some_and(|certificate| !certificate.belongs_to(&key)) {
        return Err(Error::config(
            "merchant_certificate",
            "key_mismatch",
            "does not belong to merchant_private_key: take apiclient_cert.pem and apiclient_key.pem of the same download",
        ));
    }
    Ok(key)
}

fn certificate(options: &Options) -> Result<Option<Certificate>, Error> {
    let pem = text_or_file(
        "merchant_certificate",
        options.merchant_certificate.as_deref(),
        "merchant_certificate_path",
        options.merchant_certificate_path.as_deref(),
    )?;
    let parsed = pem.map(|pem| Certificate::from_pem(&pem)).transpose();
    parsed.map_err(|problem| Error::config("merchant_certificate", "bad_certificate", problem))
}

fn required<'a>(name: &str, value: Option<&'a str>, what: &str) -> Result<&'a str, Error> {
    value
        .filter(|value| !value.trim().is_empty())
        .ok_or_else(|| Error::config(name, "missing_option", format!("is required: it {what}")))
}

fn serial_no(options: &Options, certificate: Option<Certificate>) -> Result<String, Error> {
    let Some(certificate) = certificate else {
        let serial = required(
            "serial_no",
            options.serial_no.as_deref(),
            "is the serial number of the merchant's API certificate; or give merchant_certificate, from which it is read",
        )?;
        if serial.len() > 64 || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let hint = if serial.starts_with(PUBLIC_KEY_PREFIX) {
                " (this is a public key id: it belongs in public_key_id)"
            } else {
                ""
            };
            return Err(Error::config(
                "serial_no",
                "bad_serial_no",
                format!("must be the certificate's serial number in hex, 40 digits as a rule{hint}"),
            ));
        }
        return Ok(serial.to_owned());
    };
    let same = |serial: &&str| {
        serial.trim_start_matches('0').eq_ignore_ascii_case(certificate.serial_no.trim_start_matches('0'))
    };
    if options.serial_no.as_deref().is_some_and(|serial| !same(&serial)) {
        let problem = format!(
            "is not the serial number of merchant_certificate, which is {}; leave it out",
            certificate.serial_no
        );
        return Err(Error::config("serial_no", "serial_mismatch", problem));
    }
    Ok(certificate.serial_no)
}

pub(crate) fn apiv3_key(options: &Options) -> Result<Option<ApiV3Key>, Error> {
    let key = options.apiv3_key.as_deref().map(ApiV3Key::new).transpose();
    key.map_err(|problem| Error::config("apiv3_key", "bad_apiv3_key", problem))
}

/// Those that are configured; perhaps none.
pub(crate) fn platform_keys(options: &Options) -> Result<PlatformKeys, Error> {
    let mut keys = PlatformKeys::default();
    let public_key = text_or_file(
        "platform_public_key",
        options.platform_public_key.as_deref(),
        "platform_public_key_path",
        options.platform_public_key_path.as_deref(),
    )?;
    match (public_key, options.public_key_id.as_deref()) {
        (Some(pem), Some(id)) => {
            if !id.starts_with(PUBLIC_KEY_PREFIX) {
                return Err(Error::config(
                    "public_key_id",
                    "bad_public_key_id",
                    format!(
                        "must begin with {PUBLIC_KEY_PREFIX}; copy it from the merchant console, beside the public key"
                    ),
                ));
            }
            let key = PublicKey::from_pem(&pem)
                .map_err(|problem| Error::config("platform_public_key", "bad_public_key", problem))?;
            keys.add_public_key(id, key);
        }
        (Some(_), None) => {
            return Err(Error::config(
                "public_key_id",
                "missing_option",
                "is required with platform_public_key: the id, PUB_KEY_ID_…, that the console shows beside it",
            ));
        }
        (None, Some(_)) => {
            return Err(Error::config(
                "platform_public_key",
                "missing_option",
                "(or platform_public_key_path) is required with public_key_id",
            ));
        }
        (None, None) => {}
    }
    for text in &options.platform_certificates {
        add_certificates(&mut keys, "platform_certificates", text)?;
    }
    for path in &options.platform_certificate_paths {
        add_certificates(&mut keys, "platform_certificate_paths", &read_file("platform_certificate_paths", path)?)?;
    }
    Ok(keys)
}

/// Every certificate of a text that may hold several.
fn add_certificates(keys: &mut PlatformKeys, option: &str, text: &str) -> Result<(), Error> {
    const END: &str = "-----END CERTIFICATE-----";
    let mut rest = text;
    loop {
        let (block, after) = rest.find(END).map_or((rest, ""), |at| rest.split_at(at + END.len()));
        let certificate =
            Certificate::from_pem(block).map_err(|problem| Error::config(option, "bad_certificate", problem))?;
        keys.add_certificate(certificate);
        if after.trim().is_empty() {
            return Ok(());
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::Merchant;
    use crate::ambient::System;
    use crate::options::Options;

    /// What a client keeps of its options: nobody outside of this crate holds one, so it is searched here.
    #[test]
    fn a_merchant_does_not_print_its_keys() {
        const APIV3_KEY: &str = "SecretApiV3KeyOfThirtyTwoBytes!!";
        let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/keys");
        let pem = std::fs::read_to_string(format!("{keys}/merchant_pkcs8.pem")).expect("a key");
        let options = serde_json::json!({
            "mchid": "1900000001", "merchant_private_key": pem, "apiv3_key": APIV3_KEY,
            "merchant_certificate_path": format!("{keys}/merchant_cert.pem"),
            "public_key_id": "PUB_KEY_ID_01", "platform_public_key_path": format!("{keys}/platform_pub.pem"),
        });
        let options = Options::from_json(options.to_string().as_bytes()).expect("options");
        let merchant = Merchant::from_options(&options, None, &System).expect("complete");
        let shown = format!("{merchant:?} {merchant:#?}");
        assert!(shown.contains("1900000001"));
        let bytes = format!("{:?}", APIV3_KEY.as_bytes());
        let secrets = pem.lines().filter(|line| line.len() > 16 && !line.starts_with('-')).chain([
            APIV3_KEY,
            &bytes,
            "48, 130, ",
        ]);
        for secret in secrets {
            assert!(!shown.contains(secret), "it prints {secret:.4}");
        }
    }
}
