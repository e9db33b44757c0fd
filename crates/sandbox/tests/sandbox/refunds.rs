//! Refunds, from the application to the notification of how they ended.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::documented::documented;
use crate::notifications::receiver;
use crate::shop::{SUB_MCHID, opened, ordered, paid, settled, text, told};

const REFUNDS: &str = "/v3/refund/domestic/refunds";

fn refund(transaction_id: &str, out_refund_no: &str, refund: i64, total: i64) -> Value {
    json!({
        "transaction_id": transaction_id, "out_refund_no": out_refund_no, "reason": "sold out",
        "amount": {"refund": refund, "total": total, "currency": "CNY"},
    })
}

async fn apply(client: &Client, body: Value) -> Reply {
    client.call("POST", REFUNDS, body).await
}

async fn status(client: &Client, out_refund_no: &str) -> Value {
    client.call("GET", &format!("{REFUNDS}/{out_refund_no}"), Value::Null).await.json()["status"].clone()
}

async fn trade_state(client: &Client, out_trade_no: &str) -> Value {
    let mchid = &client.info().mchid;
    let target = format!("/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={mchid}");
    client.call("GET", &target, Value::Null).await.json()["trade_state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_applied_for_processed_and_told_of() {
    let client = Client::start().await;
    let transaction_id = paid(&client, None, "R-1", 100, false).await;
    assert_eq!(trade_state(&client, "R-1").await, "SUCCESS");
    let (url, receiver) = receiver(vec!["204 Taken"]);
    let mut body = refund(&transaction_id, "RF-1", 30, 100);
    body["notify_url"] = json!(url);
    let applied = apply(&client, body.clone()).await;
    assert_eq!(client.signed_with(&applied), "public_key");
    let applied = documented("refund.domestic.refunds.create", &applied);
    for (name, value) in [
        ("status", json!("PROCESSING")),
        ("out_refund_no", json!("RF-1")),
        ("transaction_id", json!(transaction_id)),
        ("out_trade_no", json!("R-1")),
        ("channel", json!("ORIGINAL")),
    ] {
        assert_eq!(applied[name], value, "{name}");
    }
    assert_eq!((&applied["amount"]["refund"], &applied["amount"]["total"]), (&json!(30), &json!(100)));
    assert_eq!(apply(&client, body.clone()).await.json(), applied, "the same refund");
    assert_eq!(trade_state(&client, "R-1").await, "REFUND");
    assert_eq!(status(&client, "RF-1").await, "PROCESSING");

    let clock = client.admin_ok("POST", "/clock", json!({"advance_seconds": 60})).await;
    let sent = told(&client, &clock);
    let delivered = receiver.join().unwrap();
    assert_eq!(opened(&client, delivered[0].split_once("\r\n\r\n").unwrap().1), sent[0]);
    let (event_type, mut told) = sent[0].clone();
    assert_eq!(event_type, "REFUND.SUCCESS");
    assert!(told.as_object_mut().unwrap().remove("success_time").unwrap().is_string());
    assert_eq!(
        told,
        json!({
            "mchid": client.info().mchid, "out_trade_no": "R-1", "transaction_id": transaction_id,
            "out_refund_no": "RF-1", "refund_id": applied["refund_id"], "refund_status": "SUCCESS",
            "user_received_account": "支付用户零钱",
            "amount": {"total": 100, "refund": 30, "payer_total": 100, "payer_refund": 30},
        })
    );
    let query = client.call("GET", &format!("{REFUNDS}/RF-1"), Value::Null).await;
    assert_eq!(documented("refund.domestic.refunds.get", &query)["status"], "SUCCESS");
    body["amount"]["refund"] = json!(31);
    assert_eq!(apply(&client, body).await.refusal(), (400, "INVALID_REQUEST".to_owned()), "the same number");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_goes_back_than_was_paid() {
    let client = Client::start().await;
    let transaction_id = paid(&client, None, "R-1", 100, false).await;
    ordered(&client, None, "R-2", 100, false).await;
    let invalid = (400, "INVALID_REQUEST".to_owned());
    let missing = (404, "RESOURCE_NOT_EXISTS".to_owned());
    let mut unpaid = refund("", "RF-0", 10, 100);
    unpaid.as_object_mut().unwrap().remove("transaction_id");
    assert_eq!(apply(&client, unpaid.clone()).await.refusal(), (400, "PARAM_ERROR".to_owned()), "of no order");
    unpaid["out_trade_no"] = json!("R-2");
    assert_eq!(apply(&client, unpaid.clone()).await.refusal(), invalid, "nobody has paid it");
    unpaid["out_trade_no"] = json!("R-3");
    assert_eq!(apply(&client, unpaid).await.refusal(), missing);
    assert_eq!(apply(&client, refund("42", "RF-0", 10, 100)).await.refusal(), missing);
    let mut foreign = refund(&transaction_id, "RF-0", 10, 100);
    foreign["sub_mchid"] = json!(SUB_MCHID);
    assert_eq!(apply(&client, foreign).await.refusal(), missing, "not this sub-merchant's");
    assert_eq!(apply(&client, refund(&transaction_id, "RF-0", 10, 90)).await.refusal(), invalid, "another total");
    assert_eq!(
        apply(&client, refund(&transaction_id, "RF-0", 0, 100)).await.refusal(),
        (400, "PARAM_ERROR".to_owned())
    );
    assert_eq!(apply(&client, refund(&transaction_id, "RF-0", 101, 100)).await.refusal(), invalid);

    for (number, amount, status) in [("RF-1", 60, 200), ("RF-2", 41, 400), ("RF-2", 40, 200), ("RF-3", 1, 400)] {
        let reply = apply(&client, refund(&transaction_id, number, amount, 100)).await;
        assert_eq!(reply.status, status, "{number}: {}", reply.json());
    }
    // One that is closed moves no money.
    let told = settled(&client, "RF-2", Some("CLOSED")).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["refund_status"]), ("REFUND.CLOSED", &json!("CLOSED")));
    assert_eq!(apply(&client, refund(&transaction_id, "RF-3", 40, 100)).await.status, 200);
    let missing = client.call("GET", &format!("{REFUNDS}/RF-9"), Value::Null).await;
    assert_eq!(missing.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    for (settlement, reason) in [
        (json!({"number": "RF-2"}), "nothing is pending"),
        (json!({"number": "RF-3", "outcome": "FINE"}), "cannot end as FINE"),
    ] {
        let (status, answer) = client.admin("POST", "/settle", settlement).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(reason), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abnormal_refund_goes_to_another_account() {
    let client = Client::start().await;
    let transaction_id = paid(&client, Some(SUB_MCHID), "R-1", 100, false).await;
    let mut body = refund(&transaction_id, "RF-1", 100, 100);
    body["sub_mchid"] = json!(SUB_MCHID);
    let applied = apply(&client, body).await.json();
    let refund_id = text(&applied, "refund_id");
    let again = json!({"sub_mchid": SUB_MCHID, "out_refund_no": "RF-1", "type": "MERCHANT_BANK_CARD"});
    let target = format!("{REFUNDS}/{refund_id}/apply-abnormal-refund");
    assert_eq!(client.call("POST", &target, again.clone()).await.refusal(), (400, "INVALID_REQUEST".to_owned()));

    let told = settled(&client, "RF-1", Some("ABNORMAL")).await;
    assert_eq!(told[0].0, "REFUND.ABNORMAL");
    assert_eq!((&told[0].1["sp_mchid"], &told[0].1["sub_mchid"]), (&json!(client.info().mchid), &json!(SUB_MCHID)));
    let query = format!("{REFUNDS}/RF-1?sub_mchid={SUB_MCHID}");
    assert_eq!(client.call("GET", &query, Value::Null).await.json()["status"], "ABNORMAL");
    let mut other = again.clone();
    other["out_refund_no"] = json!("RF-2");
    assert_eq!(client.call("POST", &target, other).await.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    let helped = client.call("POST", &target, again).await;
    assert_eq!(documented("refund.domestic.refunds.apply_abnormal", &helped)["status"], "PROCESSING");
    assert_eq!(settled(&client, "RF-1", None).await[0].0, "REFUND.SUCCESS");
    assert_eq!(client.call("GET", &query, Value::Null).await.json()["status"], "SUCCESS");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_ends_by_itself() {
    let client = Client::start().await;
    let transaction_id = paid(&client, None, "R-1", 100, false).await;
    let (url, receiver) = receiver(vec!["204 Taken"]);
    let mut body = refund(&transaction_id, "RF-1", 100, 100);
    body["notify_url"] = json!(url);
    // The business clock goes on by itself; that ten seconds pass need not be waited for.
    client.admin_ok("POST", "/clock", json!({"advance_seconds": -9})).await;
    apply(&client, body).await;
    let clock = client.admin_ok("POST", "/clock", json!({"advance_seconds": 9})).await;
    assert_eq!(clock.get("notifications"), None, "not yet");
    let received = tokio::task::spawn_blocking(|| receiver.join().unwrap()).await.unwrap();
    assert_eq!(opened(&client, received[0].split_once("\r\n\r\n").unwrap().1).0, "REFUND.SUCCESS");
    assert_eq!(status(&client, "RF-1").await, "SUCCESS");
}
