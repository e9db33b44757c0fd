//! What is created is found again; what is seeded is listed in pages.

use serde_json::{Value, json};

use crate::client::Client;

const BILLS: &str = "/v3/fund-app/mch-transfer/transfer-bills";
const COMPLAINTS: &str = "/v3/merchant-service/complaints-v2";

fn bill(remark: &str) -> Value {
    json!({
        "appid": "wxf636efh567hg4356",
        "out_bill_no": "plfk2020042013",
        "openid": "o-MYE42l80oelYMDE34nYD456Xoy",
        "transfer_amount": 100,
        "transfer_remark": remark,
        "transfer_scene_id": "1000",
        "transfer_scene_report_infos": [],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_is_made_once_found_by_both_numbers_and_cancelled_until_it_is_done() {
    let client = Client::start().await;
    let made = client.call("POST", BILLS, bill("新会员")).await;
    assert_eq!((made.status, &made.json()["state"]), (200, &json!("WAIT_USER_CONFIRM")));
    let again = client.call("POST", BILLS, bill("新会员")).await;
    assert_eq!(again.json()["transfer_bill_no"], made.json()["transfer_bill_no"]);
    assert_eq!(client.call("POST", BILLS, bill("老会员")).await.refusal(), (400, "ALREADY_EXISTS".to_owned()));

    let number = made.json()["transfer_bill_no"].as_str().unwrap().to_owned();
    assert_eq!(number.len(), 40);
    for target in [format!("{BILLS}/out-bill-no/plfk2020042013"), format!("{BILLS}/transfer-bill-no/{number}")] {
        let found = client.call("GET", &target, Value::Null).await;
        assert_eq!(found.json()["mch_id"], client.info().mchid.as_str());
        assert_eq!((&found.json()["transfer_amount"], found.json().get("user_name")), (&json!(100), None));
    }
    let missing = client.call("GET", &format!("{BILLS}/out-bill-no/other"), Value::Null).await;
    assert_eq!(missing.refusal(), (404, "NOT_FOUND".to_owned()));

    let cancel = format!("{BILLS}/out-bill-no/plfk2020042013/cancel");
    for _ in 0..2 {
        let cancelled = client.call("POST", &cancel, Value::Null).await;
        assert_eq!((cancelled.status, &cancelled.json()["state"]), (200, &json!("CANCELLED")), "{cancelled:?}");
    }
    client.admin_ok("PATCH", "/state", json!({"transfer_bills": {"plfk2020042013": {"state": "SUCCESS"}}})).await;
    assert_eq!(client.call("POST", &cancel, Value::Null).await.refusal(), (400, "INVALID_REQUEST".to_owned()));

    // Another merchant's bill is nobody's business.
    client.admin_ok("PATCH", "/state", json!({"transfer_bills": {"plfk2020042013": {"mch_id": "1900009999"}}})).await;
    let foreign = client.call("GET", &format!("{BILLS}/out-bill-no/plfk2020042013"), Value::Null).await;
    assert_eq!(foreign.refusal(), (404, "NOT_FOUND".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn complaints_are_listed_by_day_and_merchant_in_pages() {
    let client = Client::start().await;
    for (query, ids, total) in [
        ("begin_date=2020-01-01&end_date=2020-01-31", vec!["01", "02", "03"], 3),
        ("begin_date=2020-01-02&end_date=2020-01-02", vec!["02"], 1),
        ("begin_date=2020-02-01&end_date=2020-02-28", vec![], 0),
        ("begin_date=2020-01-01&end_date=2020-01-31&limit=2", vec!["01", "02"], 3),
        ("begin_date=2020-01-01&end_date=2020-01-31&limit=2&offset=2", vec!["03"], 3),
        ("begin_date=2020-01-01&end_date=2020-01-31&offset=9", vec![], 3),
        ("begin_date=2020-01-01&end_date=2020-01-31&complainted_mchid=1900000109", vec!["01", "03"], 2),
    ] {
        let reply = client.call("GET", &format!("{COMPLAINTS}?{query}"), Value::Null).await;
        let data = reply.json()["data"].clone();
        let days = data.as_array().unwrap().iter().map(|one| one["complaint_time"].as_str().unwrap()[8..10].to_owned());
        assert_eq!(
            (days.collect::<Vec<_>>(), &reply.json()["total_count"]),
            (ids.into_iter().map(str::to_owned).collect(), &json!(total)),
            "{query}"
        );
    }
    for query in ["limit=0", "limit=51", "offset=-1"] {
        let target = format!("{COMPLAINTS}?begin_date=2020-01-01&end_date=2020-01-31&{query}");
        assert_eq!(
            client.call("GET", &target, Value::Null).await.refusal(),
            (400, "PARAM_ERROR".to_owned()),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_changed_keeps_its_number() {
    let client = Client::start().await;
    let applyments = json!({"applyments": {"1_1": {"business_code": "1_1", "applyment_id": 7, "applyment_state": "APPLYMENT_STATE_FINISHED"}}});
    client.admin_ok("PATCH", "/state", applyments).await;
    for target in ["business_code/1_1", "applyment_id/7"] {
        let found = client.call("GET", &format!("/v3/applyment4sub/applyment/{target}"), Value::Null).await;
        assert_eq!((found.status, &found.json()["applyment_state"]), (200, &json!("APPLYMENT_STATE_FINISHED")));
    }
    for target in ["business_code/1_2", "applyment_id/8"] {
        let missing = client.call("GET", &format!("/v3/applyment4sub/applyment/{target}"), Value::Null).await;
        assert_eq!(missing.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()));
    }
}
