//! Every fault, as the client on the other end of the socket meets it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, now, verified};

const SUB_MCHID: &str = "1900000109";
const TARGET: &str = "/v3/goldplan/merchants/changecustompagestatus";

async fn custom_page(client: &Client) -> Value {
    client.admin_ok("GET", "/state", Value::Null).await["sub_merchants"][SUB_MCHID]["custom_page"].clone()
}

/// Sends the usual call over a socket of its own and reads until the connection ends.
async fn raw_call(client: &Client) -> (Vec<u8>, Result<(), ErrorKind>) {
    let body = json!({"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}).to_string();
    let mut request = format!("POST {TARGET} HTTP/1.1\r\nhost: sandbox\r\nuser-agent: raw\r\n");
    for (name, value) in client.headers("POST", TARGET, body.as_bytes()) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    let mut stream = TcpStream::connect(client.info().base_url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes).await;
    (bytes, ended.map(drop).map_err(|error| error.kind()))
}

async fn last_entry(client: &Client) -> Value {
    client.admin_ok("GET", "/journal", Value::Null).await.as_array().unwrap().last().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn delay_answers_late_and_works_at_once() {
    let client = Client::start().await;
    client.arm(json!({"kind": "delay", "ms": 400})).await;
    let started = Instant::now();
    let call = client.custom_page(SUB_MCHID, "OPEN");
    let look = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        custom_page(&client).await
    };
    let (reply, state) = tokio::join!(call, look);
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert_eq!((reply.status, state), (200, json!("OPEN")));
    assert_eq!(client.signed_with(&reply), "public_key");
    assert_eq!(last_entry(&client).await["fault"], "delay");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_replaces_the_reply() {
    let client = Client::start().await;
    let body = json!({"code": "SYSTEM_ERROR", "message": "later"});
    client.arm(json!({"kind": "status", "status": 500, "body": body, "headers": {"Retry-After": "3"}})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!((reply.status, reply.json()), (500, body.clone()));
    assert_eq!(reply.header("retry-after"), "3");
    assert_eq!(client.signed_with(&reply), "public_key");
    assert_eq!(custom_page(&client).await, "CLOSE");

    client
        .arm(json!({"kind": "status", "status": 503, "body": "busy", "content_type": "text/x", "signed": false}))
        .await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!((reply.status, reply.body.as_slice()), (503, b"busy".as_slice()));
    assert_eq!((reply.header("content-type"), reply.header("wechatpay-signature")), ("text/x", ""));

    client.arm(json!({"kind": "status", "status": 500, "after": "work"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!((reply.status, reply.body.len()), (500, 0));
    assert_eq!(custom_page(&client).await, "OPEN", "the request has had its effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_cuts_the_connection_before_or_after_the_work() {
    let client = Client::start().await;
    for (fault, state) in [(json!({"kind": "reset"}), "CLOSE"), (json!({"kind": "reset", "after": "work"}), "OPEN")] {
        client.arm(fault).await;
        assert_eq!(raw_call(&client).await, (Vec::new(), Err(ErrorKind::ConnectionReset)));
        assert_eq!(custom_page(&client).await, state);
        let entry = last_entry(&client).await;
        assert_eq!((&entry["status"], &entry["fault"]), (&Value::Null, &json!("reset")));
    }
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_reply_ends_in_the_middle() {
    let client = Client::start().await;
    client.arm(json!({"kind": "half_reply"})).await;
    let (bytes, ended) = raw_call(&client).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let whole = json!({"sub_mchid": SUB_MCHID}).to_string();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(head.contains(&format!("content-length: {}", whole.len())));
    assert!(head.contains("wechatpay-signature: "));
    assert_eq!((body, ended), (&whole[..whole.len() / 2], Ok(())));
    assert_eq!(custom_page(&client).await, "OPEN");

    client.arm(json!({"kind": "half_reply"})).await;
    assert!(client.try_call("POST", TARGET, json!({"sub_mchid": SUB_MCHID, "operation_type": "OPEN"})).await.is_err());
    client.arm(json!({"kind": "half_reply"})).await;
    let body = json!({"sub_mchid": SUB_MCHID});
    let cut = client.try_call("POST", "/v3/goldplan/merchants/close-advertising-show", body).await;
    assert!(cut.is_err(), "a 204 is cut in its head");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_signatures_are_wrong_in_the_way_that_was_asked_for() {
    let client = Client::start().await;
    let key = client.info().platform_public_key_path.clone();

    client.arm(json!({"kind": "wrong_signature"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("wechatpay-signature").len(), 344, "base64 of 256 bytes");
    assert!(!verified(&key, &reply));

    client.arm(json!({"kind": "signtest_probe"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert!(reply.header("wechatpay-signature").starts_with("WECHATPAY/SIGNTEST/"));

    for (fault, skew) in [
        (json!({"kind": "stale_timestamp"}), 600),
        (json!({"kind": "stale_timestamp", "seconds": 301}), 301),
        (json!({"kind": "stale_timestamp", "seconds": -400}), -400),
    ] {
        client.arm(fault).await;
        let reply = client.custom_page(SUB_MCHID, "OPEN").await;
        let timestamp: i64 = reply.header("wechatpay-timestamp").parse().unwrap();
        assert!((now() - timestamp - skew).abs() < 5, "{skew}");
        assert_eq!(client.signed_with(&reply), "public_key");
    }

    client.arm(json!({"kind": "unknown_serial"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    let serial = reply.header("wechatpay-serial");
    assert!(serial.len() == 40 && serial != client.info().platform_certificate_serial, "{serial}");
    assert!(verified(&key, &reply));

    client.arm(json!({"kind": "certificate_signed"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!(client.signed_with(&reply), "certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_are_left_out() {
    let client = Client::start().await;
    client.arm(json!({"kind": "unsigned"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!(reply.json(), json!({"sub_mchid": SUB_MCHID}));
    assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("wechatpay-")), "{reply:?}");
    assert!(!reply.header("request-id").is_empty());

    for name in ["Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial", "Request-ID"] {
        client.arm(json!({"kind": "missing_header", "name": name})).await;
        let without = client.custom_page(SUB_MCHID, "OPEN").await;
        let with = client.custom_page(SUB_MCHID, "OPEN").await;
        assert_eq!((without.header(name), with.header(name).is_empty()), ("", false), "{name}");
        assert_eq!(without.headers.len() + 1, with.headers.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_body_is_signed_and_streamed() {
    let client = Client::start().await;
    for (fault, length) in
        [(json!({"kind": "oversized_body"}), 32 << 20), (json!({"kind": "oversized_body", "bytes": 100_001}), 100_001)]
    {
        client.arm(fault).await;
        let reply = client.custom_page(SUB_MCHID, "OPEN").await;
        assert_eq!((reply.status, reply.body.len(), reply.header("content-length")), (200, length, ""));
        assert_eq!(reply.json(), json!({"sub_mchid": SUB_MCHID}));
        assert_eq!(client.signed_with(&reply), "public_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_speaks_html() {
    let client = Client::start().await;
    client.arm(json!({"kind": "html_502"})).await;
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!((reply.status, reply.header("content-type")), (502, "text/html"));
    assert!(reply.body.starts_with(b"<html>"));
    assert_eq!(reply.header("wechatpay-signature"), "");
    assert_eq!(custom_page(&client).await, "CLOSE");
}

#[tokio::test(flavor = "multi_thread")]
async fn reply_changes_what_is_said_and_signs_it() {
    let client = Client::start().await;
    let exact = r#"{"sub_mchid":1,"new":[1.50]}"#;
    let json: Value = serde_json::from_str(exact).unwrap();
    for (fault, status, body) in [
        (json!({"kind": "reply", "body": json}), 200, r#"{"sub_mchid":1,"new":[1.50]}"#),
        (json!({"kind": "reply", "body": "not JSON"}), 200, "not JSON"),
        (json!({"kind": "reply", "body": ""}), 200, ""),
        (json!({"kind": "reply", "body": null, "status": 404}), 404, "null"),
        (json!({"kind": "reply", "body": "", "status": 204}), 204, ""),
    ] {
        client.arm(fault).await;
        let reply = client.custom_page(SUB_MCHID, "OPEN").await;
        assert_eq!((reply.status, String::from_utf8_lossy(&reply.body).as_ref()), (status, body));
        assert_eq!(client.signed_with(&reply), "public_key");
    }
    assert_eq!(custom_page(&client).await, "OPEN");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_closes_one_host_until_it_is_taken_back() {
    let client = Client::start().await;
    let (main, backup) = (client.info().base_url.clone(), client.info().backup_url.clone());
    let connect = async |url: &str| TcpStream::connect(url.strip_prefix("http://").unwrap()).await;
    let mut idle = connect(&main).await.unwrap();
    let mut bystander = connect(&backup).await.unwrap();
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);

    let order = json!({"match": {"host": "main"}, "fault": {"kind": "refused"}});
    for undo in [("DELETE", "/faults"), ("POST", "/reset")] {
        client.admin_ok("POST", "/faults", order.clone()).await;
        assert_eq!(connect(&main).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert!(client.try_call("GET", "/", Value::Null).await.unwrap_err().is_connect());
        assert_eq!(client.admin_ok("GET", "/faults", Value::Null).await[0]["times"], Value::Null);
        let headers = client.headers("GET", "/", b"");
        assert_eq!(client.send(&backup, "GET", "/", &headers, Vec::new()).await.unwrap().status, 404);
        client.admin_ok(undo.0, undo.1, Value::Null).await;
        assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200, "open again after {undo:?}");
    }
    assert!(matches!(idle.read(&mut [0; 1]).await, Ok(0) | Err(_)), "its connections are dropped");
    let still_open = tokio::time::timeout(Duration::from_millis(50), bystander.read(&mut [0; 1])).await;
    assert!(still_open.is_err(), "connections of the other host stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_strikes_the_calls_that_match_and_no_others() {
    let client = Client::start().await;
    let status = |status: u16| json!({"kind": "status", "status": status});
    for (rule, fault) in [
        (json!({"operation": "new_tax_control_fapiao.merchant.check_status"}), status(511)),
        (json!({"method": "patch"}), status(512)),
        (json!({"path": TARGET}), status(513)),
        (json!({"host": "backup"}), status(514)),
        (json!({"operation": "goldplan.merchants.close_advertising_show", "host": "backup"}), status(515)),
    ] {
        client.admin_ok("POST", "/faults", json!({"match": rule, "fault": fault})).await;
    }
    let other = json!({"sub_mchid": SUB_MCHID});
    let close = "/v3/goldplan/merchants/close-advertising-show";
    assert_eq!(client.call("POST", close, other.clone()).await.status, 204);
    assert_eq!(client.call("PATCH", "/v3/goldplan/merchants/open-advertising-show", other).await.status, 512);
    assert_eq!(client.check_status(SUB_MCHID).await.status, 511);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 513);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200, "used up");
    let target = format!("{TARGET}?query=is&not=matched");
    client.admin_ok("POST", "/faults", json!({"match": {"path": TARGET}, "fault": status(516)})).await;
    assert_eq!(client.call("POST", &target, json!({})).await.status, 516);
    let headers = client.headers("GET", "/x", b"");
    assert_eq!(client.send(&client.info().backup_url, "GET", "/x", &headers, Vec::new()).await.unwrap().status, 514);
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_are_counted_down_in_their_order() {
    let client = Client::start().await;
    let first =
        client.admin_ok("POST", "/faults", json!({"times": 2, "fault": {"kind": "status", "status": 500}})).await;
    let second =
        client.admin_ok("POST", "/faults", json!({"match": {"host": "main"}, "fault": {"kind": "html_502"}})).await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 500);
    assert_eq!(
        client.admin_ok("GET", "/faults", Value::Null).await,
        json!([
            {"id": first["id"], "match": {}, "times": 1, "fault": {"kind": "status", "status": 500}},
            {"id": second["id"], "match": {"host": "main"}, "times": 1, "fault": {"kind": "html_502"}},
        ])
    );
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 500);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 502);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
    assert_eq!(client.admin_ok("GET", "/faults", Value::Null).await, json!([]));

    client.arm(json!({"kind": "html_502"})).await;
    client.admin_ok("DELETE", "/faults", Value::Null).await;
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_order_is_refused_with_its_reason() {
    let client = Client::start().await;
    for (order, reason) in [
        (json!({}), "missing field `fault`"),
        (json!({"fault": {"kind": "delay", "ms": 1}, "time": 1}), "unknown field `time`"),
        (json!({"fault": {"kind": "delay", "ms": 1}, "times": 0}), "times must be at least 1"),
        (json!({"fault": {"kind": "delay", "ms": 1}, "match": {"operation": "no.such"}}), "is not in spec/"),
        (json!({"fault": {"kind": "delay", "ms": 1}, "match": {"host": "third"}}), "unknown variant `third`"),
        (json!({"fault": {"kind": "delay", "ms": 1}, "match": {"url": "/"}}), "unknown field `url`"),
        (json!({"fault": "delay"}), "fault must be an object"),
        (json!({"fault": {"ms": 1}}), "fault.kind must be a string"),
        (json!({"fault": {"kind": "earthquake"}}), "one of delay, status"),
        (json!({"fault": {"kind": "delay"}}), "missing field `ms`"),
        (json!({"fault": {"kind": "delay", "ms": -1}}), "fault: "),
        (json!({"fault": {"kind": "unsigned", "ms": 1}}), "unknown field \"ms\""),
        (json!({"fault": {"kind": "status", "status": 101}}), "between 200 and 599"),
        (json!({"fault": {"kind": "status", "status": 204, "body": {}}}), "has no body"),
        (
            json!({"fault": {"kind": "status", "status": 500, "headers": {"Content-Length": "1"}}}),
            "headers.Content-Length",
        ),
        (json!({"fault": {"kind": "status", "status": 500, "headers": {"a": 1}}}), "headers.a"),
        (json!({"fault": {"kind": "missing_header", "name": "Date"}}), "name must be one of"),
        (json!({"fault": {"kind": "reply"}}), "missing field `body`"),
        (json!({"fault": {"kind": "reply", "status": 204, "body": {}}}), "has no body"),
        (json!({"fault": {"kind": "oversized_body", "bytes": 2u64 << 30}}), "at most"),
        (json!({"fault": {"kind": "reset", "after": "lunch"}}), "unknown variant `lunch`"),
        (json!({"fault": {"kind": "refused"}}), "needs match.host"),
        (json!({"fault": {"kind": "refused"}, "match": {"host": "main"}, "times": 1}), "nothing else"),
    ] {
        let (status, answer) = client.admin("POST", "/faults", order.clone()).await;
        let error = answer["error"].as_str().unwrap();
        assert_eq!(status, 400, "{order}");
        assert!(error.contains(reason), "{order}: {error}");
    }
    assert_eq!(client.admin_ok("GET", "/faults", Value::Null).await, json!([]));
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_finds_the_call_that_holds_a_text() {
    let client = Client::start().await;
    let order = json!({"match": {"contains": "1900000110"}, "fault": {"kind": "html_502"}});
    client.admin_ok("POST", "/faults", order.clone()).await;
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
    assert_eq!(client.custom_page("1900000110", "OPEN").await.status, 502, "in the body");
    client.admin_ok("POST", "/faults", order).await;
    assert_eq!(client.check_status("1900000110").await.status, 502, "in the target");
    assert_eq!(client.check_status("1900000110").await.status, 200, "used up");
    for order in [
        json!({"match": {"contains": ""}, "fault": {"kind": "reset"}}),
        json!({"match": {"host": "main", "contains": "1"}, "fault": {"kind": "refused"}}),
        json!({"fault": {"kind": "status", "status": 500, "after": "part"}}),
    ] {
        assert_eq!(client.admin("POST", "/faults", order.clone()).await.0, 400, "{order}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_cuts_the_connection_in_the_middle_of_a_request() {
    let client = Client::start().await;
    let order = json!({"match": {"contains": SUB_MCHID}, "fault": {"kind": "reset", "after": "part"}});
    client.admin_ok("POST", "/faults", order).await;
    assert_eq!(client.custom_page("1900000110", "OPEN").await.status, 200, "another's request");

    // The rest of the body never comes: what is there is enough.
    let body = json!({"sub_mchid": SUB_MCHID, "operation_type": "OPEN"}).to_string();
    let mut request = format!("POST {TARGET} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: 100000\r\n\r\n");
    request.push_str(&body);
    let mut stream = TcpStream::connect(client.info().base_url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let ended = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(ended.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    assert_eq!(custom_page(&client).await, "CLOSE");
    let entry = last_entry(&client).await;
    assert_eq!((&entry["fault"], &entry["body"], &entry["executed"]), (&json!("reset"), &json!(body), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_knows_what_was_done_whatever_was_answered() {
    let client = Client::start().await;
    for (fault, executed) in [
        (json!({"kind": "delay", "ms": 1}), true),
        (json!({"kind": "status", "status": 500, "after": "work"}), true),
        (json!({"kind": "wrong_signature"}), true),
        (json!({"kind": "status", "status": 200}), false),
        (json!({"kind": "html_502"}), false),
    ] {
        client.arm(fault.clone()).await;
        client.custom_page(SUB_MCHID, "OPEN").await;
        assert_eq!(last_entry(&client).await["executed"], executed, "{fault}");
    }
    assert_eq!(client.custom_page("9", "OPEN").await.status, 400);
    let refused = last_entry(&client).await;
    assert_eq!(refused["executed"], false, "a refusal");

    let newer = client.admin_ok("GET", &format!("/journal?after={}", refused["seq"]), Value::Null).await;
    assert_eq!(newer, json!([]));
    client.custom_page(SUB_MCHID, "OPEN").await;
    let newer = client.admin_ok("GET", &format!("/journal?after={}", refused["seq"]), Value::Null).await;
    assert_eq!(newer.as_array().map(Vec::len), Some(1));
    assert_eq!(client.admin("GET", "/journal?after=x", Value::Null).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_fault_is_taken_away_and_the_others_stay() {
    let client = Client::start().await;
    let refuse = json!({"match": {"host": "backup"}, "fault": {"kind": "refused"}});
    let [first, second] = [
        client.admin_ok("POST", "/faults", refuse.clone()).await["id"].clone(),
        client.admin_ok("POST", "/faults", refuse).await["id"].clone(),
    ];
    client.arm(json!({"kind": "html_502"})).await;
    let open = async || TcpStream::connect(client.info().backup_url.strip_prefix("http://").unwrap()).await.is_ok();
    client.admin_ok("DELETE", "/faults", json!({"id": first})).await;
    assert!(!open().await, "the second one still refuses");
    client.admin_ok("DELETE", "/faults", json!({"id": second})).await;
    assert!(open().await);
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 502);
    client.admin_ok("DELETE", "/faults", json!({"id": second})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_signatures_is_off_as_far_as_is_said() {
    let client = Client::start().await;
    let shown = client.admin_ok("POST", "/clock", json!({"off_by_seconds": 3600})).await;
    assert_eq!((&shown["off_by_seconds"], &shown["advanced_seconds"]), (&json!(3600), &json!(0)));
    let reply = client.custom_page(SUB_MCHID, "OPEN").await;
    assert_eq!((reply.status, &reply.json()["code"]), (401, &json!("SIGN_ERROR")), "the client's clock is behind");
    let ahead = reply.header("wechatpay-timestamp").parse::<i64>().unwrap() - now();
    assert!((3590..=3600).contains(&ahead), "{ahead}");
    let date = httpdate::parse_http_date(reply.header("date")).unwrap();
    let ahead = date.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64 - now();
    assert!((3590..=3600).contains(&ahead), "{ahead}");
    client.admin_ok("POST", "/clock", json!({"off_by_seconds": 0})).await;
    assert_eq!(client.custom_page(SUB_MCHID, "OPEN").await.status, 200);
}
