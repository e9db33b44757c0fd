//! The admin listener: state, clock, journal.

use serde_json::{Value, json};

use crate::client::Client;

const SUB_MCHID: &str = "1900000109";

#[tokio::test(flavor = "multi_thread")]
async fn info_is_the_content_of_sandbox_json() {
    let client = Client::start().await;
    let written: Value =
        serde_json::from_slice(&std::fs::read(client.dir.path().join("sandbox.json")).unwrap()).unwrap();
    assert_eq!(client.admin_ok("GET", "/", Value::Null).await, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn state_is_read_replaced_and_patched() {
    let client = Client::start().await;
    let seed = client.admin_ok("GET", "/state", Value::Null).await;
    assert_eq!(seed["sub_merchants"][SUB_MCHID]["custom_page"], "CLOSE");

    let patched = client
        .admin_ok(
            "PATCH",
            "/state",
            json!({"sub_merchants": {SUB_MCHID: {"punished": true}, "1900000110": null, "7": {}}}),
        )
        .await;
    assert_eq!(patched, client.admin_ok("GET", "/state", Value::Null).await);
    assert_eq!(patched["sub_merchants"][SUB_MCHID]["punished"], true);
    assert_eq!(patched["sub_merchants"][SUB_MCHID]["fapiao"], seed["sub_merchants"][SUB_MCHID]["fapiao"]);
    assert_eq!(patched["sub_merchants"]["1900000110"], Value::Null);
    assert_eq!(patched["sub_merchants"]["7"]["fapiao"]["authorized"], true);

    let replaced = client.admin_ok("PUT", "/state", json!({"sub_merchants": {"8": {"custom_page": "OPEN"}}})).await;
    assert_eq!(replaced["sub_merchants"].as_object().unwrap().len(), 1);
    assert_eq!(client.custom_page("8", "CLOSE").await.status, 200);

    for (method, body, reason) in [
        ("PATCH", json!({"sub_merchants": {"8": {"custom_page": "AJAR"}}}), "unknown variant `AJAR`"),
        ("PATCH", json!({"service_providers": {}}), "unknown field `service_providers`"),
        ("PUT", json!([]), "body must be a JSON object"),
        ("PATCH", json!("x"), "body must be a JSON object"),
        ("PUT", Value::Null, "EOF"),
    ] {
        let (status, answer) = client.admin(method, "/state", body).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(reason), "{reason}: {answer}");
    }
    assert_eq!(client.admin_ok("GET", "/state", Value::Null).await["sub_merchants"]["8"]["custom_page"], "CLOSE");
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_is_as_at_the_start() {
    let client = Client::start().await;
    let seed = client.admin_ok("GET", "/state", Value::Null).await;
    client.custom_page(SUB_MCHID, "OPEN").await;
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 1000})).await;
    client.admin_ok("POST", "/faults", json!({"times": 9, "fault": {"kind": "html_502"}})).await;
    assert_eq!(client.admin_ok("POST", "/reset", Value::Null).await, json!({}));

    assert_eq!(client.admin_ok("GET", "/state", Value::Null).await, seed);
    assert_eq!(client.admin_ok("GET", "/faults", Value::Null).await, json!([]));
    assert_eq!(client.admin_ok("GET", "/journal", Value::Null).await, json!([]));
    let clock = client.admin_ok("POST", "/clock", json!({"advance_seconds": 0})).await;
    assert_eq!(clock["advanced_seconds"], 0);
    assert!(clock["now"].as_i64().unwrap().abs_diff(crate::client::now()) < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_shows_what_came_without_its_signature() {
    let client = Client::start().await;
    client.custom_page(SUB_MCHID, "OPEN").await;
    client.check_status("1900000112").await;
    let headers =
        [("authorization", "Basic c2VjcmV0".to_owned()), ("x-twice", "1".to_owned()), ("x-twice", "2".to_owned())];
    client.send(&client.info().backup_url, "PUT", "/v3/%E5?q=1", &headers, vec![0xff, 0xfe]).await.unwrap();

    let journal = client.admin_ok("GET", "/journal", Value::Null).await;
    let [post, get, put] = journal.as_array().unwrap().as_slice() else { panic!("{journal}") };
    assert_eq!((&post["seq"], &get["seq"], &put["seq"]), (&json!(1), &json!(2), &json!(3)));
    assert_eq!(post["host"], "main");
    assert_eq!(post["method"], "POST");
    assert_eq!(post["target"], "/v3/goldplan/merchants/changecustompagestatus");
    assert_eq!(post["body"], json!({"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}).to_string());
    assert_eq!(post["operation"], "goldplan.merchants.change_custom_page_status");
    assert_eq!((&post["authorized"], &post["status"], &post["fault"]), (&json!(true), &json!(200), &Value::Null));
    assert_eq!(post["mchid"], client.info().mchid);
    assert_eq!(post["headers"]["user-agent"], "sandbox-test");
    assert_eq!(
        post["headers"]["authorization"],
        json!({
            "scheme": "WECHATPAY2-SHA256-RSA2048",
            "mchid": client.signer.mchid,
            "nonce_str": client.signer.nonce,
            "serial_no": client.signer.serial_no,
            "timestamp": client.signer.timestamp.to_string(),
        })
    );
    assert_eq!((&get["status"], &get["body"]), (&json!(403), &json!("")));
    assert_eq!(put["host"], "backup");
    assert_eq!(put["target"], "/v3/%E5?q=1");
    assert_eq!((&put["body_base64"], &put["body"]), (&json!("//4="), &Value::Null));
    assert_eq!((&put["authorized"], &put["status"]), (&json!(false), &json!(401)));
    assert_eq!((&put["operation"], &put["mchid"]), (&Value::Null, &Value::Null));
    assert_eq!(put["headers"]["x-twice"], "1, 2");
    assert!(!journal.to_string().contains("c2VjcmV0"), "a header that is not understood is not shown");

    client.admin_ok("DELETE", "/journal", Value::Null).await;
    assert_eq!(client.admin_ok("GET", "/journal", Value::Null).await, json!([]));
    client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!(client.admin_ok("GET", "/journal", Value::Null).await[0]["seq"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_requests_are_refused_with_what_there_is() {
    let client = Client::start().await;
    for (method, path, body, status, reason) in [
        ("GET", "/states", Value::Null, 404, "/states is unknown: there are / /reset /state"),
        ("POST", "/state", Value::Null, 405, "use GET, PUT, PATCH"),
        ("GET", "/clock", Value::Null, 405, "use POST"),
        ("POST", "/clock", json!({"advance_seconds": "1"}), 400, "invalid type"),
        ("POST", "/clock", json!({"advance_seconds": 1, "x": 1}), 400, "unknown field `x`"),
        ("POST", "/clock", json!({}), 400, "advance_seconds or off_by_seconds is missing"),
        ("POST", "/merchants", json!({"mchid": "1"}), 400, "missing field `certificate_pem`"),
        ("POST", "/merchants", json!({"mchid": "1", "certificate_pem": "", "x": 1}), 400, "unknown field `x`"),
    ] {
        let (answered, answer) = client.admin(method, path, body).await;
        assert_eq!(answered, status, "{method} {path}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(reason), "{error}");
    }
}
