//! A whole purchase: prepay, payment, profit sharing, and a refund that waits for what was shared to be given back.

use serde_json::{Value, json};

use crate::client::Client;
use crate::shop::{APPID, paid, settled};

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_is_paid_shared_given_back_and_refunded() {
    let client = Client::start().await;
    let mchid = client.info().mchid.clone();
    let transaction_id = paid(&client, None, "O-1", 1000, true).await;
    let post = async |target: &str, body: Value| client.call("POST", target, body).await;
    let left = async || {
        let target = format!("/v3/profitsharing/transactions/{transaction_id}/amounts");
        client.call("GET", &target, Value::Null).await.json()["unsplit_amount"].clone()
    };

    let receiver = json!({"appid": APPID, "type": "MERCHANT_ID", "account": "1900000110", "relation_type": "STORE"});
    assert_eq!(post("/v3/profitsharing/receivers/add", receiver).await.status, 200);
    let share = json!({
        "appid": APPID, "transaction_id": transaction_id, "out_order_no": "S-1", "unfreeze_unsplit": false,
        "receivers": [{"type": "MERCHANT_ID", "account": "1900000110", "amount": 300, "description": "分给商户"}],
    });
    assert_eq!(post("/v3/profitsharing/orders", share).await.status, 200);
    settled(&client, "S-1", None).await;
    assert_eq!(left().await, 700);

    let refund = json!({
        "out_trade_no": "O-1", "out_refund_no": "RF-1", "amount": {"refund": 1000, "total": 1000, "currency": "CNY"},
    });
    let early = post("/v3/refund/domestic/refunds", refund.clone()).await;
    assert_eq!(early.refusal(), (403, "NOT_ENOUGH".to_owned()), "a part of it is somebody else's");
    let back = json!({
        "out_order_no": "S-1", "out_return_no": "B-1", "return_mchid": "1900000110", "amount": 300,
        "description": "退款",
    });
    assert_eq!(post("/v3/profitsharing/return-orders", back).await.status, 200);
    assert_eq!(post("/v3/refund/domestic/refunds", refund.clone()).await.status, 403, "on its way back only");
    settled(&client, "B-1", None).await;
    assert_eq!(post("/v3/refund/domestic/refunds", refund).await.json()["status"], "PROCESSING");
    assert_eq!(settled(&client, "RF-1", None).await[0].0, "REFUND.SUCCESS");

    let refunded = client.call("GET", "/v3/refund/domestic/refunds/RF-1", Value::Null).await;
    assert_eq!(
        (refunded.json()["status"].as_str(), refunded.json()["amount"]["refund"].as_i64()),
        (Some("SUCCESS"), Some(1000))
    );
    let target = format!("/v3/pay/transactions/out-trade-no/O-1?mchid={mchid}");
    assert_eq!(client.call("GET", &target, Value::Null).await.json()["trade_state"], "REFUND");
    assert_eq!(left().await, 0);
}
