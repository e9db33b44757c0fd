//! `GET /v3/certificates`, and certificates that change while clients are running; signatures and dates as the openssl
//! command sees them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wechatpay_sdk::crypto::default_backend;

use crate::client::{Client, Reply, openssl, verified};

const NEW: &str = "5B1C2D3E4F60718293A4B5C6D7E8F90123456789";
const PATH: &str = "/v3/certificates";
const DAY: i64 = 86_400;

impl Client {
    /// A signed GET that asks for a key, or for none.
    async fn get(&self, target: &str, serial: Option<&str>) -> Reply {
        let mut headers = self.headers("GET", target, b"");
        headers.retain(|(name, _)| *name != "wechatpay-serial");
        headers.extend(serial.map(|serial| ("wechatpay-serial", serial.to_owned())));
        self.send(&self.info().base_url, "GET", target, &headers, Vec::new()).await.unwrap()
    }

    /// The serials and PEM texts of a list.
    fn opened(&self, list: &Reply) -> Vec<(String, String)> {
        let key = self.info().apiv3_key.as_bytes().try_into().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let open = |item: &Value| {
            let sealed = &item["encrypt_certificate"];
            assert_eq!(
                (&sealed["algorithm"], &sealed["associated_data"]),
                (&json!("AEAD_AES_256_GCM"), &json!("certificate"))
            );
            let (nonce, data) = (text(&sealed["nonce"]), text(&sealed["associated_data"]));
            let ciphertext = STANDARD.decode(text(&sealed["ciphertext"])).unwrap();
            let pem = default_backend().open(key, nonce.as_bytes(), data.as_bytes(), &ciphertext).unwrap();
            (text(&item["serial_no"]), String::from_utf8(pem.to_vec()).unwrap())
        };
        list.json()["data"].as_array().unwrap().iter().map(open).collect()
    }

    fn signed_by(&self, reply: &Reply, pem: &str) -> bool {
        let path = self.dir.path().join("signed_by.pem");
        std::fs::write(&path, openssl(&["x509", "-pubkey", "-noout"], pem.as_bytes())).unwrap();
        verified(&path, reply)
    }
}

