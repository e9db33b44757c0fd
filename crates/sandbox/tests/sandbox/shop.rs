//! What the tests of a payment's later life begin with: an order that is paid, and notifications that are opened.

use serde_json::{Value, json};

use crate::client::Client;

pub(crate) const APPID: &str = "wxd678efh567hg6787";
pub(crate) const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
pub(crate) const SUB_MCHID: &str = "1900000109";

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

/// Prepays an order, of a service provider's where a sub-merchant is named.
pub(crate) async fn ordered(client: &Client, sub_mchid: Option<&str>, out_trade_no: &str, total: i64, shares: bool) {
    let mut order = json!({
        "description": "tea", "out_trade_no": out_trade_no, "notify_url": "https://shop.example/notify",
        "amount": {"total": total}, "settle_info": {"profit_sharing": shares},
    });
    let (target, whose) = match sub_mchid {
        None => (
            "/v3/pay/transactions/jsapi",
            json!({"appid": APPID, "mchid": client.info().mchid, "payer": {"openid": OPENID}}),
        ),
        Some(sub_mchid) => (
            "/v3/pay/partner/transactions/jsapi",
            json!({
                "sp_appid": APPID, "sp_mchid": client.info().mchid, "sub_mchid": sub_mchid,
                "payer": {"sp_openid": OPENID},
            }),
        ),
    };
    order.as_object_mut().unwrap().extend(whose.as_object().unwrap().clone());
    let reply = client.call("POST", target, order).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
}

/// Prepays an order and pays it; the payment's `transaction_id`.
pub(crate) async fn paid(
    client: &Client,
    sub_mchid: Option<&str>,
    out_trade_no: &str,
    total: i64,
    shares: bool,
) -> String {
    ordered(client, sub_mchid, out_trade_no, total, shares).await;
    let payment = json!({"out_trade_no": out_trade_no, "sub_mchid": sub_mchid});
    let paid = client.admin_ok("POST", "/orders/pay", payment).await;
    text(&paid["order"], "transaction_id").to_owned()
}

/// Ends what the merchant calls by this number: the notifications, `(event_type, resource)`, opened.
pub(crate) async fn settled(client: &Client, number: &str, outcome: Option<&str>) -> Vec<(String, Value)> {
    let mut settlement = json!({"number": number});
    if let Some(outcome) = outcome {
        settlement["outcome"] = json!(outcome);
    }
    told(client, &client.admin_ok("POST", "/settle", settlement).await)
}

/// The notifications of an answer of the admin listener, opened.
pub(crate) fn told(client: &Client, answer: &Value) -> Vec<(String, Value)> {
    let notifications = answer["notifications"].as_array().into_iter().flatten();
    notifications.map(|notification| opened(client, text(notification, "body"))).collect()
}

/// The event type and the plain resource of a notification.
pub(crate) fn opened(client: &Client, body: &str) -> (String, Value) {
    let envelope: Value = serde_json::from_str(body).unwrap();
    let resource = &envelope["resource"];
    let key = wechatpay_sdk::ApiV3Key::new(&client.info().apiv3_key).unwrap();
    let (nonce, data) = (text(resource, "nonce"), text(resource, "associated_data"));
    let plaintext = wechatpay_sdk::resource::decrypt_resource(&key, nonce, data, text(resource, "ciphertext")).unwrap();
    (text(&envelope, "event_type").to_owned(), serde_json::from_slice(&plaintext).unwrap())
}
