//! What a request must look like.

use serde_json::{Value, json};

use crate::client::Client;

const CUSTOM_PAGE: &str = "/v3/goldplan/merchants/changecustompagestatus";

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_named() {
    let client = Client::start().await;
    let long = "1".repeat(33);
    let invite =
        "/v3/new-tax-control-fapiao/fapiaomerchant/listspinvitemchinfo?query_time_start=a&query_time_end=b&offset=0";
    for (method, target, body, field, value) in [
        ("POST", CUSTOM_PAGE, json!({"operation_type": "OPEN"}), "/body/sub_mchid", Value::Null),
        ("POST", CUSTOM_PAGE, json!({"sub_mchid": 1, "operation_type": "OPEN"}), "/body/sub_mchid", json!(1)),
        ("POST", CUSTOM_PAGE, json!({"sub_mchid": long, "operation_type": "OPEN"}), "/body/sub_mchid", json!(long)),
        (
            "POST",
            CUSTOM_PAGE,
            json!({"sub_mchid": "1", "operation_type": "open"}),
            "/body/operation_type",
            json!("open"),
        ),
        ("POST", CUSTOM_PAGE, json!(["no", "object"]), "/body", json!(["no", "object"])),
        (
            "GET",
            &format!("/v3/new-tax-control-fapiao/merchant/{long}/check-status"),
            Value::Null,
            "/path/sub_mchid",
            json!(long),
        ),
        ("GET", &format!("{invite}&mch_invite_status=MCH_INVITE_SUCC"), Value::Null, "/query/limit", Value::Null),
        (
            "GET",
            &format!("{invite}&mch_invite_status=MCH_INVITE_SUCC&limit=x"),
            Value::Null,
            "/query/limit",
            json!("x"),
        ),
        (
            "GET",
            &format!("{invite}&limit=1&mch_invite_status=NO"),
            Value::Null,
            "/query/mch_invite_status",
            json!("NO"),
        ),
    ] {
        let reply = client.call(method, target, body).await;
        assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()), "{target} {field}");
        let detail = &reply.json()["detail"];
        assert_eq!((&detail["field"], &detail["value"]), (&json!(field), &value));
        assert_eq!(detail["location"], field.split('/').nth(1).unwrap());
        assert!(!detail["issue"].as_str().unwrap().is_empty());
        assert_eq!(client.signed_with(&reply), "public_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_say_so() {
    let client = Client::start().await;
    for body in ["", "{", "{} {}", "sub_mchid=1"] {
        let mut headers = client.headers("POST", CUSTOM_PAGE, body.as_bytes());
        headers.retain(|(name, _)| *name != "content-type");
        headers.push(("content-type", "application/json; charset=utf-8".to_owned()));
        let reply = client.send(&client.info().base_url, "POST", CUSTOM_PAGE, &headers, body.into()).await.unwrap();
        assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()), "{body:?}");
        assert_eq!(reply.json()["detail"]["field"], "/body");
        assert!(reply.json()["detail"]["issue"].as_str().unwrap().starts_with("is not JSON"));
    }
    let body = r#"{"sub_mchid":"1900000109","operation_type":"OPEN"}"#;
    for content_type in [None, Some("text/plain")] {
        let mut headers = client.headers("POST", CUSTOM_PAGE, body.as_bytes());
        headers.retain(|(name, _)| *name != "content-type");
        headers.extend(content_type.map(|value| ("content-type", value.to_owned())));
        let reply = client.send(&client.info().base_url, "POST", CUSTOM_PAGE, &headers, body.into()).await.unwrap();
        assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
        assert_eq!(reply.json()["detail"]["field"], "/header/Content-Type");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accept_is_needed() {
    let client = Client::start().await;
    let body = r#"{"sub_mchid":"1900000109","operation_type":"OPEN"}"#;
    let mut headers = client.headers("POST", CUSTOM_PAGE, body.as_bytes());
    headers[0] = ("accept", String::new());
    let reply = client.send(&client.info().base_url, "POST", CUSTOM_PAGE, &headers, body.into()).await.unwrap();
    assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
    assert!(reply.json()["message"].as_str().unwrap().contains("Accept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_and_methods_are_told_apart() {
    let client = Client::start().await;
    for target in ["/", "/v3/nothing", "/v3/goldplan/merchants/changecustompagestatus/", "/v2/x?y=z"] {
        let reply = client.call("GET", target, Value::Null).await;
        assert_eq!(reply.refusal(), (404, "RESOURCE_NOT_EXISTS".to_owned()), "{target}");
        assert_eq!(client.signed_with(&reply), "public_key");
    }
    let reply = client.call("GET", CUSTOM_PAGE, Value::Null).await;
    assert_eq!(reply.refusal(), (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert!(reply.json()["message"].as_str().unwrap().ends_with("POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_parameter_is_one_segment_and_decoded() {
    let client = Client::start().await;
    for (encoded, decoded) in [("a%2Fb", "a/b"), ("%3F%25%23", "?%#"), ("%E5%95%86", "商"), ("a+b", "a+b")] {
        let state = json!({"sub_merchants": {decoded: {}}});
        client.admin_ok("PATCH", "/state", state).await;
        let reply = client.check_status(encoded).await;
        assert_eq!((reply.status, &reply.json()["sub_mchid"]), (200, &json!(decoded)));
    }
    let reply = client.check_status("%FF").await;
    assert_eq!(reply.json()["detail"]["field"], "/path/sub_mchid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backup_host_is_the_same_platform() {
    let client = Client::start().await;
    let body = json!({"sub_mchid": "1900000109", "operation_type": "OPEN"}).to_string().into_bytes();
    let headers = client.headers("POST", CUSTOM_PAGE, &body);
    let reply = client.send(&client.info().backup_url, "POST", CUSTOM_PAGE, &headers, body).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(client.signed_with(&reply), "public_key");
    let state = client.admin_ok("GET", "/state", Value::Null).await;
    assert_eq!(state["sub_merchants"]["1900000109"]["custom_page"], "OPEN");
    let journal = client.admin_ok("GET", "/journal", Value::Null).await;
    assert_eq!(journal[0]["host"], "backup");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_operations_answer_with_an_example() {
    let client = Client::start().await;
    let target = "/v3/new-tax-control-fapiao/merchant/base-information?sub_mchid=1900000109";
    let reply = client.call("GET", target, Value::Null).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("sandbox-behaviour"), "example");
    assert_eq!(client.signed_with(&reply), "public_key");
    let body = reply.json();
    assert!(body["seller_information"]["taxpayer_id"].is_string(), "{body}");

    let reply = client.call("POST", "/v3/new-tax-control-fapiao/merchant/1900000109/check", Value::Null).await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(reply.header("sandbox-behaviour"), "example");
    assert_eq!(client.custom_page("1900000109", "OPEN").await.header("sandbox-behaviour"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_form_only_meta_is_signed() {
    let client = Client::start().await;
    let target = "/v3/new-tax-control-fapiao/fapiao-applications/upload-fapiao-file";
    let upload = async |meta: &str, signed: &str| {
        let mut body = Vec::new();
        body.extend_from_slice(
            b"--edge\r\nContent-Disposition: form-data; name=\"meta\";\r\nContent-Type: application/json\r\n\r\n",
        );
        body.extend_from_slice(meta.as_bytes());
        body.extend_from_slice(b"\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\";\r\nContent-Type: application/pdf\r\n\r\n");
        body.extend_from_slice(&[0xff, 0, b'\r', b'\n', 0xfe]);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let mut headers = client.headers("POST", target, signed.as_bytes());
        headers.retain(|(name, _)| *name != "content-type");
        headers.push(("content-type", "multipart/form-data; boundary=edge".to_owned()));
        client.send(&client.info().base_url, "POST", target, &headers, body).await.unwrap()
    };
    let meta = r#"{"file_type": "PDF",  "digest_alogrithm":"SM3","digest":"cf6ca7f8c0e487bf81ac95c562af678cadad65ea7baf31f09254cf78a0834481"}"#;
    let reply = upload(meta, meta).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert!(reply.json()["fapiao_media_id"].is_string());
    assert_eq!(upload(meta, &meta.replace("  ", " ")).await.status, 401);

    let wrong = meta.replace("PDF", "DOC");
    let reply = upload(&wrong, &wrong).await;
    assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
    assert_eq!(reply.json()["detail"]["field"], "/body/meta/file_type");
    let reply = upload("{", "{").await;
    assert_eq!(reply.json()["detail"]["field"], "/body");
}
