//! Whether the `Authorization` header of a request is right, as the platform sees it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::AUTHORIZATION;
use serde_json::{Map, Value, json};
use wechatpay_sdk::crypto::PublicKey;

use super::answer::Refusal;
use super::request::Request;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
const FIELDS: [&str; 5] = ["mchid", "nonce_str", "timestamp", "serial_no", "signature"];
/// Seconds that a timestamp may be away from the platform's clock.
const WINDOW: u64 = 300;
/// Bytes of the signed message that a refusal shows.
const SHOWN: usize = 128;

/// The merchants that the platform knows: certificates by mchid and normalised serial.
#[derive(Clone, Default)]
pub(crate) struct Merchants(BTreeMap<String, BTreeMap<String, PublicKey>>);

/// A merchant whose signature was right.
pub(crate) struct Merchant {
    pub(crate) mchid: String,
    /// Of the certificate that signed; reply fields are encrypted under it.
    pub(crate) public_key: PublicKey,
}

/// The parsed header.
pub(crate) struct Authorization(BTreeMap<String, String>);

impl Merchants {
    pub(crate) fn register(&mut self, mchid: &str, serial_no: &str, public_key: PublicKey) {
        self.0.entry(mchid.to_owned()).or_default().insert(normalise(serial_no), public_key);
    }

    /// Whether this merchant signed the message, with the key of any of its certificates.
    pub(crate) fn signed_by(&self, mchid: &str, message: &[u8], signature: &[u8]) -> bool {
        let certificates = self.0.get(mchid).into_iter().flat_map(BTreeMap::values);
        certificates.into_iter().any(|public_key| public_key.verify(message, signature))
    }

    /// The merchant that signed `request`.
    pub(crate) fn authorize(
        &self,
        request: &Request,
        authorization: Result<&Authorization, &str>,
        now: i64,
    ) -> Result<Merchant, Refusal> {
        let refuse = |field: &str, issue: &str| Err(sign_error(request, authorization.ok(), field, issue));
        let fields = match authorization {
            Ok(fields) => fields,
            Err(issue) => return refuse("Authorization", issue),
        };
        if let Some(missing) = FIELDS.into_iter().find(|name| fields.get(name).is_empty()) {
            return refuse(missing, &format!("{missing} is missing"));
        }
        let Ok(timestamp) = fields.get("timestamp").parse::<i64>() else {
            return refuse("timestamp", "timestamp is not Unix seconds");
        };
        if timestamp.abs_diff(now) > WINDOW {
            return refuse("timestamp", "timestamp is more than 5 minutes away from the time of the request");
        }
        let Some(certificates) = self.0.get(fields.get("mchid")) else {
            return refuse("mchid", "mchid is unknown");
        };
        let Some(public_key) = certificates.get(&normalise(fields.get("serial_no"))) else {
            return refuse("serial_no", "serial_no is not of a certificate of this mchid");
        };
        let Ok(signature) = STANDARD.decode(fields.get("signature")) else {
            return refuse("signature", "signature is not base64");
        };
        if !public_key.verify(&signed_message(request, fields), &signature) {
            return refuse("signature", "sign not match");
        }
        Ok(Merchant { mchid: fields.get("mchid").to_owned(), public_key: public_key.clone() })
    }
}

impl Authorization {
    /// Parses the header of a request; the error says what is wrong with it.
    pub(crate) fn of(request: &Request) -> Result<Self, &'static str> {
        let header = request.headers.get(AUTHORIZATION).ok_or("Authorization header is missing")?;
        let header = header.to_str().map_err(|_| "Authorization header is not ASCII")?;
        let (scheme, fields) = header.split_once(' ').unwrap_or((header, ""));
        if scheme != SCHEME {
            return Err("Authorization scheme is not WECHATPAY2-SHA256-RSA2048");
        }
        let mut parsed = BTreeMap::new();
        for field in fields.split(',') {
            let quoted = field.trim().split_once('=').and_then(|(name, value)| {
                let value = value.strip_prefix('"')?.strip_suffix('"')?;
                (!value.contains('"')).then_some((name, value))
            });
            let (name, value) = quoted.ok_or("Authorization is not a list of name=\"value\"")?;
            if !FIELDS.contains(&name) {
                return Err("Authorization has an unknown field");
            }
            if parsed.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err("Authorization has a field twice");
            }
        }
        Ok(Self(parsed))
    }

    /// The field, empty when missing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// What the journal keeps: everything but the signature.
    pub(crate) fn redacted(&self) -> Value {
        let fields = self.0.iter().filter(|(name, _)| *name != "signature");
        let mut redacted = Map::from_iter([("scheme".to_owned(), json!(SCHEME))]);
        redacted.extend(fields.map(|(name, value)| (name.clone(), json!(value))));
        Value::Object(redacted)
    }
}

/// Hex serials are the same in either case and with leading zeros.
pub(crate) fn normalise(serial: &str) -> String {
    serial.to_ascii_uppercase().trim_start_matches('0').to_owned()
}

fn signed_message(request: &Request, fields: &Authorization) -> Vec<u8> {
    let (timestamp, nonce) = (fields.get("timestamp"), fields.get("nonce_str"));
    let mut message = format!("{}\n{}\n{timestamp}\n{nonce}\n", request.method, request.target).into_bytes();
    message.extend_from_slice(request.signed_body());
    message.push(b'\n');
    message
}

/// 401 with what the platform would have signed, so that the two messages can be compared.
fn sign_error(request: &Request, fields: Option<&Authorization>, field: &str, issue: &str) -> Refusal {
    let message = fields.map(|fields| signed_message(request, fields)).unwrap_or_default();
    let shown = &message[..message.len().min(SHOWN)];
    Refusal::new(401, "SIGN_ERROR", "错误的签名，导致验签失败").with_detail(json!({
        "detail": {"issue": issue},
        "field": field,
        "location": "authorization",
        "sign_information": {
            "method": request.method.as_str(),
            "url": request.target,
            "truncated_sign_message": String::from_utf8_lossy(shown),
            "sign_message_length": message.len(),
        },
    }))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hyper::{HeaderMap, Method};

    use super::super::answer::Answer;
    use super::*;
    use crate::host::Host;

    #[tokio::test]
    async fn a_timestamp_is_right_up_to_the_last_second_of_the_window() {
        let request = Request::new(Host::Main, Method::GET, "/".to_owned(), HeaderMap::new(), Bytes::new()).await;
        let fields = FIELDS.map(|name| (name.to_owned(), "1000".to_owned()));
        let authorization = Authorization(BTreeMap::from(fields));
        for (now, field) in [(699, "timestamp"), (700, "mchid"), (1300, "mchid"), (1301, "timestamp")] {
            let Err(refusal) = Merchants::default().authorize(&request, Ok(&authorization), now) else {
                panic!("nobody is known")
            };
            let body: Value = serde_json::from_slice(&Answer::from(refusal).body).unwrap();
            assert_eq!(body["detail"]["field"], field, "at {now}");
        }
    }
}
