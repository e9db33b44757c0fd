//! How transfers to users end: bills that users confirm, and batches.

use serde_json::{Value, json};

use crate::client::{Client, Reply};
use crate::documented::documented;
use crate::shop::{OPENID, settled, told};

const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";
const BATCHES: &str = "/v3/transfer/batches";

async fn bill(client: &Client, out_bill_no: &str) -> Reply {
    let body = json!({
        "appid": "wxf636efh567hg4356", "out_bill_no": out_bill_no, "openid": OPENID, "transfer_amount": 100,
        "transfer_remark": "新会员", "transfer_scene_id": "1000", "transfer_scene_report_infos": [],
        "notify_url": "https://shop.example/notify",
    });
    client.call("POST", BILLS, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_confirmed_or_not_and_its_end_is_told() {
    let client = Client::start().await;
    let state = async |number: &str| {
        let reply = client.call("GET", &format!("{BILLS}/out-bill-no/{number}"), Value::Null).await;
        let reply = documented("fund_app.mch_transfer.transfer_bills.get_by_out_bill_no", &reply);
        (reply["state"].clone(), reply["fail_reason"].clone())
    };
    for number in ["T-1", "T-2", "T-3", "T-4"] {
        assert_eq!(bill(&client, number).await.json()["state"], "WAIT_USER_CONFIRM");
    }
    for (number, outcome, ended) in
        [("T-1", None, (json!("SUCCESS"), Value::Null)), ("T-2", Some("FAIL"), (json!("FAIL"), json!("OVERDUE_CLOSE")))]
    {
        let told = settled(&client, number, outcome).await;
        assert_eq!((told.len(), told[0].0.as_str()), (1, "MCHTRANSFER.BILL.FINISHED"));
        assert_eq!((&told[0].1["state"], &told[0].1["out_bill_no"]), (&ended.0, &json!(number)));
        assert_eq!((&told[0].1["mch_id"], &told[0].1["openid"]), (&json!(client.info().mchid), &json!(OPENID)));
        assert_eq!(state(number).await, ended);
    }
    let cancel = format!("{BILLS}/out-bill-no/T-3/cancel");
    assert_eq!(client.call("POST", &cancel, Value::Null).await.json()["state"], "CANCELLED");
    let (status, _) = client.admin("POST", "/settle", json!({"number": "T-3"})).await;
    assert_eq!(status, 400, "it has ended");

    // Documented: a user has a day.
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 24 * 60 * 60 - 60})).await;
    assert_eq!(state("T-4").await.0, "WAIT_USER_CONFIRM");
    let clock = client.admin_ok("POST", "/clock", json!({"advance_seconds": 60})).await;
    assert_eq!(told(&client, &clock)[0].1["state"], "FAIL");
    assert_eq!(state("T-4").await, (json!("FAIL"), json!("OVERDUE_CLOSE")));
}

