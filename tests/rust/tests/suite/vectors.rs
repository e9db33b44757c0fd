//! Issue: "against vectors made with the openssl command and Python `cryptography`": every golden value of
//! `tests/vectors`, through both backends.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use wechatpay_sdk::crypto::{AwsLc, Backend, Certificate, PrivateKey, PublicKey, RustCrypto};
use wechatpay_sdk::platform_keys::PlatformKeys;
use wechatpay_sdk::resource::decrypt_resource;
use wechatpay_sdk::signature::{Signer, request_message, verify};
use wechatpay_sdk::{ApiV3Key, CallOptions, Retry, SigningKey};
use wechatpay_suite::{Local, differences, vector_text, vectors};

const BACKENDS: [&dyn Backend; 2] = [&AwsLc, &RustCrypto];

fn key_file(value: &Value) -> String {
    vector_text(&format!("keys/{}", text(value)))
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(text(value)).expect("base64")
}

fn list(value: &Value) -> &[Value] {
    let list = value.as_array().expect("a list");
    assert!(!list.is_empty(), "an empty list proves nothing");
    list
}

#[tokio::test]
async fn requests_are_signed_as_openssl_signs_them() {
    let vectors = vectors("signing.json");
    for backend in BACKENDS {
        let private_key = PrivateKey::from_pem_with(backend, &key_file(&vectors["private_key"])).expect("a good key");
        let signer = Signer {
            mchid: text(&vectors["mchid"]).to_owned(),
            serial_no: text(&vectors["serial_no"]).to_owned(),
            key: SigningKey::Local(private_key),
        };
        for case in list(&vectors["cases"]) {
            let at = format!("{}: {}", backend.name(), case["name"]);
            let (method, target, nonce) = (text(&case["method"]), text(&case["target"]), text(&case["nonce"]));
            let (timestamp, body) = (case["timestamp"].as_i64().expect("seconds"), bytes(&case["body_base64"]));
            assert_eq!(
                request_message(method, target, timestamp, nonce, &body),
                bytes(&case["message_base64"]),
                "{at}"
            );
            let authorization = signer.authorization(method, target, timestamp, nonce, &body, Duration::MAX).await;
            let authorization = authorization.expect("signs");
            assert_eq!(authorization, text(&case["authorization"]), "{at}");
        }
    }
}

#[test]
fn replies_are_verified_and_every_way_to_be_wrong_has_its_code() {
    let vectors = vectors("verification.json");
    for backend in BACKENDS {
        let keys = platform_keys(backend, &vectors);
        for case in list(&vectors["cases"]) {
            let mut headers = HeaderMap::new();
            for (name, value) in case["headers"].as_object().expect("headers") {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
                headers.insert(name, HeaderValue::from_str(text(value)).expect("a header value"));
            }
            let now = case["now"].as_i64().expect("seconds");
            let error = verify(&headers, &bytes(&case["body_base64"]), &keys, now).err();
            let at = format!("{}: {}", backend.name(), case["name"]);
            assert_eq!(json!(error.as_ref().map(|error| error.code())), case["error"], "{at}");
            let message = error.map(|error| error.to_string()).unwrap_or_default();
            for part in case["message_contains"].as_array().into_iter().flatten() {
                assert!(message.contains(text(part)), "{at}: {message}");
            }
        }
    }
}

fn platform_keys(backend: &dyn Backend, vectors: &Value) -> PlatformKeys {
    let mut keys = PlatformKeys::default();
    for key in list(&vectors["public_keys"]) {
        keys.add_public_key(text(&key["id"]), PublicKey::from_pem_with(backend, &key_file(&key["pem"])).expect("good"));
    }
    for entry in list(&vectors["certificates"]) {
        let mut certificate = Certificate::from_pem(&key_file(&entry["pem"])).expect("good");
        certificate.public_key = PublicKey::from_pem_with(backend, &key_file(&entry["public_key"])).expect("good");
        assert_eq!(certificate.serial_no, text(&entry["serial_no"]));
        keys.add_certificate(certificate);
    }
    keys
}

#[test]
fn resources_are_decrypted_and_altered_ones_refused() {
    let vectors = vectors("aead.json");
    let key = ApiV3Key::new(text(&vectors["apiv3_key"])).expect("32 bytes");
    for case in list(&vectors["cases"]) {
        let (nonce, data, ciphertext) =
            (text(&case["nonce"]), text(&case["associated_data"]), text(&case["ciphertext"]));
        let outcome = decrypt_resource(&key, nonce, data, ciphertext);
        match case.get("plaintext_base64") {
            Some(plaintext) => assert_eq!(*outcome.expect("decrypts"), bytes(plaintext), "{}", case["name"]),
            None => assert_eq!(outcome.expect_err("refused").code(), text(&case["error"]), "{}", case["name"]),
        }
        for backend in BACKENDS {
            let Ok(sealed) = STANDARD.decode(ciphertext) else { continue };
            let opened = backend.open(key.as_bytes(), nonce.as_bytes(), data.as_bytes(), &sealed).ok();
            let expected = case.get("plaintext_base64").map(bytes);
            assert_eq!(opened.map(|bytes| bytes.to_vec()), expected, "{}: {}", backend.name(), case["name"]);
            if let Some(plaintext) = expected {
                let again = backend.seal(key.as_bytes(), nonce.as_bytes(), data.as_bytes(), &plaintext);
                assert_eq!(again.expect("seals"), sealed, "{}: {}", backend.name(), case["name"]);
            }
        }
    }
}

