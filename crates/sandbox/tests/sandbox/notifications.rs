//! Notifications as the platform sends them, checked with the openssl command and Python's AES-GCM where it is needed.

use std::io::{Read as _, Write as _};

use serde_json::{Value, json};

use crate::client::{Client, Reply, now};

/// The notification as if it were a reply: its signature is of the same form.
fn as_reply(made: &Value) -> Reply {
    let headers = made["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.as_str().unwrap().parse().unwrap()));
    Reply { status: 200, headers: headers.collect(), body: made["body"].as_str().unwrap().as_bytes().to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_signed_with_the_key_asked_for_and_has_the_documented_form() {
    let client = Client::start().await;
    for key in ["public_key", "certificate"] {
        let order = json!({"event_type": "REFUND.SUCCESS", "resource": {"a": 1}, "original_type": "refund", "signed_with": key});
        let made = client.admin_ok("POST", "/notifications", order).await;
        let reply = as_reply(&made);
        assert_eq!(client.signed_with(&reply), key);
        assert!(reply.header("wechatpay-timestamp").parse::<i64>().unwrap().abs_diff(now()) < 10);
        assert!(made["headers"]["Wechatpay-Signature-Type"] == "WECHATPAY2-SHA256-RSA2048", "{made}");
        let body = reply.json();
        assert_eq!(body["id"], made["id"]);
        assert_eq!(
            (&body["event_type"], &body["resource_type"]),
            (&json!("REFUND.SUCCESS"), &json!("encrypt-resource"))
        );
        assert!(body["create_time"].as_str().unwrap().ends_with("+08:00"), "{body}");
        let resource = &body["resource"];
        assert_eq!(resource["original_type"], "refund");
        assert_eq!(
            (&resource["algorithm"], resource["nonce"].as_str().unwrap().len()),
            (&json!("AEAD_AES_256_GCM"), 12)
        );
        assert!(!reply.body.windows(7).any(|bytes| bytes == br#"{"a":1}"#), "the resource is encrypted");
        assert_eq!(made["answer"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_made_as_its_document_has_it() {
    let client = Client::start().await;
    for (id, event_type, resource_type, original_type, associated_data) in [
        ("refund.success", "REFUND.SUCCESS", "encrypt-resource", json!("refund"), "refund"),
        ("profitsharing.return", "PROFITSHARING.RETURN", "encrypt-resource", json!("profitsharing"), "profitsharing"),
        ("applyment_state.approved", "APPLYMENT_STATE.APPROVED", "applyment", json!("applyment"), "applyment"),
        ("mchwithdraw.change", "MCHWITHDRAW.CHANGE", "encrypt-resource", json!("mch_withdraw"), "mch_withdraw"),
        ("budget.closed", "BUDGET.CLOSED", "encrypt-resource", Value::Null, ""),
    ] {
        let body = as_reply(&client.admin_ok("POST", "/notifications", json!({"event": id})).await).json();
        assert_eq!((&body["event_type"], &body["resource_type"]), (&json!(event_type), &json!(resource_type)), "{id}");
        assert_eq!(body["resource"]["original_type"], original_type, "{id}");
        assert_eq!(body["resource"]["associated_data"], associated_data, "{id}");
        assert!(body["resource"]["ciphertext"].as_str().is_some_and(|text| text.len() > 40), "{id}");
    }
    let order = json!({"event": "refund.success", "resource": {}, "original_type": "other", "event_type": "OTHER"});
    let body = as_reply(&client.admin_ok("POST", "/notifications", order).await).json();
    assert_eq!((&body["event_type"], &body["resource"]["original_type"]), (&json!("OTHER"), &json!("other")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spoilt_after_signing_does_not_verify() {
    let client = Client::start().await;
    let order = json!({
        "event_type": "X", "resource": "no JSON", "envelope": {"id": "EV-1", "summary": null}, "seconds": -600,
        "headers": {"Request-ID": null, "Wechatpay-Nonce": "other"},
    });
    let made = client.admin_ok("POST", "/notifications", order).await;
    let reply = as_reply(&made);
    assert_eq!((made["id"].as_str(), reply.json().get("summary")), (Some("EV-1"), None));
    assert_eq!((reply.header("wechatpay-nonce"), reply.header("request-id")), ("other", ""));
    assert!(now() - reply.header("wechatpay-timestamp").parse::<i64>().unwrap() >= 600);
    assert!(!crate::client::verified(&client.info().platform_public_key_path, &reply));
    let made =
        client.admin_ok("POST", "/notifications", json!({"event_type": "X", "resource": {}, "body": "{}"})).await;
    assert_eq!(made["body"], "{}");
    assert!(!crate::client::verified(&client.info().platform_public_key_path, &as_reply(&made)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_delivered_and_the_answer_reported() {
    let client = Client::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    let receiver = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 1 << 16];
        let mut text = String::new();
        while !text.ends_with("}}") {
            let size = connection.read(&mut bytes).unwrap();
            text.push_str(std::str::from_utf8(&bytes[..size]).unwrap());
        }
        connection.write_all(b"HTTP/1.1 500 Oops\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy").unwrap();
        text
    });
    let order = json!({"event_type": "X", "resource": {}, "url": url});
    let made = client.admin_ok("POST", "/notifications", order).await;
    let received = receiver.join().unwrap();
    assert!(received.starts_with("POST /notify HTTP/1.1\r\n"), "{received}");
    assert!(received.ends_with(&format!("\r\n\r\n{}", made["body"].as_str().unwrap())), "{received}");
    let signature = format!("wechatpay-signature: {}\r\n", made["headers"]["Wechatpay-Signature"].as_str().unwrap());
    assert!(received.contains(&signature), "{received}");
    assert_eq!(made["answer"], json!({"status": 500, "body": "busy", "taken": false}));

    let order = json!({"event_type": "X", "resource": {}, "url": "http://127.0.0.1:1/"});
    let nobody = client.admin_ok("POST", "/notifications", order).await;
    assert!(nobody["answer"]["error"].is_string(), "{nobody}");
}

/// A receiver that gives these answers, one a connection; what it received.
pub(crate) fn receiver(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/notify", listener.local_addr().unwrap());
    let receive = move |answer: &str| {
        let (mut connection, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 1 << 16];
        let mut text = String::new();
        while !text.ends_with("}}") {
            let size = connection.read(&mut bytes).unwrap();
            text.push_str(std::str::from_utf8(&bytes[..size]).unwrap());
        }
        write!(connection, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        text
    };
    (url, std::thread::spawn(move || answers.into_iter().map(receive).collect()))
}

fn header<'a>(received: &'a str, name: &str) -> &'a str {
    received.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}: {received}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_comes_again_until_it_is_taken_signed_afresh_each_time() {
    let client = Client::start().await;
    let (url, receiver) = receiver(vec!["500 Oops", "401 No", "302 There", "204 Taken"]);
    let order =
        json!({"event_type": "X", "resource": {}, "url": url, "redeliver": {"scale": 0.0001}, "header_case": "title"});
    let made = client.admin_ok("POST", "/notifications", order).await;
    let received = receiver.join().unwrap();
    let told: Vec<_> = made["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["after_seconds"], &one["answer"]["status"]))
        .collect();
    let expected = [(0, 500), (15, 401), (30, 302), (60, 204)].map(|(after, status)| (json!(after), json!(status)));
    assert_eq!(told, expected.iter().map(|(after, status)| (after, status)).collect::<Vec<_>>());
    assert_eq!(made["answer"], json!({"status": 204, "body": "", "taken": true}));
    let bodies: Vec<_> = received.iter().map(|text| text.split_once("\r\n\r\n").unwrap().1).collect();
    assert!(bodies.iter().all(|body| *body == made["body"].as_str().unwrap()), "the same each time");
    let nonces: std::collections::BTreeSet<_> = received.iter().map(|text| header(text, "Wechatpay-Nonce: ")).collect();
    assert_eq!(nonces.len(), 4, "each is signed by itself");
    assert_eq!(header(&received[3], "Wechatpay-Nonce: "), made["headers"]["Wechatpay-Nonce"].as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_gives_up_after_fifteen_redeliveries() {
    let client = Client::start().await;
    let order =
        json!({"event_type": "X", "resource": {}, "url": "http://127.0.0.1:1/", "redeliver": {"scale": 0.000001}});
    let made = client.admin_ok("POST", "/notifications", order).await;
    let deliveries = made["deliveries"].as_array().unwrap();
    assert_eq!((deliveries.len(), &deliveries[15]["after_seconds"]), (16, &json!(86640)));
    assert!(deliveries.iter().all(|one| one["answer"]["error"].is_string()), "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_makes_no_sense_is_refused() {
    let client = Client::start().await;
    for (order, reason) in [
        (json!({"resource": {}}), "event_type"),
        (json!({"event_type": "X"}), "resource"),
        (json!({"event": "tea.brewed"}), "tea.brewed"),
        (json!({"event_type": "X", "resource": {}, "apiv3_key": "short"}), "32 bytes"),
        (json!({"event_type": "X", "resource": {}, "headers": {"a b": "c"}}), "headers.a b"),
        (json!({"event_type": "X", "resource": {}, "signed_with": "pen"}), "pen"),
        (json!({"event_type": "X", "resource": {}, "url": "nowhere"}), "url"),
        (json!({"event_type": "X", "resource": {}, "url": "http://127.0.0.1:1/", "redeliver": {"scale": 2}}), "scale"),
        (json!({"event_type": "X", "resource": {}, "url": "http://127.0.0.1:1/", "redeliver": {}}), "scale"),
        (json!({"event_type": "X", "resource": {}, "header_case": "upper"}), "upper"),
    ] {
        let (status, answer) = client.admin("POST", "/notifications", order).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(reason), "{reason}: {answer}");
    }
}