fn batch(out_batch_no: &str, amounts: &[i64]) -> Value {
    let details = amounts.iter().zip(1..).map(|(amount, at)| {
        json!({
            "out_detail_no": format!("{out_batch_no}-{at}"), "transfer_amount": amount, "transfer_remark": "报销",
            "openid": OPENID,
        })
    });
    json!({
        "appid": "wxf636efh567hg4356", "out_batch_no": out_batch_no, "batch_name": "报销", "batch_remark": "报销单",
        "total_amount": amounts.iter().sum::<i64>(), "total_num": amounts.len(),
        "transfer_detail_list": details.collect::<Vec<_>>(), "notify_url": "https://shop.example/notify",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_accepted_and_ends_transfer_by_transfer() {
    let client = Client::start().await;
    let body = batch("B-1", &[100, 200, 300]);
    let accepted = client.call("POST", BATCHES, body.clone()).await;
    assert_eq!(documented("transfer.batches.create", &accepted)["batch_status"], "ACCEPTED");
    assert_eq!(client.call("POST", BATCHES, body).await.json(), accepted.json(), "the same batch");
    let other = client.call("POST", BATCHES, batch("B-1", &[100])).await;
    assert_eq!(other.refusal(), (400, "INVALID_REQUEST".to_owned()));
    let batch_id = accepted.json()["batch_id"].as_str().unwrap().to_owned();

    let by_number = format!("{BATCHES}/out-batch-no/B-1?need_query_detail=true&detail_status=ALL");
    let found = client.call("GET", &format!("{by_number}&offset=1&limit=1"), Value::Null).await;
    let found = documented("transfer.batches.get_by_out_batch_no", &found);
    let batch = &found["transfer_batch"];
    assert_eq!((&batch["batch_status"], &batch["total_amount"]), (&json!("ACCEPTED"), &json!(600)));
    let details = found["transfer_detail_list"].as_array().unwrap();
    assert_eq!((details.len(), &details[0]["out_detail_no"]), (1, &json!("B-1-2")));
    assert_eq!(details[0]["detail_status"], "PROCESSING");

    let told = settled(&client, "B-1", Some("PARTIAL")).await;
    assert_eq!((told.len(), told[0].0.as_str()), (1, "MCHTRANSFER.BATCH.FINISHED"));
    let counts = ["success_amount", "success_num", "fail_amount", "fail_num"].map(|name| told[0].1[name].clone());
    assert_eq!(counts, [300, 2, 300, 1].map(|count| json!(count)));
    let failed = format!("{BATCHES}/batch-id/{batch_id}?need_query_detail=true&detail_status=FAIL");
    let failed = documented("transfer.batches.get_by_batch_id", &client.call("GET", &failed, Value::Null).await);
    assert_eq!(failed["transfer_batch"]["batch_status"], "FINISHED");
    let [detail] = failed["transfer_detail_list"].as_array().unwrap().as_slice() else { panic!("{failed}") };
    let detail_id = detail["detail_id"].as_str().unwrap();
    for (target, operation) in [
        ("out-batch-no/B-1/details/out-detail-no/B-1-3".to_owned(), "get_by_out_detail_no"),
        (format!("batch-id/{batch_id}/details/detail-id/{detail_id}"), "get_by_detail_id"),
    ] {
        let shown = client.call("GET", &format!("{BATCHES}/{target}"), Value::Null).await;
        let shown = documented(&format!("transfer.batches.details.{operation}"), &shown);
        assert_eq!((&shown["transfer_amount"], &shown["fail_reason"]), (&json!(300), &json!("OPENID_INVALID")));
    }
    let plain = format!("{BATCHES}/out-batch-no/B-1?need_query_detail=false");
    assert_eq!(client.call("GET", &plain, Value::Null).await.json().get("transfer_detail_list"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_must_add_up_and_can_be_closed() {
    let client = Client::start().await;
    for (name, value) in [("total_amount", json!(301)), ("total_num", json!(3))] {
        let mut wrong = batch("B-1", &[100, 200]);
        wrong[name] = value;
        let reply = client.call("POST", BATCHES, wrong).await;
        assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
        assert_eq!(reply.json()["detail"]["field"], format!("/body/{name}"));
    }
    let mut twice = batch("B-1", &[100, 200]);
    twice["transfer_detail_list"][1]["out_detail_no"] = json!("B-1-1");
    assert_eq!(client.call("POST", BATCHES, twice).await.refusal(), (400, "PARAM_ERROR".to_owned()));
    for target in [
        "out-batch-no/B-1?need_query_detail=false",
        "batch-id/1?need_query_detail=false",
        "out-batch-no/B-1/details/out-detail-no/B-1-1",
    ] {
        let missing = client.call("GET", &format!("{BATCHES}/{target}"), Value::Null).await;
        assert_eq!(missing.refusal(), (404, "NOT_FOUND".to_owned()), "{target}");
    }

    client.call("POST", BATCHES, batch("B-1", &[100, 200])).await;
    let told = settled(&client, "B-1", Some("CLOSED")).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["close_reason"]), ("MCHTRANSFER.BATCH.CLOSED", &json!("OVERDUE_CLOSE")));
    let shown = client.call("GET", &format!("{BATCHES}/out-batch-no/B-1?need_query_detail=false"), Value::Null).await;
    assert_eq!(shown.json()["transfer_batch"]["batch_status"], "CLOSED");
    let limit = format!("{BATCHES}/out-batch-no/B-1?need_query_detail=true&limit=101");
    assert_eq!(client.call("GET", &limit, Value::Null).await.refusal(), (400, "PARAM_ERROR".to_owned()));
}
