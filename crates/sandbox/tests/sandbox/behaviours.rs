//! The operations that act on the state.

use serde_json::{Value, json};

use crate::client::{Client, Reply};

const GOOD: &str = "1900000109";
const DAY: i64 = 24 * 60 * 60;

async fn sub_merchant(client: &Client, sub_mchid: &str) -> Value {
    client.admin_ok("GET", "/state", Value::Null).await["sub_merchants"][sub_mchid].clone()
}

async fn gold_plan(client: &Client, operation_type: &str, scene: Option<&str>) -> Reply {
    let mut body = json!({"sub_mchid": GOOD, "operation_type": operation_type});
    if let Some(scene) = scene {
        body["operation_pay_scene"] = json!(scene);
    }
    client.call("POST", "/v3/goldplan/merchants/changegoldplanstatus", body).await
}

async fn advertising(client: &Client, method: &str, action: &str, filters: Option<Value>) -> Reply {
    let mut body = json!({"sub_mchid": GOOD});
    if let Some(filters) = filters {
        body["advertising_industry_filters"] = filters;
    }
    client.call(method, &format!("/v3/goldplan/merchants/{action}"), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_custom_page_opens_and_closes() {
    let client = Client::start().await;
    for (operation_type, repeated) in [("OPEN", false), ("OPEN", true), ("CLOSE", false), ("CLOSE", true)] {
        let reply = client.custom_page(GOOD, operation_type).await;
        assert_eq!((reply.status, reply.json()), (200, json!({"sub_mchid": GOOD})), "{operation_type} {repeated}");
        assert_eq!(client.signed_with(&reply), "public_key");
        assert_eq!(sub_merchant(&client, GOOD).await["custom_page"], operation_type);
        let (id, errcode) = reply.header("request-id").split_once('-').unwrap();
        assert!(!id.is_empty() && errcode == "0");
        assert!(reply.header("content-type").starts_with("application/json"));
        assert!(!reply.header("date").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_reason_refuses_the_custom_page() {
    let client = Client::start().await;
    for (change, code, message) in [
        (json!({"service_provider": {"gold_plan": false}}), "INVALID_REQUEST", "服务商未开通点金计划"),
        (json!({"service_provider": {"receipt_link": false}}), "INVALID_REQUEST", "服务商未配置商家小票链接"),
        (json!({"service_provider": {"punished": true}}), "INVALID_REQUEST", "服务商被处罚中"),
        (json!({"sub_merchants": {GOOD: {"punished": true}}}), "INVALID_REQUEST", "特约商户被处罚中"),
        (json!({"service_provider": {"busy": true}}), "INVALID_REQUEST", "操作失败,请稍后再试"),
        (json!({"sub_merchants": {GOOD: null}}), "MCH_NOT_EXISTS", "特约商户号不存在"),
    ] {
        client.admin_ok("PATCH", "/state", change).await;
        let reply = client.custom_page(GOOD, "OPEN").await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json(), json!({"code": code, "message": message}));
        assert_eq!(client.signed_with(&reply), "public_key");
        client.admin_ok("POST", "/reset", Value::Null).await;
        assert_eq!(sub_merchant(&client, GOOD).await["custom_page"], "CLOSE", "{message}: no effect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_gold_plan_operations_need_no_receipt_link_but_all_the_rest() {
    let client = Client::start().await;
    let calls = [
        ("POST", "changegoldplanstatus", json!({"sub_mchid": GOOD, "operation_type": "OPEN"})),
        (
            "POST",
            "set-advertising-industry-filter",
            json!({"sub_mchid": GOOD, "advertising_industry_filters": ["FOOD"]}),
        ),
        ("PATCH", "open-advertising-show", json!({"sub_mchid": GOOD})),
        ("POST", "close-advertising-show", json!({"sub_mchid": GOOD})),
    ];
    for (method, action, body) in calls {
        let target = format!("/v3/goldplan/merchants/{action}");
        client.admin_ok("PATCH", "/state", json!({"service_provider": {"receipt_link": false}})).await;
        assert!(client.call(method, &target, body.clone()).await.status < 300, "{action}");
        for change in [
            json!({"service_provider": {"gold_plan": false}}),
            json!({"service_provider": {"punished": true}}),
            json!({"service_provider": {"busy": true}}),
            json!({"sub_merchants": {GOOD: {"punished": true}}}),
        ] {
            client.admin_ok("PATCH", "/state", change).await;
            let reply = client.call(method, &target, body.clone()).await;
            assert_eq!(reply.refusal(), (400, "INVALID_REQUEST".to_owned()), "{action}");
            client.admin_ok("POST", "/reset", Value::Null).await;
        }
        let mut stranger = body;
        stranger["sub_mchid"] = json!("1999999999");
        let reply = client.call(method, &target, stranger).await;
        assert_eq!(reply.refusal(), (400, "MCH_NOT_EXISTS".to_owned()), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_gold_plan_reopens_after_a_day() {
    let client = Client::start().await;
    let plan = async || sub_merchant(&client, GOOD).await["gold_plan"].clone();

    assert_eq!(gold_plan(&client, "CLOSE", None).await.status, 200);
    assert_eq!(plan().await["closed_at"], Value::Null, "a plan that was never open was not closed");
    let reply = gold_plan(&client, "OPEN", None).await;
    assert_eq!((reply.status, reply.json()), (200, json!({"sub_mchid": GOOD})));
    assert_eq!(plan().await, json!({"status": "OPEN", "pay_scene": "JSAPI", "closed_at": null}));
    assert_eq!(gold_plan(&client, "CLOSE", None).await.status, 200);
    let closed_at = plan().await["closed_at"].as_i64().unwrap();

    let reply = gold_plan(&client, "OPEN", None).await;
    assert_eq!(reply.refusal(), (400, "INVALID_REQUEST".to_owned()));
    assert!(reply.json()["message"].as_str().unwrap().contains("24小时"));
    let clock = client.admin_ok("POST", "/clock", json!({"advance_seconds": DAY / 2})).await;
    assert_eq!(clock["advanced_seconds"], DAY / 2);
    assert_eq!(gold_plan(&client, "CLOSE", None).await.status, 200);
    assert_eq!(plan().await["closed_at"], closed_at, "closing again does not start the day anew");
    assert_eq!(gold_plan(&client, "OPEN", None).await.status, 400);
    // The business clock moves the rule; the timestamps of signatures stay where they are.
    client.admin_ok("POST", "/clock", json!({"advance_seconds": DAY / 2})).await;
    let reply = gold_plan(&client, "OPEN", None).await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("wechatpay-timestamp").parse::<i64>().unwrap().abs_diff(crate::client::now()) < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn gold_plan_scenes_open_and_close_one_by_one() {
    let client = Client::start().await;
    for (operation_type, scene, status, left) in [
        ("OPEN", Some("MINIPROGRAM"), "OPEN", json!("MINIPROGRAM")),
        ("OPEN", None, "OPEN", json!("JSAPI_AND_MINIPROGRAM")),
        ("CLOSE", None, "OPEN", json!("MINIPROGRAM")),
        ("OPEN", Some("JSAPI_AND_MINIPROGRAM"), "OPEN", json!("JSAPI_AND_MINIPROGRAM")),
        ("CLOSE", Some("MINIPROGRAM"), "OPEN", json!("JSAPI")),
        ("CLOSE", Some("JSAPI_AND_MINIPROGRAM"), "CLOSE", Value::Null),
    ] {
        assert_eq!(gold_plan(&client, operation_type, scene).await.status, 200);
        let plan = sub_merchant(&client, GOOD).await["gold_plan"].clone();
        assert_eq!((&plan["status"], &plan["pay_scene"]), (&json!(status), &left), "{operation_type} {scene:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_replaced_and_advertising_is_switched() {
    let client = Client::start().await;
    let state = async || sub_merchant(&client, GOOD).await["advertising"].clone();
    let filters = json!(["POTOGRAPHY", "FOOD", "SPORT"]);

    let reply = advertising(&client, "POST", "set-advertising-industry-filter", Some(filters.clone())).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(client.signed_with(&reply), "public_key", "a 204 is signed over an empty body");
    assert_eq!(state().await, json!({"show": false, "filters": filters}));

    assert_eq!(advertising(&client, "PATCH", "open-advertising-show", None).await.status, 204);
    assert_eq!(state().await, json!({"show": true, "filters": filters}));
    assert_eq!(advertising(&client, "POST", "close-advertising-show", None).await.status, 204);
    assert_eq!(state().await, json!({"show": false, "filters": filters}));

    let others = json!(["EDUCATION"]);
    assert_eq!(advertising(&client, "PATCH", "open-advertising-show", Some(others.clone())).await.status, 204);
    assert_eq!(state().await, json!({"show": true, "filters": others}));
    advertising(&client, "POST", "set-advertising-industry-filter", Some(json!(["FOOD"]))).await;
    assert_eq!(state().await, json!({"show": true, "filters": ["FOOD"]}));

    for wrong in [json!([]), json!(["FOOD", "SPORT", "EDUCATION", "FINANCE"]), json!(["PHOTOGRAPHY"])] {
        let reply = advertising(&client, "POST", "set-advertising-industry-filter", Some(wrong)).await;
        assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
        assert!(reply.json()["detail"]["field"].as_str().unwrap().starts_with("/body/advertising_industry_filters"));
    }
    assert_eq!(state().await["filters"], json!(["FOOD"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn invoice_status_is_the_sub_merchants_own() {
    let client = Client::start().await;
    let reply = client.check_status(GOOD).await;
    assert_eq!(reply.status, 200);
    assert_eq!(client.signed_with(&reply), "public_key");
    let body = reply.json();
    assert_eq!(body["sub_mchid"], GOOD);
    assert_eq!(body["third_mode"], json!({"status": "ENABLED"}));
    assert_eq!(body["digital_tax_mode"]["billing_person_info"][0]["name"], "张伟");

    assert_eq!(client.check_status("1900000110").await.json(), json!({"sub_mchid": "1900000110"}));
    for stranger in ["1900000112", "1999999999"] {
        let reply = client.check_status(stranger).await;
        assert_eq!(reply.refusal(), (403, "NO_AUTH".to_owned()), "{stranger}");
        assert_eq!(client.signed_with(&reply), "public_key");
    }
    let reply = client.check_status("1900000113").await;
    assert_eq!(reply.refusal(), (429, "FREQUENCY_LIMITED".to_owned()));

    let mode = json!({"status": "APPLY_FAILED", "access_fail_reason": "资料不全"});
    client.admin_ok("PATCH", "/state", json!({"sub_merchants": {GOOD: {"fapiao": {"digital_tax_mode": mode}}}})).await;
    assert_eq!(client.check_status(GOOD).await.json()["digital_tax_mode"]["status"], "APPLY_FAILED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_stands_in_for_unknown_sub_merchants() {
    let client = Client::start().await;
    client
        .admin_ok(
            "PATCH",
            "/state",
            json!({"default_sub_merchant": {"fapiao": {"third_mode": {"status": "DISABLED"}}}}),
        )
        .await;
    assert_eq!(client.custom_page("1911111111", "OPEN").await.status, 200);
    assert_eq!(sub_merchant(&client, "1911111111").await["custom_page"], "OPEN");
    assert_eq!(client.check_status("1922222222").await.json()["third_mode"]["status"], "DISABLED");
    assert_eq!(client.custom_page("19x", "OPEN").await.refusal(), (400, "MCH_NOT_EXISTS".to_owned()));
    assert_eq!(client.custom_page("1900000111", "OPEN").await.status, 400, "known ones keep their own state");
}
