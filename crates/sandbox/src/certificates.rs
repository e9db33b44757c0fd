//! The platform's certificates: which there are, when they are valid, which of them signs, and how a merchant gets them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use rcgen::KeyPair;
use serde::Deserialize;
use serde_json::{Value, json};
use wechatpay_sdk::crypto::{PrivateKey, default_backend};

use crate::identity::{FIVE_YEARS, Identity, PlatformKey, issue, key_pair};
use crate::notify::beijing_time;
use crate::platform::answer::{Answer, Refusal};
use crate::platform::authorization::normalise;
use crate::{clock, random};

/// Seconds.
const DAY: i64 = 24 * 60 * 60;
/// Digits of a serial number, as the platform has them.
const SERIAL_DIGITS: usize = 40;

/// All that there are at a moment.
#[derive(Clone)]
pub(crate) struct Certificates {
    /// Whether the merchant gets them; new merchants have none.
    available: bool,
    all: Vec<Held>,
}

#[derive(Clone)]
struct Held {
    key: PlatformKey,
    /// Signs the certificate anew when its dates change.
    pair: Arc<KeyPair>,
    pem: String,
    starts: i64,
    ends: i64,
    /// Signs where no key is asked for.
    signing: bool,
}

/// The body of `POST /certificates`. Seconds are from now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addition {
    serial_no: Option<String>,
    #[serde(default = "yesterday")]
    starts_in: i64,
    #[serde(default = "in_five_years")]
    ends_in: i64,
    #[serde(default)]
    signing: bool,
}

/// The body of `PATCH /certificates`: of one certificate, or whether there are any.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    serial_no: Option<String>,
    starts_in: Option<i64>,
    ends_in: Option<i64>,
    #[serde(default)]
    signing: bool,
    available: Option<bool>,
}

/// The body of `DELETE /certificates`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    serial_no: String,
}

fn yesterday() -> i64 {
    -DAY
}

fn in_five_years() -> i64 {
    FIVE_YEARS
}

impl Certificates {
    /// Only the one of the directory.
    pub(crate) fn new(identity: &Identity) -> Self {
        let held = Held {
            key: identity.certificate_key.clone(),
            pair: Arc::clone(&identity.certificate_pair),
            pem: identity.certificate_pem.clone(),
            starts: identity.certificate_validity.0,
            ends: identity.certificate_validity.1,
            signing: true,
        };
        Self { available: true, all: vec![held] }
    }

    /// The one that signs where no key is asked for.
    pub(crate) fn signing(&self) -> &PlatformKey {
        &self.all.iter().find(|held| held.signing).expect("there always is one").key
    }

    pub(crate) fn find(&self, serial: &str) -> Option<&PlatformKey> {
        self.all.iter().map(|held| &held.key).find(|key| normalise(&key.serial) == normalise(serial))
    }

    pub(crate) fn add(&mut self, addition: &Made) -> Result<Value, String> {
        if self.find(&addition.0.key.serial).is_some() {
            return Err(format!("serial_no {} is there already", addition.0.key.serial));
        }
        self.all.push(addition.0.clone());
        if addition.0.signing {
            self.sign_with(self.all.len() - 1);
        }
        Ok(self.shown())
    }

    pub(crate) fn change(&mut self, change: &Change) -> Result<Value, String> {
        let at = match &change.serial_no {
            Some(serial) => self.position(serial)?,
            None => self.all.iter().position(|held| held.signing).expect("there always is one"),
        };
        if change.starts_in.is_some() || change.ends_in.is_some() {
            let held = &self.all[at];
            let starts = change.starts_in.map_or(held.starts, from_now);
            let ends = change.ends_in.map_or(held.ends, from_now);
            self.all[at] = held.dated(starts, ends)?;
        }
        if change.signing {
            self.sign_with(at);
        }
        self.available = change.available.unwrap_or(self.available);
        Ok(self.shown())
    }

