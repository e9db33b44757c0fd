//! Who is who: the merchant's and the platform's keys, made once per directory and found again.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SerialNumber};
use serde::{Deserialize, Serialize};
use wechatpay_sdk::crypto::{Certificate, PrivateKey, PublicKey};

use crate::error::Error;
use crate::{clock, random};

const MERCHANT_KEY: &str = "apiclient_key.pem";
const MERCHANT_CERTIFICATE: &str = "apiclient_cert.pem";
const PLATFORM_KEY: &str = "platform_key.pem";
const PLATFORM_CERTIFICATE: &str = "platform_cert.pem";
const PUBLIC_KEY: &str = "pub_key.pem";
const PUBLIC_KEY_PRIVATE: &str = "pub_key_private.pem";
const NAMES: &str = "identity.json";

/// What has no file of its own.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    mchid: String,
    apiv3_key: String,
    public_key_id: String,
}

/// The platform's own term for its certificates, in seconds.
pub(crate) const FIVE_YEARS: i64 = 5 * 365 * 24 * 60 * 60;

/// A key of the platform and the name that `Wechatpay-Serial` knows it by.
#[derive(Clone)]
pub(crate) struct PlatformKey {
    pub(crate) serial: String,
    pub(crate) key: PrivateKey,
}

/// Everything that a start needs of `DIR/keys`.
pub(crate) struct Identity {
    pub(crate) mchid: String,
    pub(crate) apiv3_key: String,
    pub(crate) merchant_certificate: Certificate,
    /// The pair behind the platform certificate.
    pub(crate) certificate_key: PlatformKey,
    /// The same, to issue it with other dates.
    pub(crate) certificate_pair: Arc<KeyPair>,
    pub(crate) certificate_pem: String,
    /// Unix seconds of its first and last moment.
    pub(crate) certificate_validity: (i64, i64),
    /// The pair behind `PUB_KEY_ID_…`.
    pub(crate) public_key: PlatformKey,
    directory: PathBuf,
}

impl Identity {
    /// Reads `DIR/keys`, or makes it. It appears all at once: a start that is killed leaves nothing half made.
    pub(crate) fn load_or_create(dir: &Path) -> Result<Self, Error> {
        let directory = dir.join("keys");
        if !directory.exists() {
            let draft = tempfile::Builder::new().prefix(".keys-").tempdir_in(dir).map_err(Error::file(dir))?;
            create(draft.path())?;
            fs::rename(draft.path(), &directory).map_err(Error::file(&directory))?;
        }
        Self::load(directory)
    }

    fn load(directory: PathBuf) -> Result<Self, Error> {
        let files = Files { directory: &directory };
        let names: Names = files.parse(NAMES, |text| serde_json::from_str(text))?;
        if names.apiv3_key.len() != 32 {
            return Err(files.problem(NAMES, "apiv3_key must be 32 bytes long"));
        }
        let merchant_certificate = files.parse(MERCHANT_CERTIFICATE, Certificate::from_pem)?;
        let certificate_pem = files.parse(PLATFORM_CERTIFICATE, |text| Ok::<_, String>(text.to_owned()))?;
        let platform_certificate = files.parse(PLATFORM_CERTIFICATE, Certificate::from_pem)?;
        let public_key = files.parse(PUBLIC_KEY, PublicKey::from_pem)?;
        files.pair(MERCHANT_KEY, MERCHANT_CERTIFICATE, &merchant_certificate.public_key)?;
        let certificate_key = files.pair(PLATFORM_KEY, PLATFORM_CERTIFICATE, &platform_certificate.public_key)?;
        let certificate_pair = files.parse(PLATFORM_KEY, KeyPair::from_pem)?;
        let public_key_private = files.pair(PUBLIC_KEY_PRIVATE, PUBLIC_KEY, &public_key)?;

        Ok(Self {
            mchid: names.mchid,
            apiv3_key: names.apiv3_key,
            merchant_certificate,
            certificate_validity: (platform_certificate.not_before, platform_certificate.not_after),
            certificate_key: PlatformKey { serial: platform_certificate.serial_no, key: certificate_key },
            certificate_pair: Arc::new(certificate_pair),
            certificate_pem,
            public_key: PlatformKey { serial: names.public_key_id, key: public_key_private },
            directory,
        })
    }

