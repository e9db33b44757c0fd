//! Profit sharing: receivers, sharing, giving back and releasing, and that the amounts add up.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::documented::documented;
use crate::shop::{APPID, SUB_MCHID, ordered, paid, settled, text};

const BASE: &str = "/v3/profitsharing";

async fn post(client: &Client, what: &str, body: Value) -> Reply {
    client.call("POST", &format!("{BASE}/{what}"), body).await
}

fn receiver(account: &str) -> Value {
    json!({"appid": APPID, "type": "MERCHANT_ID", "account": account, "relation_type": "STORE"})
}

fn share(transaction_id: &str, out_order_no: &str, shares: &[(&str, i64)], unfreeze: bool) -> Value {
    let receivers = shares.iter().map(|(account, amount)| {
        json!({"type": "MERCHANT_ID", "account": account, "amount": amount, "description": "分给商户"})
    });
    json!({
        "appid": APPID, "transaction_id": transaction_id, "out_order_no": out_order_no,
        "receivers": receivers.collect::<Vec<_>>(), "unfreeze_unsplit": unfreeze,
    })
}

async fn left(client: &Client, transaction_id: &str) -> Value {
    let reply = client.call("GET", &format!("{BASE}/transactions/{transaction_id}/amounts"), Value::Null).await;
    documented("profitsharing.transactions.amounts.get", &reply)["unsplit_amount"].clone()
}

