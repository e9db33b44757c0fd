//! A golden reply as if it were given now: its time is moved, and its signature made anew with the key that made it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use wechatpay_sdk::crypto::PrivateKey;
use wechatpay_sdk::signature::reply_message;

use crate::platform::answer::Answer;

/// The members of the fault `replay`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    now: i64,
    headers: Map<String, Value>,
    body_base64: String,
    signed: Option<Origin>,
}

/// What the golden signature was made from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    key_pem: String,
    timestamp: i64,
    nonce: String,
    body_base64: String,
}

#[derive(Debug)]
pub(crate) struct Replay {
    now: i64,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
    signed: Option<(PrivateKey, i64, String, Vec<u8>)>,
}

impl Replay {
    pub(crate) fn parse(members: Map<String, Value>) -> Result<Self, String> {
        let order: Order = serde_json::from_value(members.into()).map_err(|error| format!("fault: {error}"))?;
        let bytes = |text: &str| STANDARD.decode(text).map_err(|_| "body_base64 must be base64".to_owned());
        let header = |(name, value): (&String, &Value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            let value = value.as_str().filter(|value| HeaderValue::from_str(value).is_ok()).map(str::to_owned);
            name.zip(value).ok_or_else(|| "headers must be header names with texts".to_owned())
        };
        let signed = order.signed.map(|origin| {
            let key = PrivateKey::from_pem(&origin.key_pem).map_err(|problem| format!("key_pem {problem}"))?;
            Ok::<_, String>((key, origin.timestamp, origin.nonce, bytes(&origin.body_base64)?))
        });
        Ok(Self {
            now: order.now,
            headers: order.headers.iter().map(header).collect::<Result<_, _>>()?,
            body: bytes(&order.body_base64)?,
            signed: signed.transpose()?,
        })
    }

    pub(crate) fn answer(&self, now: i64) -> Answer {
        let moved = |time: i64| time.saturating_add(now - self.now);
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = match value.parse() {
                Ok(time) if name == "wechatpay-timestamp" => moved(time).to_string(),
                _ => value.clone(),
            };
            headers.insert(name, HeaderValue::from_str(&value).expect("checked when it was armed"));
        }
        if let Some((key, timestamp, nonce, body)) = &self.signed {
            let message = reply_message(&moved(*timestamp).to_string(), nonce, body);
            let signature = STANDARD.encode(key.sign(&message).expect("the key was read when it was armed"));
            headers.insert("wechatpay-signature", HeaderValue::from_str(&signature).expect("base64 is ASCII"));
        }
        let status = if self.body.is_empty() { StatusCode::NO_CONTENT } else { StatusCode::OK };
        Answer {
            content_type: Some("application/json".to_owned()),
            headers,
            body: self.body.clone().into(),
            signed: false,
            ..Answer::empty(status)
        }
    }
}
