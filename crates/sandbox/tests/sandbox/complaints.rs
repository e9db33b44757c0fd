//! A complaint from its filing to its end, and who is told.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::documented::documented;
use crate::notifications::receiver;
use crate::shop::{SUB_MCHID, opened, told};

const COMPLAINTS: &str = "/v3/merchant-service/complaints-v2";
const NOTIFICATIONS: &str = "/v3/merchant-service/complaint-notifications";

async fn act(client: &Client, id: &str, what: &str, body: Value) -> Reply {
    client.call("POST", &format!("{COMPLAINTS}/{id}/{what}"), body).await
}

async fn state(client: &Client, id: &str) -> Value {
    client.call("GET", &format!("{COMPLAINTS}/{id}"), Value::Null).await.json()["complaint_state"].clone()
}

/// The kinds of what was said, the newest first.
async fn history(client: &Client, id: &str, query: &str) -> (Vec<String>, Value) {
    let target = format!("{COMPLAINTS}/{id}/negotiation-historys{query}");
    let reply = client.call("GET", &target, Value::Null).await;
    let reply = documented("merchant_service.complaints_v2.negotiation_histories.list", &reply);
    let kinds = reply["data"].as_array().unwrap().iter().map(|one| one["operate_type"].as_str().unwrap().to_owned());
    (kinds.collect(), reply["total_count"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_filed_answered_and_done() {
    let client = Client::start().await;
    let (url, receiver) = receiver(vec!["204 Taken", "204 Taken", "204 Taken"]);
    assert_eq!(client.call("POST", NOTIFICATIONS, json!({"url": url})).await.status, 200);
    let filed = client
        .admin_ok("POST", "/complaints", json!({"complaint": {"complaint_id": "C-1", "complainted_mchid": SUB_MCHID}}))
        .await;
    let created = json!({"complaint_id": "C-1", "action_type": "CREATE_COMPLAINT"});
    assert_eq!(told(&client, &filed), [("COMPLAINT.CREATE".to_owned(), created.clone())]);
    let (status, answer) = client.admin("POST", "/complaints", json!({"complaint": {"complaint_id": "C-1"}})).await;
    assert!(status == 400 && answer["error"].as_str().unwrap().contains("C-1"), "{answer}");
    assert_eq!(state(&client, "C-1").await, "PENDING");
    let shown = client.call("GET", &format!("{COMPLAINTS}/C-1"), Value::Null).await;
    let shown = documented("merchant_service.complaints_v2.get", &shown);
    assert_eq!(shown["payer_phone"].as_str().unwrap().len(), 344, "encrypted for the merchant");

    let invalid = (400, "INVALID_REQUEST".to_owned());
    let of = json!({"complainted_mchid": SUB_MCHID});
    assert_eq!(act(&client, "C-1", "complete", of.clone()).await.refusal(), invalid, "nobody has answered");
    let mut answer = json!({"complainted_mchid": SUB_MCHID, "response_content": "已发货", "response_images": ["m-1"]});
    let reply = act(&client, "C-1", "response", answer.clone()).await;
    assert_eq!((reply.status, reply.body.len(), client.signed_with(&reply)), (204, 0, "public_key"));
    assert_eq!(state(&client, "C-1").await, "PROCESSING");
    answer["complainted_mchid"] = json!("1900000110");
    assert_eq!(act(&client, "C-1", "response", answer.clone()).await.refusal(), invalid, "of another merchant");
    assert_eq!(act(&client, "C-9", "response", answer).await.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    for _ in 0..2 {
        assert_eq!(act(&client, "C-1", "complete", of.clone()).await.status, 204, "once done, it stays so");
        assert_eq!(state(&client, "C-1").await, "PROCESSED");
    }

    let kinds = ["MERCHANT_CONFIRM_COMPLETE", "MERCHANT_RESPONSE", "USER_CREATE_COMPLAINT"].map(str::to_owned).to_vec();
    assert_eq!(history(&client, "C-1", "").await, (kinds.clone(), json!(3)));
    assert_eq!(history(&client, "C-1", "?limit=1&offset=1").await, (kinds[1..2].to_vec(), json!(3)));
    let received = tokio::task::spawn_blocking(|| receiver.join().unwrap()).await.unwrap();
    let mut told: Vec<_> =
        received.iter().map(|text| opened(&client, text.split_once("\r\n\r\n").unwrap().1)).collect();
    let changed = |action_type: &str| {
        ("COMPLAINT.STATE_CHANGE".to_owned(), json!({"complaint_id": "C-1", "action_type": action_type}))
    };
    let expected =
        [("COMPLAINT.CREATE".to_owned(), created), changed("MERCHANT_RESPONSE"), changed("MERCHANT_CONFIRM_COMPLETE")];
    // The last two may have been on their way at the same time.
    told.sort_by_key(|one| expected.iter().position(|other| other == one));
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_wants_money_back_is_approved_or_refused() {
    let client = Client::start().await;
    for (id, problem_type) in [("C-1", "REFUND"), ("C-2", "REFUND"), ("C-3", "OTHERS")] {
        let complaint = json!({"complaint_id": id, "problem_type": problem_type, "apply_refund_amount": 100});
        client.admin_ok("POST", "/complaints", json!({"complaint": complaint})).await;
    }
    for (id, body, status, kind) in [
        ("C-1", json!({"action": "APPROVE", "launch_refund_day": 0}), 204, "MERCHANT_APPROVE_REFUND"),
        ("C-2", json!({"action": "REJECT", "reject_reason": "已签收"}), 204, "MERCHANT_REFUSE_RERUND"),
        ("C-3", json!({"action": "APPROVE"}), 400, "USER_CREATE_COMPLAINT"),
    ] {
        assert_eq!(act(&client, id, "update-refund-progress", body).await.status, status, "{id}");
        assert_eq!(history(&client, id, "").await.0[0], kind);
    }
    assert_eq!(state(&client, "C-2").await, "PROCESSING");
    for query in ["?limit=0", "?limit=301"] {
        let target = format!("{COMPLAINTS}/C-1/negotiation-historys{query}");
        assert_eq!(client.call("GET", &target, Value::Null).await.refusal(), (400, "PARAM_ERROR".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_of_notifications_is_made_changed_and_taken_away() {
    let client = Client::start().await;
    let (one, other) = (json!({"url": "https://shop.example/one"}), json!({"url": "https://shop.example/other"}));
    let missing = (404, "RESOURCE_NOT_EXISTS".to_owned());
    assert_eq!(client.call("GET", NOTIFICATIONS, Value::Null).await.refusal(), missing);
    assert_eq!(client.call("PUT", NOTIFICATIONS, one.clone()).await.refusal(), missing);
    for _ in 0..2 {
        assert_eq!(client.call("POST", NOTIFICATIONS, one.clone()).await.json()["mchid"], client.info().mchid.as_str());
    }
    let second = client.call("POST", NOTIFICATIONS, other.clone()).await;
    assert_eq!(second.refusal(), (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(client.call("PUT", NOTIFICATIONS, other.clone()).await.json()["url"], other["url"]);
    let shown = client.call("GET", NOTIFICATIONS, Value::Null).await;
    assert_eq!(documented("merchant_service.complaint_notifications.get", &shown)["url"], other["url"]);
    for _ in 0..2 {
        assert_eq!(client.call("DELETE", NOTIFICATIONS, Value::Null).await.status, 204);
    }
    assert_eq!(client.call("GET", NOTIFICATIONS, Value::Null).await.refusal(), missing);
}