/// Whether the openssl command finds that the certificate is still valid in so many seconds.
fn valid_in(pem: &str, seconds: i64) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("certificate.pem");
    std::fs::write(&path, pem).unwrap();
    let arguments = ["x509", "-checkend", &seconds.to_string(), "-noout", "-in", path.to_str().unwrap()];
    std::process::Command::new("openssl").args(arguments).output().unwrap().status.success()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_encrypted_and_signed_by_the_key_that_was_asked_for() {
    let client = Client::start().await;
    let served = std::fs::read_to_string(&client.info().platform_certificate_path).unwrap();
    for (serial, signer) in [
        (None, "certificate"),
        (Some(client.info().platform_certificate_serial.clone()), "certificate"),
        (Some(client.info().public_key_id.clone()), "public_key"),
    ] {
        let list = client.get(PATH, serial.as_deref()).await;
        assert_eq!((list.status, client.signed_with(&list)), (200, signer));
        assert_eq!(client.opened(&list), [(client.info().platform_certificate_serial.clone(), served.clone())]);
        let item = &list.json()["data"][0];
        for time in ["effective_time", "expire_time"] {
            assert!(item[time].as_str().unwrap().ends_with("+08:00"), "{item}");
        }
        assert_eq!(list.header("sandbox-behaviour"), "", "it is no example");
    }
    let list = client.get(&format!("{PATH}?algorithm_type=SM2"), None).await;
    assert_eq!(list.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    let list = client.get(&format!("{PATH}?algorithm_type=ALL"), None).await;
    assert_eq!(list.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_rotated_while_clients_are_running() {
    let client = Client::start().await;
    let old = client.info().platform_certificate_serial.clone();
    let shown = client.admin_ok("GET", "/certificates", Value::Null).await;
    assert_eq!(shown["available"], true);
    assert_eq!(
        (&shown["certificates"][0]["serial_no"], &shown["certificates"][0]["signing"]),
        (&json!(old), &json!(true))
    );

    let added = client.admin_ok("POST", "/certificates", json!({"serial_no": NEW, "ends_in": 2 * DAY})).await;
    assert_eq!(added["certificates"][1]["serial_no"], NEW);
    assert_eq!(added["certificates"][1]["signing"], false);
    let list = client.opened(&client.get(PATH, None).await);
    let new = &list[1].1;
    assert_eq!([&list[0].0, &list[1].0], [&old, NEW]);
    let text = String::from_utf8(openssl(&["x509", "-serial", "-noout"], new.as_bytes())).unwrap();
    assert_eq!(text.trim(), format!("serial={NEW}"));
    assert!(valid_in(new, DAY) && !valid_in(new, 3 * DAY));

    let reply = client.get(PATH, Some(NEW)).await;
    assert!(client.signed_by(&reply, new), "as asked for");
    let reply = client.get(PATH, None).await;
    assert!(client.signed_by(&reply, &list[0].1), "the old one still signs");
    client.admin_ok("PATCH", "/certificates", json!({"serial_no": NEW.to_lowercase(), "signing": true})).await;
    let reply = client.get(PATH, None).await;
    assert_eq!(reply.header("wechatpay-serial"), NEW);
    assert!(client.signed_by(&reply, new), "the new one signs");
    client.arm(json!({"kind": "certificate_signed"})).await;
    assert!(client.signed_by(&client.check_status("1900000110").await, new), "whatever was asked for");
    let order = json!({"event_type": "X", "resource": {}, "signed_with": "certificate"});
    let made = client.admin_ok("POST", "/notifications", order).await;
    assert_eq!(made["headers"]["Wechatpay-Serial"], NEW);

    client.admin_ok("PATCH", "/certificates", json!({"ends_in": -60})).await;
    let expired = &client.opened(&client.get(PATH, None).await)[1];
    assert_eq!(expired.0, NEW, "the one that signs, as none is named");
    assert!(!valid_in(&expired.1, 0) && expired.1 != *new);
    assert!(client.signed_by(&client.get(PATH, None).await, &expired.1), "with the same key");

    client.admin_ok("DELETE", "/certificates", json!({"serial_no": old})).await;
    let reply = client.get(PATH, Some(&old)).await;
    assert_eq!(reply.refusal().0, 400, "nobody can ask for it any more");
    assert_eq!(client.opened(&client.get(PATH, None).await).len(), 1);

    client.admin_ok("PATCH", "/certificates", json!({"available": false})).await;
    assert_eq!(client.get(PATH, None).await.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    client.admin_ok("POST", "/reset", Value::Null).await;
    let list = client.opened(&client.get(PATH, None).await);
    assert_eq!(list.iter().map(|it| &it.0).collect::<Vec<_>>(), [&old], "as at the start");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_orders_are_refused_by_name() {
    let client = Client::start().await;
    let old = client.info().platform_certificate_serial.clone();
    for (method, body, reason) in [
        ("POST", json!({"serial_no": "5B"}), "serial_no must be 40 hex digits"),
        ("POST", json!({"serial_no": format!("F{}", &NEW[1..])}), "the first of them 1 to 7"),
        ("POST", json!({"serial_no": old}), "is there already"),
        ("POST", json!({"starts_in": 10, "ends_in": 10}), "starts_in must be less than ends_in"),
        ("POST", json!({"ends_in": i64::MAX}), "years 0 to 9999"),
        ("POST", json!({"expires": 1}), "unknown field `expires`"),
        ("PATCH", json!({"serial_no": NEW, "signing": true}), "is not there"),
        ("DELETE", json!({"serial_no": NEW}), "is not there"),
        ("DELETE", json!({"serial_no": old}), "let another one sign first"),
        ("DELETE", json!({}), "missing field `serial_no`"),
    ] {
        let (status, answer) = client.admin(method, "/certificates", body).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(reason), "{reason}: {answer}");
    }
    let (status, answer) = client.admin("PUT", "/certificates", json!({})).await;
    assert_eq!(status, 405);
    assert!(answer["error"].as_str().unwrap().ends_with("use GET, POST, PATCH, DELETE"), "{answer}");
}
