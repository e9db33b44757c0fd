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
        let phone = &phone;
        match expected {
            None => assert_eq!((reply.status, reply.body.len()), (202, 0), "{reply:?}"),
            Some(field) => {
                assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
                assert_eq!(reply.json()["detail"]["field"], field);
                // The platform's own words, by which its users know this mistake.
                let message = reply.json()["message"].as_str().unwrap().to_owned();
                assert_eq!(message.contains("是否为加密后的密文"), field.starts_with("/body") && phone.is_string());
            }
        }
        let entry = last(&client).await;
        match expected {
            None => assert_eq!(entry["understood"], understood(), "what was read, in plain text"),
            Some(_) => assert_eq!(entry["understood"], Value::Null, "nothing was understood"),
        }
        let sent: Value = serde_json::from_str(entry["body"].as_str().unwrap()).unwrap();
        assert_eq!(&sent["buyer_information"]["phone"], phone, "the body stays what it was");
    }
    client.custom_page("1900000109", "OPEN").await;
    assert_eq!(last(&client).await["understood"], Value::Null, "there was nothing to open");
}

async fn last(client: &Client) -> Value {
    client.admin_ok("GET", "/journal", Value::Null).await.as_array().unwrap().last().unwrap().clone()
}

/// All parameters of [`insert_cards`], as the journal shows them.
fn understood() -> Value {
    json!({
        "path": {"fapiao_apply_id": "4200000444201910177461284488"},
        "query": {},
        "header": {},
        "body": insert_cards(&json!("13900000000")),
    })
}

fn decrypt(client: &Client, ciphertext: &Value) -> Vec<u8> {
    let key = client.info().merchant_private_key_path.to_str().unwrap().to_owned();
    let ciphertext = STANDARD.decode(ciphertext.as_str().unwrap()).unwrap();
    openssl(&[&["pkeyutl", "-decrypt", "-inkey", &key][..], &OAEP].concat(), &ciphertext)
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_the_state_are_sealed_too() {
    let client = Client::start().await;
    let list = "/v3/merchant-service/complaints-v2?begin_date=2020-01-01&end_date=2020-01-31";
    let reply = client.call("GET", list, Value::Null).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let data = reply.json()["data"].clone();
    assert_eq!(decrypt(&client, &data[0]["payer_phone"]), b"18500000001");
    assert_eq!(decrypt(&client, &data[1]["payer_phone"]), b"18500000002");
    assert_eq!(data[2]["payer_phone"], "", "what is empty travels empty");
    assert_eq!(data[0]["complaint_id"], "200201820200101080076610000");
    assert_eq!(client.signed_with(&reply), "public_key");

    // For another certificate: a block of the same length that the merchant's key does not open.
    client.arm(json!({"kind": "other_certificate"})).await;
    let reply = client.call("GET", list, Value::Null).await;
    let ciphertext = STANDARD.decode(reply.json()["data"][0]["payer_phone"].as_str().unwrap()).unwrap();
    assert_eq!((reply.status, ciphertext.len()), (200, 256));
    let other = client.info().platform_public_key_path.with_file_name("pub_key_private.pem");
    let opened =
        openssl(&[&["pkeyutl", "-decrypt", "-inkey", other.to_str().unwrap()][..], &OAEP].concat(), &ciphertext);
    assert_eq!(opened, b"18500000001");
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