    pub(crate) fn remove(&mut self, removal: &Removal) -> Result<Value, String> {
        let at = self.position(&removal.serial_no)?;
        if self.all[at].signing {
            return Err("serial_no signs: let another one sign first, or say that none are available".to_owned());
        }
        self.all.remove(at);
        Ok(self.shown())
    }

    /// What `GET /certificates` shows.
    pub(crate) fn shown(&self) -> Value {
        let show = |held: &Held| {
            json!({
                "serial_no": held.key.serial,
                "starts_in": held.starts.saturating_sub(clock::now()),
                "ends_in": held.ends.saturating_sub(clock::now()),
                "signing": held.signing,
            })
        };
        json!({"available": self.available, "certificates": self.all.iter().map(show).collect::<Vec<_>>()})
    }

    /// What `GET /v3/certificates` answers; all are RSA.
    pub(crate) fn list(&self, parameters: &Value, apiv3_key: &str) -> Result<Answer, Refusal> {
        if !self.available || parameters["query"]["algorithm_type"] == "SM2" {
            return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请申请使用微信支付公钥"));
        }
        let key: &[u8; 32] = apiv3_key.as_bytes().try_into().expect("checked when it was loaded");
        let data: Vec<Value> = self.all.iter().map(|held| held.sealed(key)).collect();
        Ok(Answer::json(StatusCode::OK, &json!({"data": data})))
    }

    fn position(&self, serial: &str) -> Result<usize, String> {
        let at = self.all.iter().position(|held| normalise(&held.key.serial) == normalise(serial));
        at.ok_or_else(|| format!("serial_no {serial} is not there"))
    }

    fn sign_with(&mut self, at: usize) {
        for (other, held) in self.all.iter_mut().enumerate() {
            held.signing = other == at;
        }
    }
}

/// A new certificate with a key of its own.
pub(crate) struct Made(Held);

impl Made {
    /// Takes a good part of a second: not for a thread that serves.
    pub(crate) fn new(order: &Addition) -> Result<Self, String> {
        let serial = order.serial_no.clone().unwrap_or_else(|| format!("4{}", random::hex(SERIAL_DIGITS - 1)));
        let valid = serial.len() == SERIAL_DIGITS && matches!(serial.as_bytes()[0], b'1'..=b'7');
        if !valid || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("serial_no must be 40 hex digits, the first of them 1 to 7".to_owned());
        }
        let pair = key_pair().map_err(|error| error.to_string())?;
        let key =
            PlatformKey { serial: serial.to_ascii_uppercase(), key: PrivateKey::from_pem(&pair.serialize_pem())? };
        let blank = Held { key, pair: Arc::new(pair), pem: String::new(), starts: 0, ends: 0, signing: order.signing };
        Ok(Self(blank.dated(from_now(order.starts_in), from_now(order.ends_in))?))
    }
}

impl Held {
    /// The same certificate, valid from then to then.
    fn dated(&self, starts: i64, ends: i64) -> Result<Self, String> {
        if starts >= ends {
            return Err("starts_in must be less than ends_in".to_owned());
        }
        let pem = issue(&self.pair, "wechatpay sandbox", &bytes(&self.key.serial), starts, ends)?;
        Ok(Self { pem, starts, ends, ..self.clone() })
    }

    fn sealed(&self, key: &[u8; 32]) -> Value {
        const DATA: &str = "certificate";
        let nonce = random::alphanumeric(12);
        let ciphertext = default_backend().seal(key, nonce.as_bytes(), DATA.as_bytes(), self.pem.as_bytes());
        json!({
            "serial_no": self.key.serial,
            "effective_time": beijing_time(self.starts),
            "expire_time": beijing_time(self.ends),
            "encrypt_certificate": {
                "algorithm": "AEAD_AES_256_GCM",
                "nonce": nonce,
                "associated_data": DATA,
                "ciphertext": STANDARD.encode(ciphertext.expect("a nonce of 12 bytes")),
            },
        })
    }
}

fn from_now(seconds: i64) -> i64 {
    clock::now().saturating_add(seconds)
}

/// Of hex digits that were checked.
fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex digits");
    (0..hex.len()).step_by(2).map(digit).collect()
}
