//! Notifications as bindings receive them: headers as JSON, body as bytes, a JSON object back.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use wechatpay_sdk::Options;
use wechatpay_sdk::notification::{self, Answer, Notification, Notifications};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::error::{ErrorRecord, Result};

/// Receives the notifications of a merchant.
#[derive(Clone)]
pub struct Receiver(Notifications);

impl Receiver {
    /// A receiver from a JSON object of options, which is wiped: the platform's keys and the APIv3 key are enough.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_json(options: Vec<u8>) -> Result<Self> {
        Ok(Self(Notifications::from_options(&Options::from_json(&Zeroizing::new(options))?)?))
    }

    /// A receiver from the `WECHATPAY_*` variables.
    ///
    /// # Errors
    /// Config, naming the variable or option.
    pub fn from_env() -> Result<Self> {
        Ok(Self(Notifications::from_options(&Options::from_env()?)?))
    }

    /// Verifies, parses and decrypts. `headers` is a JSON object of texts (or lists of them), their names in any case, or
    /// as CGI has them (`HTTP_WECHATPAY_SERIAL`). What comes back is
    /// `{"id", "create_time", "event_type", "resource_type", "summary", "original_type", "resource"}`.
    ///
    /// # Errors
    /// Signature, integrity and decrypt; invalid request where the headers cannot be read.
    pub fn parse(&self, headers: &[u8], body: &[u8]) -> Result<Vec<u8>> {
        record(&self.0.parse(&header_map(headers)?, body)?)
    }
}

/// What to answer where a notification has been taken: `{"status", "headers", "body"}`.
#[must_use]
pub fn ack() -> Vec<u8> {
    answer(&notification::ack())
}

/// What to answer where it has not, so that it comes again: `{"status", "headers", "body"}`.
#[must_use]
pub fn failure(message: &str) -> Vec<u8> {
    answer(&notification::failure(message))
}

fn answer(answer: &Answer) -> Vec<u8> {
    serde_json::to_vec(answer).expect("a record of texts can be written")
}

impl Client {
    /// A receiver with this merchant's keys.
    ///
    /// # Errors
    /// Config (`missing_option`) without an APIv3 key.
    pub fn receiver(&self) -> Result<Receiver> {
        Ok(Receiver(self.core().notifications()?))
    }
}

const READ: [&str; 6] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature",
    "wechatpay-signature-type",
    "date",
];

/// Frameworks hand over a mapping of texts, some of lists of texts, and CGI names of its own.
fn header_map(headers: &[u8]) -> Result<HeaderMap> {
    let bad = |problem: &str| ErrorRecord::bad_argument(None, "headers", problem);
    let headers: Map<String, Value> =
        serde_json::from_slice(headers).map_err(|_| bad("must be an object of names and texts"))?;
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in &headers {
        let name = name.to_ascii_lowercase().replace('_', "-");
        let name = name.strip_prefix("http-").unwrap_or(&name);
        // Whatever else stands there is none of ours: a WSGI server may add the environment with its WECHATPAY_* secrets.
        if !READ.contains(&name) {
            continue;
        }
        let text = value.as_str().or_else(|| value.as_array()?.first()?.as_str());
        let text = text.ok_or_else(|| bad(&format!("holds {name}, which must be a text or a list of texts")))?;
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(text)) {
            map.insert(name, value);
        }
    }
    Ok(map)
}

fn record(notification: &Notification) -> Result<Vec<u8>> {
    let resource: Value = notification.resource()?;
    let record = json!({
        "id": notification.id,
        "create_time": notification.create_time,
        "event_type": notification.event_type,
        "resource_type": notification.resource_type,
        "summary": notification.summary,
        "original_type": notification.original_type,
        "resource": resource,
    });
    Ok(serde_json::to_vec(&record).expect("a JSON value can always be written"))
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_read_in_any_case_and_as_cgi_has_them() {
        for name in ["Wechatpay-Serial", "wechatpay-serial", "WECHATPAY-SERIAL", "HTTP_WECHATPAY_SERIAL"] {
            for value in [json!("PUB_KEY_ID_1"), json!(["PUB_KEY_ID_1"])] {
                let headers = json!({name: value, "wsgi.input": {}, "HTTP_COOKIE": 1, "WECHATPAY_APIV3_KEY": "x"});
                let map = header_map(headers.to_string().as_bytes()).expect("readable");
                assert_eq!(map.get("wechatpay-serial").expect("there"), "PUB_KEY_ID_1", "{name}");
                assert_eq!(map.len(), 1);
            }
        }
        for wrong in [json!([]), json!({"Wechatpay-Serial": 1}), json!({"Wechatpay-Serial": []})] {
            let error = header_map(wrong.to_string().as_bytes()).expect_err("unreadable");
            assert_eq!((error.code.as_str(), error.field.as_deref()), ("bad_argument", Some("headers")), "{wrong}");
        }
    }
}