#[test]
fn sensitive_fields_are_decrypted_up_to_the_limit_of_the_key() {
    let vectors = vectors("oaep.json");
    for backend in BACKENDS {
        let key = PrivateKey::from_pem_with(backend, &key_file(&vectors["private_key"])).expect("a good key");
        for case in list(&vectors["cases"]) {
            let plaintext = key.decrypt_oaep(&bytes(&case["ciphertext"])).ok().map(|plaintext| plaintext.to_vec());
            let expected = case.get("plaintext_base64").map(bytes);
            assert_eq!(plaintext, expected, "{}: {}", backend.name(), case["name"]);
        }
        for limit in list(&vectors["limits"]) {
            let public = PublicKey::from_pem_with(backend, &key_file(&limit["public_key"])).expect("good");
            let private = PrivateKey::from_pem_with(backend, &key_file(&limit["private_key"])).expect("good");
            let longest = limit["longest"].as_u64().expect("bytes") as usize;
            assert_eq!(public.max_plaintext(), longest, "{}", backend.name());
            let plaintext = vec![7; longest];
            let ciphertext = public.encrypt_oaep(&plaintext).expect("the longest plaintext fits");
            assert_eq!(*private.decrypt_oaep(&ciphertext).expect("decrypts"), plaintext, "{}", backend.name());
            public.encrypt_oaep(&vec![7; longest + 1]).expect_err("one byte more does not fit");
        }
    }
}

#[test]
fn good_pem_is_read_and_bad_pem_is_told_apart() {
    let vectors = vectors("pem.json");
    for backend in BACKENDS {
        for case in list(&vectors["private_keys"]) {
            let read = PrivateKey::from_pem_with(backend, text(&case["pem"])).map(|key| key.public_spki());
            check_pem(case, read.map(|spki| json!({"spki_base64": STANDARD.encode(spki)})), backend.name());
        }
        for case in list(&vectors["public_keys"]) {
            let read = PublicKey::from_pem_with(backend, text(&case["pem"]));
            // A public key does not give its bytes back: that it is the right one is shown by verification.json.
            check_pem(case, read.map(|_| json!({"spki_base64": case["spki_base64"]})), backend.name());
        }
    }
    for case in list(&vectors["certificates"]) {
        let read = Certificate::from_pem(text(&case["pem"])).map(
            |read| json!({"serial_no": read.serial_no, "not_before": read.not_before, "not_after": read.not_after}),
        );
        check_pem(case, read, "x509-parser");
    }
    for pair in list(&vectors["pairs"]) {
        let certificate = Certificate::from_pem(&key_file(&pair["certificate"])).expect("good");
        for backend in BACKENDS {
            let key = PrivateKey::from_pem_with(backend, &key_file(&pair["private_key"])).expect("good");
            assert_eq!(json!(certificate.belongs_to(&key)), pair["belongs"], "{}: {pair}", backend.name());
        }
    }
}

fn check_pem(case: &Value, read: Result<Value, String>, by: &str) {
    let at = format!("{by}: {}", case["name"]);
    match (case.get("problem_contains"), read) {
        (None, Ok(read)) => {
            for (name, value) in read.as_object().expect("an object") {
                assert_eq!(value, &case[name], "{at}: {name}");
            }
        }
        (Some(parts), Err(problem)) => {
            for part in list(parts) {
                assert!(problem.contains(text(part)), "{at}: {problem:?} lacks {part}");
            }
            for line in text(&case["pem"]).lines().filter(|line| line.len() > 30 && !line.starts_with("-----")) {
                assert!(!problem.contains(line), "{at}: the problem repeats the text");
            }
        }
        (None, Err(problem)) => panic!("{at}: refused: {problem}"),
        (Some(_), Ok(_)) => panic!("{at}: accepted"),
    }
}

/// The platform's error replies in every shape, from a real socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_replies_are_read_whatever_their_shape() {
    let local = Local::start();
    let client = local.client().with_options(CallOptions::default().retry(Retry::Off));
    for case in list(&vectors("errors.json")["cases"]) {
        let fault = json!({
            "kind": "status", "status": case["status"], "body": case["body"],
            "content_type": case["content_type"], "signed": false,
        });
        local.admin.fault(json!({"fault": fault})).await;
        let params = json!({"sub_mchid": "1900000109"}).as_object().cloned().expect("an object");
        let call = client.call("goldplan.merchants.close_advertising_show", params);
        let error = call.await.expect_err("an error reply is an error");
        let detail = error.detail().cloned().unwrap_or_default();
        let actual = json!({
            "kind": error.kind().as_str(), "status": error.status(), "code": error.code(),
            "field": detail.field, "value": detail.value, "issue": detail.issue, "location": detail.location,
            "detail": detail.raw, "verified": error.verified(),
        });
        let mut expected = json!({"kind": "api", "verified": false});
        for name in ["status", "code", "field", "value", "issue", "location", "detail"] {
            expected[name] = case[name].clone();
        }
        for (name, value) in expected.as_object().expect("an object") {
            let wrong = differences(name, value, &actual[name]);
            assert!(wrong.is_empty(), "{}: {wrong:?}", case["name"]);
        }
        for part in case["message_contains"].as_array().into_iter().flatten() {
            assert!(error.message().contains(text(part)), "{}: {error}", case["name"]);
        }
        // The value may be an openid: it is there for the program, not for a log.
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"), "{}: {shown}", case["name"]);
    }
}