    pub(crate) fn merchant_private_key_path(&self) -> PathBuf {
        self.directory.join(MERCHANT_KEY)
    }

    pub(crate) fn merchant_certificate_path(&self) -> PathBuf {
        self.directory.join(MERCHANT_CERTIFICATE)
    }

    pub(crate) fn platform_public_key_path(&self) -> PathBuf {
        self.directory.join(PUBLIC_KEY)
    }

    pub(crate) fn platform_certificate_path(&self) -> PathBuf {
        self.directory.join(PLATFORM_CERTIFICATE)
    }
}

/// The files of one `keys` directory, and what to say about them.
struct Files<'a> {
    directory: &'a Path,
}

impl Files<'_> {
    fn problem(&self, name: &str, problem: impl ToString) -> Error {
        Error::Identity {
            path: self.directory.join(name),
            directory: self.directory.to_owned(),
            problem: problem.to_string(),
        }
    }

    fn parse<T, E: ToString>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Result<T, Error> {
        let text = fs::read_to_string(self.directory.join(name)).map_err(|error| self.problem(name, error))?;
        parse(&text).map_err(|error| self.problem(name, error.to_string()))
    }

    /// The private key, known to be the other half of `public_key`.
    fn pair(&self, name: &str, public_name: &str, public_key: &PublicKey) -> Result<PrivateKey, Error> {
        let key = self.parse(name, PrivateKey::from_pem)?;
        let probe = b"are these two halves of one pair?";
        let signature = key.sign(probe).map_err(|error| self.problem(name, error))?;
        if public_key.verify(probe, &signature) {
            Ok(key)
        } else {
            Err(self.problem(name, format_args!("is not the private key of {public_name}")))
        }
    }
}

fn create(directory: &Path) -> Result<(), Error> {
    let mchid = "1900000001".to_owned();
    let merchant = key_pair()?;
    let platform = key_pair()?;
    let public = key_pair()?;
    let names = Names {
        apiv3_key: random::alphanumeric(32),
        public_key_id: format!("PUB_KEY_ID_01{mchid}{}", random::digits(18)),
        mchid,
    };
    let files: [(&str, String); 7] = [
        (MERCHANT_CERTIFICATE, certificate(&merchant, &names.mchid)?),
        (MERCHANT_KEY, merchant.serialize_pem()),
        (PLATFORM_CERTIFICATE, certificate(&platform, "wechatpay sandbox")?),
        (PLATFORM_KEY, platform.serialize_pem()),
        (PUBLIC_KEY, public.public_key_pem()),
        (PUBLIC_KEY_PRIVATE, public.serialize_pem()),
        (NAMES, serde_json::to_string_pretty(&names).expect("names are plain strings")),
    ];
    for (name, text) in files {
        let path = directory.join(name);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(Error::file(path))?;
    }
    Ok(())
}

pub(crate) fn key_pair() -> Result<KeyPair, Error> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?)
}

/// A self-signed certificate for five years with a serial of 40 hex digits.
fn certificate(pair: &KeyPair, common_name: &str) -> Result<String, Error> {
    let mut serial = [0; 20];
    random::fill(&mut serial);
    // Positive as ASN.1 sees it, and no leading zero.
    serial[0] = 0x40 | (serial[0] & 0x3f);
    let now = clock::now();
    let day = 24 * 60 * 60;
    issue(pair, common_name, &serial, now - day, now + FIVE_YEARS).map_err(Error::Certificate)
}

/// A self-signed certificate that is valid from then to then, in Unix seconds.
pub(crate) fn issue(
    pair: &KeyPair,
    common_name: &str,
    serial: &[u8],
    starts: i64,
    ends: i64,
) -> Result<String, String> {
    let date = |seconds| {
        let date = time::OffsetDateTime::from_unix_timestamp(seconds);
        date.map_err(|_| "a certificate's dates must be within the years 0 to 9999".to_owned())
    };
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(serial));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "wechatpay-sdk");
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date(starts)?;
    params.not_after = date(ends)?;
    Ok(params.self_signed(pair).map_err(|error| error.to_string())?.pem())
}
