//! Issue: notifications are verified over the raw body, then parsed, then decrypted; each way to be wrong has its code.
//! The golden values are those of `tests/vectors/notifications.json`.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use wechatpay_sdk::ambient::Ambient;
use wechatpay_sdk::notification::{Notifications, ack, failure};
use wechatpay_sdk::{Client, ErrorKind, Options};
use wechatpay_suite::{vector_text, vectors};

/// The moment of the vectors.
#[derive(Debug)]
pub(crate) struct At(pub(crate) i64);

impl Ambient for At {
    fn now(&self) -> i64 {
        self.0
    }

    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// What a host that only receives is told: no merchant number, no private key.
pub(crate) fn options(vectors: &Value) -> Value {
    let certificates = vectors["platform_certificates"].as_array().expect("a list");
    json!({
        "public_key_id": vectors["public_key_id"],
        "platform_public_key": vector_text(&format!("keys/{}", text(&vectors["platform_public_key"]))),
        "platform_certificates":
            certificates.iter().map(|name| vector_text(&format!("keys/{}", text(name)))).collect::<Vec<_>>(),
        "apiv3_key": vectors["apiv3_key"],
    })
}

fn read(options: &Value) -> Options {
    Options::from_json(options.to_string().as_bytes()).expect("options")
}

/// Headers and body of a case.
pub(crate) fn headers(case: &Value) -> (HeaderMap, Vec<u8>) {
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().expect("headers") {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        headers.insert(name, HeaderValue::from_str(text(value)).expect("a header value"));
    }
    (headers, STANDARD.decode(text(&case["body_base64"])).expect("base64"))
}

#[test]
fn notifications_are_read_and_every_way_to_be_wrong_has_its_code() {
    let vectors = vectors("notifications.json");
    let now = Arc::new(At(vectors["now"].as_i64().expect("seconds")));
    let receiver = Notifications::build(&read(&options(&vectors)), now).expect("no more is needed");
    let cases = vectors["cases"].as_array().expect("a list");
    assert!(cases.len() > 20);
    for case in cases {
        let (headers, body) = headers(case);
        let at = &case["name"];
        match receiver.parse(&headers, &body) {
            Ok(notification) => {
                assert_eq!(Value::Null, case["error"], "{at}");
                assert_eq!(notification.id, text(&case["id"]), "{at}");
                assert_eq!(notification.event_type, text(&case["event_type"]), "{at}");
                assert_eq!(notification.original_type.as_deref(), Some("transaction"), "{at}");
                assert_eq!(notification.resource::<Value>().expect("JSON"), case["resource"], "{at}");
                assert!(!format!("{notification:?}").contains("oUpF8u"), "{at}: an openid is printed");
                let wrong = notification.resource::<u32>().expect_err("it is an object");
                assert_eq!((wrong.kind(), wrong.code()), (ErrorKind::Integrity, "malformed_notification"), "{at}");
            }
            Err(error) => {
                assert_eq!(error.code(), case["error"], "{at}: {error}");
                if let Some(field) = case.get("field") {
                    assert!(error.message().contains(text(field)), "{at}: {error}");
                }
                assert!(!format!("{error:?} {error}").contains("oUpF8u"), "{at}: an openid is printed");
            }
        }
    }
}

#[test]
fn a_receiver_names_what_it_lacks_and_holds_no_secret_in_its_print() {
    let all = options(&vectors("notifications.json"));
    for (name, field) in [("apiv3_key", "apiv3_key"), ("public_key_id", "public_key_id")] {
        let mut changed = all.clone();
        changed[name] = Value::Null;
        let error = Notifications::from_options(&read(&changed)).expect_err("something is missing");
        assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "missing_option"), "{error}");
        assert!(error.message().contains(field), "{error}");
    }
    let receiver = Notifications::from_options(&read(&all)).expect("complete");
    assert!(!format!("{receiver:?}").contains(text(&all["apiv3_key"])));
}

#[test]
fn a_client_receives_with_its_own_keys() {
    let vectors = vectors("notifications.json");
    let mut all = options(&vectors);
    all["mchid"] = "1900000001".into();
    all["merchant_private_key"] = vector_text("keys/merchant_pkcs8.pem").into();
    all["merchant_certificate"] = vector_text("keys/merchant_cert.pem").into();
    let client = Client::from_options(&read(&all)).expect("complete");
    let error = client.notifications().expect("it has an APIv3 key").parse(&HeaderMap::new(), b"{}");
    assert_eq!(error.expect_err("unsigned").code(), "missing_header");
    all["apiv3_key"] = Value::Null;
    let error = Client::from_options(&read(&all)).expect("calls need none").notifications().expect_err("needs one");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "missing_option"), "{error}");
}

/// Protocol: "Answer 200/204 with an empty body …; failure is 4XX/5XX with {code: FAIL, message}".
#[test]
fn the_answers_are_those_of_the_documents() {
    let taken = ack();
    assert_eq!((taken.status, taken.headers.len(), taken.body.as_str()), (204, 0, ""));
    let failed = failure("订单\"不存在\"");
    assert_eq!((failed.status, failed.headers["Content-Type"]), (500, "application/json"));
    let body: Value = serde_json::from_str(&failed.body).expect("JSON");
    assert_eq!(body, json!({"code": "FAIL", "message": "订单\"不存在\""}));
}
