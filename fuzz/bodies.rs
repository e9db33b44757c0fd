//! What each fuzz target does with an input. The targets and the test that replays `corpus/` both include this file.
//!
//! An input of `headers` and `error_body` is a message: lines `name: value`, an empty line, the body. The names `now` and
//! `status` are no headers: the clock of this machine, and the status of a reply.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use wechatpay_sdk::ambient::Ambient;
use wechatpay_sdk::crypto::{Certificate, PrivateKey, PublicKey, default_backend};
use wechatpay_sdk::notification::Notifications;
use wechatpay_sdk::platform_keys::PlatformKeys;
use wechatpay_sdk::refusal::api_error;
use wechatpay_sdk::signature::{reply_message, verify};
use wechatpay_sdk::{Detail, Error, ErrorKind, Options};

/// Each target by its name, which is that of its folder in `corpus/` too.
pub(crate) const TARGETS: [(&str, Body); 4] =
    [("headers", headers), ("notification", notification), ("pem", pem), ("error_body", error_body)];

/// Takes any input; says what it was taken for: `good`, or the code of the refusal.
pub(crate) type Body = fn(&[u8]) -> String;

const SERIAL: &str = "PUB_KEY_ID_0119000000012026112100000000000001";
const APIV3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
const NOW: i64 = 1_750_000_000;
const NONCE: &str = "fdasflkja484";

/// The headers of a reply and the signature over its body: refused with a code that is documented, or good.
pub(crate) fn headers(input: &[u8]) -> String {
    static KEYS: LazyLock<PlatformKeys> = LazyLock::new(|| {
        let mut keys = PlatformKeys::default();
        keys.add_public_key(SERIAL, public_key());
        for pem in [include_str!("../tests/vectors/keys/platform_cert.pem"), EXPIRED] {
            keys.add_certificate(Certificate::from_pem(pem).expect("a certificate of the vectors"));
        }
        keys
    });
    const CODES: [&str; 8] = [
        "missing_header",
        "probe",
        "bad_timestamp",
        "clock_skew",
        "unknown_serial",
        "certificate_expired",
        "unknown_signature_type",
        "bad_signature",
    ];
    let message = Message::read(input);
    match verify(&message.headers, message.body, &KEYS, message.now) {
        Ok(()) => "good".to_owned(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Signature);
            assert!(CODES.contains(&error.code()), "{}", error.code());
            code(&error)
        }
    }
}

/// A notification whose signature holds, so that what comes after it is reached. The first byte says what the rest is: the
/// whole body, its resource in plain text, or headers and body that nobody signed.
pub(crate) fn notification(input: &[u8]) -> String {
    static RECEIVER: LazyLock<Notifications> = LazyLock::new(|| {
        let options = json!({
            "public_key_id": SERIAL,
            "platform_public_key": include_str!("../tests/vectors/keys/platform_pub.pem"),
            "apiv3_key": APIV3_KEY,
        });
        let options = Options::from_json(options.to_string().as_bytes()).expect("options");
        Notifications::build(&options, Arc::new(Still)).expect("complete")
    });
    let (Some(kind), input) = (input.first(), input.get(1..).unwrap_or_default()) else { return "empty".to_owned() };
    let (headers, body) = match kind {
        b'u' => {
            let message = Message::read(input);
            (message.headers, message.body.to_vec())
        }
        b'r' => {
            let body = envelope(input).to_string().into_bytes();
            (signed(&body), body)
        }
        _ => (signed(input), input.to_vec()),
    };
    match RECEIVER.parse(&headers, &body) {
        Ok(notification) => {
            let resource: Result<Value, Error> = notification.resource();
            assert_eq!(resource.is_ok(), serde_json::from_slice::<Value>(notification.resource_json()).is_ok());
            assert!(*kind != b'r' || notification.resource_json() == input, "decrypted to something else");
            assert!(!format!("{notification:?}").is_empty());
            "good".to_owned()
        }
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Internal);
            code(&error)
        }
    }
}