async fn order(client: &Client, transaction_id: &str, out_order_no: &str) -> Value {
    let target = format!("{BASE}/orders/{out_order_no}?transaction_id={transaction_id}");
    documented("profitsharing.orders.get", &client.call("GET", &target, Value::Null).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_shared_given_back_and_released() {
    let client = Client::start().await;
    let transaction_id = paid(&client, None, "P-1", 1000, true).await;
    assert_eq!(left(&client, &transaction_id).await, 1000);
    let added = post(&client, "receivers/add", receiver("1900000110")).await;
    let added = documented("profitsharing.receivers.add", &added);
    assert_eq!(added, json!({"type": "MERCHANT_ID", "account": "1900000110", "relation_type": "STORE"}));

    let body = share(&transaction_id, "S-1", &[("1900000110", 300)], false);
    let shared = post(&client, "orders", body.clone()).await;
    assert_eq!(client.signed_with(&shared), "public_key");
    let shared = documented("profitsharing.orders.create", &shared);
    assert_eq!((&shared["state"], &shared["receivers"][0]["result"]), (&json!("PROCESSING"), &json!("PENDING")));
    assert_eq!(post(&client, "orders", body).await.json(), shared, "the same request");
    assert_eq!(left(&client, &transaction_id).await, 700);

    let told = settled(&client, "S-1", None).await;
    assert_eq!((told.len(), told[0].0.as_str()), (1, "PROFITSHARING.SUCCESS"));
    assert_eq!(
        told[0].1["receiver"],
        json!({"type": "MERCHANT_ID", "account": "1900000110", "amount": 300, "description": "分给商户"})
    );
    assert_eq!((text(&told[0].1, "mchid"), text(&told[0].1, "out_order_no")), (client.info().mchid.as_str(), "S-1"));
    let ended = order(&client, &transaction_id, "S-1").await;
    assert_eq!((&ended["state"], &ended["receivers"][0]["result"]), (&json!("FINISHED"), &json!("SUCCESS")));

    // Given back: to the merchant, not to be shared again.
    let back = json!({
        "order_id": shared["order_id"], "out_return_no": "B-1", "return_mchid": "1900000110", "amount": 100,
        "description": "退货",
    });
    let returned = post(&client, "return-orders", back.clone()).await;
    let returned = documented("profitsharing.return_orders.create", &returned);
    assert_eq!((&returned["result"], text(&returned, "out_order_no")), (&json!("PROCESSING"), "S-1"));
    assert_eq!(post(&client, "return-orders", back.clone()).await.json(), returned, "the same request");
    let told = settled(&client, "B-1", None).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["receiver"]["amount"]), ("PROFITSHARING.RETURN", &json!(100)));
    let target = format!("{BASE}/return-orders/B-1?out_order_no=S-1");
    let query = client.call("GET", &target, Value::Null).await;
    assert_eq!(documented("profitsharing.return_orders.get", &query)["result"], "SUCCESS");
    assert_eq!(left(&client, &transaction_id).await, 700);
    for (number, amount, status) in [("B-2", 201, 400), ("B-2", 200, 200), ("B-3", 1, 400)] {
        let mut more = back.clone();
        (more["out_return_no"], more["amount"]) = (json!(number), json!(amount));
        assert_eq!(post(&client, "return-orders", more).await.status, status, "{number} of {amount}");
    }
    assert_eq!(settled(&client, "B-2", Some("FAILED")).await.len(), 0);

    let release = json!({"transaction_id": transaction_id, "out_order_no": "S-2", "description": "解冻全部剩余资金"});
    let released = post(&client, "orders/unfreeze", release.clone()).await.json();
    assert_eq!(
        (&released["receivers"][0]["account"], &released["receivers"][0]["amount"]),
        (&json!(client.info().mchid), &json!(700))
    );
    assert_eq!(post(&client, "orders/unfreeze", release).await.json(), released, "the same request");
    assert_eq!(left(&client, &transaction_id).await, 0);
    assert_eq!(settled(&client, "S-2", None).await.len(), 0, "a merchant's own money is no news");
    let again = json!({"transaction_id": transaction_id, "out_order_no": "S-3", "description": "x"});
    assert_eq!(post(&client, "orders/unfreeze", again).await.refusal(), (400, "INVALID_REQUEST".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shared_is_refused() {
    let client = Client::start().await;
    let whole = paid(&client, None, "P-1", 1000, true).await;
    let plain = paid(&client, None, "P-2", 1000, false).await;
    ordered(&client, None, "P-3", 1000, true).await;
    let invalid = (400, "INVALID_REQUEST".to_owned());
    let one = |transaction_id: &str, amount: i64| share(transaction_id, "S-1", &[("1900000110", amount)], false);
    assert_eq!(post(&client, "orders", one(&whole, 1)).await.refusal(), invalid, "no such receiver");
    post(&client, "receivers/add", receiver("1900000110")).await;
    assert_eq!(post(&client, "orders", one(&plain, 1)).await.refusal(), invalid, "not to be shared");
    assert_eq!(post(&client, "orders", one("42", 1)).await.refusal(), invalid, "no such payment");
    assert_eq!(post(&client, "orders", one(&whole, 0)).await.refusal(), (400, "PARAM_ERROR".to_owned()));
    assert_eq!(post(&client, "orders", one(&whole, 1001)).await.refusal(), (403, "NOT_ENOUGH".to_owned()));
    assert_eq!(post(&client, "orders", one(&whole, 600)).await.status, 200);
    assert_eq!(post(&client, "orders", one(&whole, 601)).await.refusal(), invalid, "the same number");
    let more = share(&whole, "S-2", &[("1900000110", 401)], false);
    assert_eq!(post(&client, "orders", more).await.refusal(), (403, "NOT_ENOUGH".to_owned()));

    // One that is closed has given nobody anything.
    settled(&client, "S-1", Some("CLOSED")).await;
    let ended = order(&client, &whole, "S-1").await;
    assert_eq!((&ended["receivers"][0]["result"], left(&client, &whole).await), (&json!("CLOSED"), json!(1000)));
    let back = json!({
        "out_order_no": "S-1", "out_return_no": "B-1", "return_mchid": "1900000110", "amount": 1, "description": "x",
    });
    assert_eq!(post(&client, "return-orders", back).await.refusal(), invalid, "nothing was got");

    post(&client, "receivers/delete", json!({"appid": APPID, "type": "MERCHANT_ID", "account": "1900000110"})).await;
    let gone = share(&whole, "S-3", &[("1900000110", 1)], false);
    assert_eq!(post(&client, "orders", gone).await.refusal(), invalid, "the receiver is gone");
    for transaction_id in [plain.as_str(), "42"] {
        let amounts = client.call("GET", &format!("{BASE}/transactions/{transaction_id}/amounts"), Value::Null).await;
        assert_eq!(amounts.refusal(), invalid);
    }
    for target in [format!("orders/S-9?transaction_id={whole}"), "return-orders/B-9?out_order_no=S-1".to_owned()] {
        let missing = client.call("GET", &format!("{BASE}/{target}"), Value::Null).await;
        assert_eq!(missing.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_merchants_payment_is_its_own_and_the_rest_is_released() {
    let client = Client::start().await;
    let transaction_id = paid(&client, Some(SUB_MCHID), "P-1", 1000, true).await;
    let mut body = share(&transaction_id, "S-1", &[(SUB_MCHID, 1), ("1900000110", 299)], true);
    assert_eq!(post(&client, "orders", body.clone()).await.status, 400, "not the provider's own payment");
    let mut added = receiver("1900000110");
    (added["sub_mchid"], body["sub_mchid"]) = (json!(SUB_MCHID), json!(SUB_MCHID));
    post(&client, "receivers/add", added).await;
    let shared = post(&client, "orders", body).await.json();
    let amounts = shared["receivers"].as_array().unwrap().iter().map(|one| one["amount"].as_i64().unwrap());
    assert_eq!(amounts.collect::<Vec<_>>(), [1, 299, 700], "what is left is the sub-merchant's");
    assert_eq!(left(&client, &transaction_id).await, 0);
    let told = settled(&client, "S-1", None).await;
    assert_eq!((told.len(), text(&told[0].1, "sub_mchid")), (1, SUB_MCHID), "of what somebody else got");
}
