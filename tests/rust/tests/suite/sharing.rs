//! Issue: "A client is cheap to clone and safe to share", and `tracing` "spans per call (operation id, mchid, status,
//! request id, duration, attempt)".

use serde_json::{Map, Value, json};
use wechatpay_sdk::goldplan::merchants::CloseAdvertisingShow;
use wechatpay_sdk::new_tax_control_fapiao::merchant::CheckStatus;
use wechatpay_sdk::{Client, blocking};
use wechatpay_suite::{Local, vector_text};

use crate::capture;

const PARALLEL: usize = 32;
const EACH: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_client_serves_many_tasks_at_once() {
    let local = Local::start();
    let client = local.client();
    let calls = (0..PARALLEL).map(|_| {
        let client = client.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                let reply = client.send(&CheckStatus::new("1900000110")).await?;
                assert_eq!(reply.sub_mchid.as_deref(), Some("1900000110"));
                client.send(&CloseAdvertisingShow::new("1900000110")).await?;
            }
            Ok::<_, wechatpay_sdk::Error>(())
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.expect("no panic").expect("every call succeeds");
    }
    everything_arrived(&local).await;
}

#[test]
fn one_blocking_client_serves_many_threads_at_once() {
    let local = Local::start();
    let client = blocking::Client::new(local.client());
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                for _ in 0..EACH {
                    client.send(&CheckStatus::new("1900000110")).expect("succeeds");
                    client.send(&CloseAdvertisingShow::new("1900000110")).expect("succeeds");
                }
            });
        }
    });
    wechatpay_sdk::runtimes::wait(everything_arrived(&local)).expect("a runtime");
}

async fn everything_arrived(local: &Local) {
    let journal = local.admin.journal().await;
    assert_eq!(journal.len(), PARALLEL * EACH * 2, "every call arrived once");
    assert!(journal.iter().all(|entry| entry["authorized"] == true));
    let nonce = |entry: &Value| entry["headers"]["authorization"]["nonce_str"].to_string();
    let nonces: std::collections::BTreeSet<_> = journal.iter().map(nonce).collect();
    assert_eq!(nonces.len(), journal.len(), "no nonce comes twice");
}

/// A merchant of its own, so that its spans are told from those of other tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_has_a_span_that_says_what_became_of_it() {
    capture::start();
    let local = Local::start();
    let mchid = "1900777777";
    local.admin.register(mchid, &vector_text("keys/merchant_cert.pem")).await;
    let client = local.client_with(&json!({
        "mchid": mchid, "serial_no": null, "merchant_private_key_path": null,
        "merchant_private_key": vector_text("keys/merchant_pkcs8.pem"),
        "merchant_certificate": vector_text("keys/merchant_cert.pem"),
    }));
    client.send(&CloseAdvertisingShow::new("1900000110")).await.expect("succeeds");
    local.admin.fault(json!({"fault": {"kind": "reset"}})).await;
    client.send(&CheckStatus::new("1900000110")).await.expect("the second attempt succeeds");
    client.send(&CloseAdvertisingShow::new("1999999999")).await.expect_err("no such merchant");
    request(&client).await;

    let spans: Vec<_> = capture::entries()
        .into_iter()
        .filter(|entry| entry.name == "wechatpay.call" && entry.fields.get("mchid").is_some_and(|of| of == mchid))
        .collect();
    let expected = [
        ("goldplan.merchants.close_advertising_show", "204", "1"),
        ("new_tax_control_fapiao.merchant.check_status", "200", "2"),
        ("goldplan.merchants.close_advertising_show", "400", "1"),
        ("DELETE", "404", "1"),
    ];
    assert_eq!(spans.len(), expected.len());
    for (span, (operation, status, attempts)) in spans.iter().zip(expected) {
        let field = |name: &str| span.fields.get(name).map(String::as_str);
        assert_eq!(field("operation"), Some(operation), "{span:?}");
        assert_eq!(field("status"), Some(status), "{span:?}");
        assert_eq!(field("attempts"), Some(attempts), "{span:?}");
        field("duration_ms").and_then(|text| text.parse::<u64>().ok()).expect("a number of milliseconds");
        assert!(field("request_id").is_some_and(|id| id.contains('-')), "{span:?}");
    }
}

async fn request(client: &Client) {
    let outcome = client.request(wechatpay_sdk::operation::Method::Delete, "/v3/nothing", &[], None).await;
    outcome.expect_err("there is no such path");
    let unknown = client.call("no.such.operation", Map::new()).await;
    unknown.expect_err("refused before a span begins");
}
