//! The signature of a reply, and the ways in which it can be wrong on request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};

use super::answer::Answer;
use crate::faults::Fault;
use crate::identity::PlatformKey;
use crate::random;

const TIMESTAMP: HeaderName = HeaderName::from_static("wechatpay-timestamp");
const NONCE: HeaderName = HeaderName::from_static("wechatpay-nonce");
const SIGNATURE: HeaderName = HeaderName::from_static("wechatpay-signature");
const SERIAL: HeaderName = HeaderName::from_static("wechatpay-serial");
const SIGNATURE_TYPE: HeaderName = HeaderName::from_static("wechatpay-signature-type");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// All headers of a reply, signed with `key` at `now`.
pub(super) fn headers(answer: &Answer, key: &PlatformKey, fault: Option<&Fault>, now: i64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = &answer.content_type {
        headers.insert(CONTENT_TYPE, ascii(content_type));
    }
    let errcode = if answer.status < StatusCode::BAD_REQUEST { 0 } else { answer.status.as_u16() };
    headers.insert(REQUEST_ID, ascii(&format!("{}-{errcode}", random::hex(32))));
    if answer.signed && !matches!(fault, Some(Fault::Unsigned)) {
        sign(&mut headers, &answer.body, key, fault, now);
    }
    headers.extend(answer.headers.clone());
    if let Some(Fault::MissingHeader { name }) = fault {
        headers.remove(name);
    }
    headers
}

pub(crate) fn sign(headers: &mut HeaderMap, body: &[u8], key: &PlatformKey, fault: Option<&Fault>, now: i64) {
    let timestamp = match fault {
        Some(Fault::StaleTimestamp { seconds }) => now.saturating_sub(*seconds),
        _ => now,
    };
    let serial = match fault {
        Some(Fault::UnknownSerial) => random::hex(40),
        _ => key.serial.clone(),
    };
    let nonce = random::alphanumeric(32);
    let mut message = format!("{timestamp}\n{nonce}\n").into_bytes();
    message.extend_from_slice(body);
    message.push(b'\n');
    let signature = match fault {
        Some(Fault::SigntestProbe) => format!("WECHATPAY/SIGNTEST/{}", random::alphanumeric(64)),
        Some(Fault::WrongSignature) => signature(key, b"other bytes than those of the reply"),
        _ => signature(key, &message),
    };
    headers.insert(TIMESTAMP, HeaderValue::from(timestamp));
    headers.insert(NONCE, ascii(&nonce));
    headers.insert(SIGNATURE, ascii(&signature));
    headers.insert(SERIAL, ascii(&serial));
    headers.insert(SIGNATURE_TYPE, HeaderValue::from_static("WECHATPAY2-SHA256-RSA2048"));
}

fn signature(key: &PlatformKey, message: &[u8]) -> String {
    STANDARD.encode(key.key.sign(message).expect("the key signed when it was loaded"))
}

fn ascii(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("checked where it came from")
}
