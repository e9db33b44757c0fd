//! Issue: "already encrypted by hand (per-call opt-out)". The cases show it in every language; here is what only Rust has:
//! typed requests, and which derived client keeps the option.

use serde_json::{Value, json};
use wechatpay_sdk::fund_app::TransferSceneReportInfo;
use wechatpay_sdk::fund_app::mch_transfer::transfer_bills::{Create, GetByOutBillNo};
use wechatpay_sdk::{CallOptions, Client, ErrorKind, Options};
use wechatpay_suite::{Local, vector_text};

fn bill(user_name: &str) -> Create {
    Create::new(
        "wxf636efh567hg4356",
        "plfk2020042013",
        "o-MYE42l80oelYMDE34nYD456Xoy",
        400_000.into(),
        "新会员开通有礼",
        "1000".into(),
        vec![TransferSceneReportInfo::new("活动名称", "新会员有礼")],
    )
    .user_name(user_name)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_typed_request_carries_ciphertext_of_the_callers_own() {
    let local = Local::start();
    let encrypted = local.client().encrypt("张三").await.expect("short enough");
    let client = local.client().with_options(CallOptions::default().encrypted_with(&*encrypted.serial));
    client.send(&bill(&encrypted.ciphertext)).await.expect("accepted");
    let sent = local.admin.journal().await.pop().expect("it arrived");
    assert_eq!(sent["understood"]["body"]["user_name"], "张三");
    assert!(sent["body"].as_str().expect("text").contains(&encrypted.ciphertext), "sent as it was given");
    let found = local.client().send(&GetByOutBillNo::new("plfk2020042013")).await.expect("found");
    assert_eq!(found.user_name.expect("there").expose(), "张三");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_defaults_keep_it_and_another_merchant_does_not() {
    let local = Local::start();
    let by_hand = local.client().with_options(CallOptions::default().encrypted_with(&*local.info.public_key_id));
    let hasty = by_hand.with_options(CallOptions::default().timeout(std::time::Duration::from_secs(9)));
    let refused = hasty.send(&bill("张三")).await.expect_err("no ciphertext");
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::InvalidRequest, "not_ciphertext"));
    assert!(local.admin.journal().await.is_empty());

    let mut own = local.options();
    for shared in ["base_url", "backup_url", "timeout", "cool_down"] {
        own.remove(shared);
    }
    let own = Options::from_json(Value::from(own).to_string().as_bytes()).expect("options");
    by_hand.for_merchant(&own).expect("complete").send(&bill("张三")).await.expect("encrypted for the caller");
}

#[tokio::test]
async fn an_expired_certificate_is_not_named() {
    let options = json!({
        "mchid": "1900000001",
        "merchant_private_key": vector_text("keys/merchant_pkcs8.pem"),
        "merchant_certificate": vector_text("keys/merchant_cert.pem"),
        "public_key_id": "PUB_KEY_ID_01",
        "platform_public_key": vector_text("keys/platform_pub.pem"),
        "platform_certificates": [vector_text("keys/platform_cert_expired.pem")],
        "base_url": "http://127.0.0.1:9",
    });
    let client =
        Client::from_options(&Options::from_json(options.to_string().as_bytes()).expect("options")).expect("complete");
    let expired =
        wechatpay_sdk::crypto::Certificate::from_pem(&vector_text("keys/platform_cert_expired.pem")).expect("one");
    let client = client.with_options(CallOptions::default().encrypted_with(expired.serial_no));
    let refused = client.send(&bill("张三")).await.expect_err("the key is no longer the platform's");
    assert_eq!((refused.kind(), refused.code()), (ErrorKind::InvalidRequest, "certificate_expired"));
    assert_eq!(refused.detail().and_then(|detail| detail.field.as_deref()), Some("encrypted_with"));
}
