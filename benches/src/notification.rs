//! A notification of a payment: what reading one costs, and the floor of that, one RSA-2048 verification and one
//! AES-256-GCM of the same size.

use std::fs;
use std::path::Path;

use aws_lc_rs::rsa::KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use wechatpay_sdk::Options;
use wechatpay_sdk::ambient::{Ambient, System};
use wechatpay_sdk::crypto::{PrivateKey, PublicKey, default_backend};
use wechatpay_sdk::notification::Notifications;
use wechatpay_sdk::pay::transactions::GetByIdReply;
use wechatpay_sdk::signature::reply_message;

use crate::server::{KEY_ID, key, private_pem, public_pem};

const APIV3_KEY: &str = "0123456789abcdefghijklmnopqrstuv";
const NONCE: &str = "fdasflkja484";
const DATA: &str = "transaction";

/// Writes `DIR/notification.json`: the options of a receiver, and a notification signed now, which is good for five
/// minutes; its resource is the platform's documented example.
pub(crate) fn write(directory: &str) {
    let platform: KeyPair = key();
    let resource = json!({
        "transaction_id": "4200001234202611211234567890", "amount": {
            "payer_total": 100, "total": 100, "currency": "CNY", "payer_currency": "CNY",
        },
        "mchid": "1900000001", "trade_state": "SUCCESS", "bank_type": "CMC", "promotion_detail": [{
            "amount": 100, "wechatpay_contribute": 100, "coupon_id": "109519", "scope": "GLOBAL",
            "merchant_contribute": 0, "name": "单品惠-6", "other_contribute": 0, "currency": "CNY",
            "stock_id": "931386", "goods_detail": [{
                "goods_remark": "商品备注信息", "quantity": 1, "discount_amount": 1, "goods_id": "M1006", "unit_price": 100,
            }],
        }],
        "success_time": "2026-11-21T12:34:56+08:00", "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "out_trade_no": "1217752501201407033233368018", "appid": "wxd678efh567hg6787",
        "trade_state_desc": "支付成功", "trade_type": "JSAPI", "attach": "自定义数据",
    });
    let sealed = default_backend()
        .seal(&apiv3_key(), NONCE.as_bytes(), DATA.as_bytes(), resource.to_string().as_bytes())
        .expect("sealed");
    let body = json!({
        "id": "EV-2018022511223320873", "create_time": "2026-11-21T12:34:57+08:00", "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功", "resource": {
            "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(sealed),
            "associated_data": DATA, "nonce": NONCE,
        },
    })
    .to_string();
    let (timestamp, nonce) = (System.now().to_string(), "benchbenchbenchbenchbenchbench12");
    let key = PrivateKey::from_pem(&private_pem(&platform)).expect("a key");
    let signature = key.sign(&reply_message(&timestamp, nonce, body.as_bytes())).expect("signed");
    let written = json!({
        "options": {"public_key_id": KEY_ID, "platform_public_key": public_pem(&platform), "apiv3_key": APIV3_KEY},
        // Those that a gateway hands on.
        "headers": {
            "Host": "shop.example", "User-Agent": "Mozilla/4.0", "Accept": "*/*", "Content-Type": "application/json",
            "Content-Length": body.len().to_string(), "Request-ID": "08B0E5C9BC0610F60118",
            "Wechatpay-Timestamp": timestamp, "Wechatpay-Nonce": nonce, "Wechatpay-Serial": KEY_ID,
            "Wechatpay-Signature": STANDARD.encode(signature),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        },
        "body": body,
    });
    let path = Path::new(directory).join("notification.json");
    fs::write(&path, written.to_string()).expect("notification.json can be written");
    println!("{}", path.display());
}

fn apiv3_key() -> [u8; 32] {
    APIV3_KEY.as_bytes().try_into().expect("32 bytes")
}

fn read(path: &str) -> Value {
    serde_json::from_slice(&fs::read(path).expect("what `notification` wrote")).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The two things that no receiver can leave out, with all else done before.
pub(crate) fn floor(path: &str) -> impl FnMut() {
    let written = read(path);
    let public = PublicKey::from_pem(text(&written["options"]["platform_public_key"])).expect("a key");
    let (headers, body) = (&written["headers"], text(&written["body"]));
    let (timestamp, nonce) = (text(&headers["Wechatpay-Timestamp"]), text(&headers["Wechatpay-Nonce"]));
    let message = reply_message(timestamp, nonce, body.as_bytes());
    let signature = STANDARD.decode(text(&headers["Wechatpay-Signature"])).expect("base64");
    let envelope: Value = serde_json::from_str(body).expect("JSON");
    let sealed = STANDARD.decode(text(&envelope["resource"]["ciphertext"])).expect("base64");
    move || {
        assert!(public.verify(&message, &signature));
        let opened = default_backend().open(&apiv3_key(), NONCE.as_bytes(), DATA.as_bytes(), &sealed);
        assert!(opened.is_ok());
    }
}

/// Reads it as a Rust program does: verified, decrypted, and its resource as the type that a query answers with, too.
pub(crate) fn parse(path: &str) -> impl FnMut() {
    let written = read(path);
    let options = Options::from_json(written["options"].to_string().as_bytes()).expect("options");
    let notifications = Notifications::from_options(&options).expect("a receiver");
    let mut headers = HeaderMap::new();
    for (name, value) in written["headers"].as_object().expect("headers") {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.insert(name, text(value).parse().expect("a header"));
    }
    let body = text(&written["body"]).to_owned();
    move || {
        let notification = notifications.parse(&headers, body.as_bytes()).expect("a good notification");
        let transaction: GetByIdReply = notification.resource().expect("a transaction");
        assert_eq!(transaction.trade_state.as_deref(), Some("SUCCESS"));
    }
}