/// Text that is given as a key or a certificate: read, or refused without repeating a line of it.
pub(crate) fn pem(input: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(input) else { return "no_text".to_owned() };
    let refusals = [
        ("private_key", PrivateKey::from_pem(text).err()),
        ("public_key", PublicKey::from_pem(text).err()),
        ("certificate", Certificate::from_pem(text).err()),
        ("certificates", Notifications::from_options(&several(text)).err().map(|error| error.to_string())),
    ];
    for (_, refusal) in &refusals {
        let Some(refusal) = refusal else { continue };
        let repeated = text.lines().find(|line| line.len() >= 24 && !line.starts_with('-') && refusal.contains(line));
        assert!(repeated.is_none(), "a refusal repeats what was given");
    }
    refusals.iter().find(|(_, refusal)| refusal.is_none()).map_or("refused", |(what, _)| what).to_owned()
}

/// An error reply of any shape: it becomes an error that says what its status says.
pub(crate) fn error_body(input: &[u8]) -> String {
    let Message { now, status, headers, body } = Message::read(input);
    let mut said = String::new();
    for changes in [false, true] {
        let error = api_error(status, &headers, body, false, changes, now);
        assert_eq!((error.kind(), error.status()), (ErrorKind::Api, Some(status)));
        assert!(!error.code().is_empty());
        assert!(changes || !error.may_have_taken_effect(), "a GET changes nothing");
        said = code(&error);
    }
    if let Ok(detail) = serde_json::from_slice::<Value>(body) {
        assert_eq!(Detail::from_json(detail.clone()).raw, Some(detail));
    }
    said
}

/// The code of an error that can be printed.
fn code(error: &Error) -> String {
    assert!(!error.to_string().is_empty() && !format!("{error:?}").is_empty());
    error.code().to_owned()
}

struct Message<'a> {
    now: i64,
    status: u16,
    headers: HeaderMap,
    body: &'a [u8],
}

impl<'a> Message<'a> {
    fn read(input: &'a [u8]) -> Self {
        let end = input.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((input, &[][..]), |at| (&input[..at], &input[at + 2..]));
        let mut message = Self { now: NOW, status: 400, headers: HeaderMap::new(), body };
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let text = std::str::from_utf8(value).unwrap_or_default();
            match name {
                b"now" => message.now = text.parse().unwrap_or(NOW),
                b"status" => message.status = text.parse().ok().filter(|status| *status >= 300).unwrap_or(400),
                _ => {
                    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
                        message.headers.append(name, value);
                    }
                }
            }
        }
        message
    }
}

const EXPIRED: &str = include_str!("../tests/vectors/keys/platform_cert_expired.pem");

fn public_key() -> PublicKey {
    PublicKey::from_pem(include_str!("../tests/vectors/keys/platform_pub.pem")).expect("a key of the vectors")
}

/// A receiver's options with this text as one that may hold several certificates.
fn several(text: &str) -> Options {
    let options = json!({"platform_certificates": [text], "apiv3_key": APIV3_KEY});
    Options::from_json(options.to_string().as_bytes()).expect("texts")
}

/// The headers of a notification with this body, signed by the platform.
fn signed(body: &[u8]) -> HeaderMap {
    static KEY: LazyLock<PrivateKey> = LazyLock::new(|| {
        PrivateKey::from_pem(include_str!("../tests/vectors/keys/platform_key.pem")).expect("a key of the vectors")
    });
    let signature = KEY.sign(&reply_message(&NOW.to_string(), NONCE, body)).expect("the key signs");
    let headers = [
        ("wechatpay-timestamp", NOW.to_string()),
        ("wechatpay-nonce", NONCE.to_owned()),
        ("wechatpay-serial", SERIAL.to_owned()),
        ("wechatpay-signature", STANDARD.encode(signature)),
    ];
    headers.map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("ASCII"))).into_iter().collect()
}

/// The body of a notification with this resource.
fn envelope(resource: &[u8]) -> Value {
    let key = APIV3_KEY.as_bytes().try_into().expect("32 bytes");
    let sealed = default_backend().seal(key, NONCE.as_bytes(), b"transaction", resource).expect("a nonce of 12 bytes");
    json!({
        "id": "EV-2018022511223320873",
        "create_time": "2025-06-15T23:06:40+08:00",
        "event_type": "TRANSACTION.SUCCESS",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": STANDARD.encode(sealed),
            "associated_data": "transaction",
            "nonce": NONCE,
        },
    })
}

/// The same moment, always: an input is judged the same tomorrow.
#[derive(Debug)]
struct Still;

impl Ambient for Still {
    fn now(&self) -> i64 {
        NOW
    }

    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}
