//! Fields that travel encrypted, opened and sealed by the openssl command.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Client, Reply, openssl, public_key_of};

const OAEP: [&str; 2] = ["-pkeyopt", "rsa_padding_mode:oaep"];

fn encrypt(key: &std::path::Path, text: &str) -> String {
    let key = key.to_str().unwrap();
    STANDARD.encode(openssl(&[&["pkeyutl", "-encrypt", "-pubin", "-inkey", key][..], &OAEP].concat(), text.as_bytes()))
}

fn insert_cards(phone: &Value) -> Value {
    json!({
        "sub_mchid": "1900000109",
        "scene": "WITH_WECHATPAY",
        "buyer_information": {"type": "INDIVIDUAL", "name": "张伟", "phone": phone},
        "fapiao_card_information": [],
    })
}

async fn send(client: &Client, serial: Option<&str>, phone: &Value) -> Reply {
    let target = "/v3/new-tax-control-fapiao/fapiao-applications/4200000444201910177461284488/insert-cards";
    let body = insert_cards(phone).to_string().into_bytes();
    let mut headers = client.headers("POST", target, &body);
    headers.retain(|(name, _)| *name != "wechatpay-serial");
    headers.extend(serial.map(|serial| ("wechatpay-serial", serial.to_owned())));
    client.send(&client.info().base_url, "POST", target, &headers, body).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn request_fields_are_opened_with_the_key_that_the_request_names() {
    let client = Client::start().await;
    let info = client.info();
    let certificate_key = client.dir.path().join("certificate_pub.pem");
    std::fs::write(&certificate_key, public_key_of(&info.platform_certificate_path)).unwrap();
    let under_public_key = encrypt(&info.platform_public_key_path, "13900000000");
    let under_certificate = encrypt(&certificate_key, "13900000000");
    let (public_key_id, serial) = (Some(info.public_key_id.as_str()), Some(info.platform_certificate_serial.as_str()));

    for (serial, phone, expected) in [
        (public_key_id, json!(under_public_key), None),
        (serial, json!(under_certificate), None),
        (public_key_id, json!(under_certificate), Some("/body/buyer_information/phone")),
        (serial, json!(under_public_key), Some("/body/buyer_information/phone")),
        (public_key_id, json!("13900000000"), Some("/body/buyer_information/phone")),
        (public_key_id, json!(13_900_000_000_u64), Some("/body/buyer_information/phone")),
        (None, json!(under_certificate), Some("/header/Wechatpay-Serial")),
    ] {
        let reply = send(&client, serial, &phone).await;
        assert!(!String::from_utf8_lossy(&reply.body).contains("13900000000"), "a secret is never sent back");
        match expected {
            None => assert_eq!((reply.status, reply.body.len()), (202, 0), "{reply:?}"),
            Some(field) => {
                assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
                assert_eq!(reply.json()["detail"]["field"], field);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_fields_are_sealed_for_the_merchant() {
    let client = Client::start().await;
    let target =
        "/v3/new-tax-control-fapiao/user-title?scene=WITH_WECHATPAY&fapiao_apply_id=4200000444201910177461284488";
    let reply = client.call("GET", target, Value::Null).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let ciphertext = STANDARD.decode(reply.json()["phone"].as_str().unwrap()).unwrap();
    let key = client.info().merchant_private_key_path.to_str().unwrap().to_owned();
    let plaintext = openssl(&[&["pkeyutl", "-decrypt", "-inkey", &key][..], &OAEP].concat(), &ciphertext);
    assert_eq!(plaintext, b"phone");
    assert_eq!(client.signed_with(&reply), "public_key");
}
