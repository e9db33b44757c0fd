//! Issue: "signed records ready for the front end, golden-tested with injected time and nonce": those of
//! `tests/vectors/invocation.json`, which the openssl command has signed.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wechatpay_sdk::ambient::Ambient;
use wechatpay_sdk::invocation::message;
use wechatpay_sdk::{Client, Error, blocking};
use wechatpay_suite::{vector_text, vectors};

/// A moment, and the random bytes that give a nonce.
#[derive(Debug)]
struct Fixed {
    now: i64,
    nonce: String,
}

impl Ambient for Fixed {
    fn now(&self) -> i64 {
        self.now
    }

    fn fill(&self, buffer: &mut [u8]) {
        const ALPHABET: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let bytes = self.nonce.chars().map(|letter| ALPHABET.find(letter).expect("a letter of nonces"));
        for (place, byte) in buffer.iter_mut().zip(bytes) {
            *place = u8::try_from(byte).expect("one of 62");
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn client(vectors: &Value, now: i64) -> Client {
    let builder = Client::builder()
        .mchid("1900000001")
        .serial_no("5A1B2C3D4E5F60718293A4B5C6D7E8F901234567")
        .merchant_private_key(vector_text(&format!("keys/{}", text(&vectors["private_key"]))))
        .public_key_id("PUB_KEY_ID_01")
        .platform_public_key(vector_text("keys/platform_pub.pem"));
    builder.ambient(Arc::new(Fixed { now, nonce: text(&vectors["nonce"]).to_owned() })).build().expect("a client")
}

async fn record(client: &Client, front_end: &str, params: &Value) -> Result<Value, Error> {
    let (appid, prepay_id) = (text(&params["appid"]), text(&params["prepay_id"]));
    let invocation = client.invocation();
    Ok(match front_end {
        "jsapi" => json!(invocation.jsapi(appid, prepay_id).await?),
        "mini_program" => json!(invocation.mini_program(appid, prepay_id).await?),
        _ => json!(invocation.app(appid, text(&params["partnerid"]), prepay_id).await?),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_those_that_openssl_signs_under_their_official_names_in_their_order() {
    let vectors = vectors("invocation.json");
    let cases = vectors["cases"].as_array().expect("a list");
    let mut front_ends: Vec<&str> = cases.iter().map(|case| text(&case["front_end"])).collect();
    front_ends.dedup();
    assert!(front_ends.starts_with(&["jsapi", "mini_program", "app"]), "an empty list proves nothing");
    for case in cases {
        let expected = &case["record"];
        let timestamp = text(expected.get("timeStamp").unwrap_or(&expected["timestamp"]));
        let (appid, prepay_id) = (text(&case["params"]["appid"]), text(&case["params"]["prepay_id"]));
        let signed = if case["front_end"] == "app" { prepay_id } else { text(&expected["package"]) };
        let golden = STANDARD.decode(text(&case["message_base64"])).expect("base64");
        assert_eq!(message(appid, timestamp, text(&vectors["nonce"]), signed), golden);

        let client = client(&vectors, timestamp.parse().expect("seconds"));
        let made = record(&client, text(&case["front_end"]), &case["params"]).await.expect("a record");
        assert_eq!(made.to_string(), expected.to_string(), "the names in the documents' order, too");

        let client = blocking::Client::new(client).invocation();
        let again = match text(&case["front_end"]) {
            "jsapi" => json!(client.jsapi(appid, prepay_id).expect("a record")),
            "mini_program" => json!(client.mini_program(appid, prepay_id).expect("a record")),
            _ => json!(client.app(appid, text(&case["params"]["partnerid"]), prepay_id).expect("a record")),
        };
        assert_eq!(again, made);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_record_has_a_nonce_of_its_own() {
    let options = json!({
        "mchid": "1900000001", "serial_no": "5A1B", "merchant_private_key": vector_text("keys/merchant_pkcs8.pem"),
        "public_key_id": "PUB_KEY_ID_01", "platform_public_key": vector_text("keys/platform_pub.pem"),
    });
    let options = wechatpay_sdk::Options::from_json(options.to_string().as_bytes()).expect("options");
    let invocation = Client::from_options(&options).expect("a client").invocation();
    let one = invocation.jsapi("wx1", "wx2").await.expect("a record");
    let other = invocation.jsapi("wx1", "wx2").await.expect("a record");
    assert_ne!(one.nonce_str, other.nonce_str);
    assert_ne!(one.pay_sign, other.pay_sign);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_argument_that_is_certainly_wrong_is_named_and_nothing_is_repeated() {
    let client = client(&vectors("invocation.json"), 1_750_000_000);
    let invocation = client.invocation();
    for (appid, partnerid, prepay_id, field) in [
        ("", "1", "wx2", "appid"),
        ("SecretValue\n", "1", "wx2", "appid"),
        ("wx1", "", "wx2", "partnerid"),
        ("wx1", "SecretValue ", "wx2", "partnerid"),
        ("wx1", "1", "", "prepay_id"),
        ("wx1", "1", "prepay_id=SecretValue", "prepay_id"),
        ("wx1", "1", "SecretValue预", "prepay_id"),
    ] {
        let error = invocation.app(appid, partnerid, prepay_id).await.expect_err("refused");
        assert_eq!(error.code(), "bad_argument");
        assert_eq!(error.detail().and_then(|detail| detail.field.as_deref()), Some(field));
        assert!(!format!("{error} {error:?}").contains("SecretValue"), "{error}");
        if field != "partnerid" {
            let error = invocation.jsapi(appid, prepay_id).await.expect_err("refused");
            assert_eq!(error.detail().and_then(|detail| detail.field.as_deref()), Some(field));
        }
    }
}
