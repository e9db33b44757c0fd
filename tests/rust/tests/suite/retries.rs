//! Retries and hosts over real sockets. The first test is made from the table of decisions in ARCHITECTURE.md; the journal
//! of the local WeChat Pay is the judge.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use wechatpay_sdk::operation::Method;
use wechatpay_sdk::{CallOptions, Client, Error, Phase, Response, Retry, Retryability};
use wechatpay_suite::{Local, tests_dir};

use crate::wires::{Wire, authority};

const PATH: &str = "/v3/goldplan/merchants/changecustompagestatus";

/// What a call is, for a table that knows two natures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Get,
    Marked,
    Once,
}

impl Nature {
    fn of_column(column: &str) -> Vec<Self> {
        match column {
            "any" => vec![Self::Get, Self::Marked, Self::Once],
            "repeatable" => vec![Self::Get, Self::Marked],
            "once" => vec![Self::Once],
            other => panic!("what is {other}?"),
        }
    }

    async fn call(self, client: &Client) -> Result<Response, Error> {
        let record = json!({"sub_mchid": "1900000109", "operation_type": "OPEN"});
        match self {
            Self::Get => {
                let params = object(json!({"sub_mchid": "1900000109"}));
                client.call("new_tax_control_fapiao.merchant.check_status", params).await
            }
            Self::Marked => client.call("goldplan.merchants.change_custom_page_status", object(record)).await,
            // Nothing is known of a path outside the spec.
            Self::Once => client.request(Method::Post, PATH, &[], Some(&record)).await,
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

/// The faults that make the first attempt end like this.
fn faults(row: &str) -> Vec<Value> {
    let refused = |host: &str| json!({"match": {"host": host}, "fault": {"kind": "refused"}});
    let fault = match row.split_once(" (").map_or(row, |(name, _)| name) {
        "connecting" => return vec![refused("main")],
        "connecting, at the last host" => return vec![refused("main"), refused("backup")],
        "waiting" => json!({"kind": "reset"}),
        "receiving" => json!({"kind": "half_reply"}),
        "a reply that we refuse" => json!({"kind": "oversized_body", "bytes": 20_000}),
        "reply 200" => return vec![],
        reply => {
            let mut words = reply.split(' ').skip(1);
            let status: u16 = words.next().and_then(|status| status.parse().ok()).expect("reply STATUS [CODE]");
            let code = words.next().unwrap_or("SOME_CODE");
            json!({"kind": "status", "status": status, "body": {"code": code, "message": "不行"}})
        }
    };
    vec![json!({"fault": fault})]
}

/// What was seen, in the words of the table.
fn seen(journal: &[Value], outcome: &Result<Response, Error>) -> &'static str {
    let hosts: Vec<&str> = journal.iter().map(|entry| entry["host"].as_str().expect("a host")).collect();
    match (outcome, hosts.as_slice()) {
        (Ok(_), ["backup"]) => "other host at once",
        (Ok(_), ["main", "main"]) => "again",
        (Ok(_), ["main", "backup"]) => "again elsewhere",
        (Ok(_), ["main"]) => "ends",
        (Err(error), ["main"]) if error.may_have_taken_effect() && error.retryability() == Retryability::CheckFirst => {
            "ends, unknown"
        }
        (Err(_), ["main"]) => "ends",
        // Nothing arrives anywhere: the attempts tell.
        (Err(error), []) if error.attempts().len() > 2 => "again",
        (Err(error), []) if error.attempts().len() == 1 => "ends",
        other => panic!("what is this? {other:?}"),
    }
}

#[tokio::test]
async fn every_cell_of_the_table_holds_over_real_sockets() {
    let architecture = std::fs::read_to_string(tests_dir().join("../ARCHITECTURE.md")).expect("the document");
    let table = architecture.split("<!-- decisions -->").nth(1).expect("the table");
    let table = table.split("<!-- end of decisions -->").next().expect("its end");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = table.trim().lines();
    let heading = cells(lines.next().expect("a heading"));
    let local = Local::start();
    let mut checked = 0;
    for line in lines.skip(1) {
        let row = cells(line);
        for (column, expected) in heading.iter().zip(&row).skip(1) {
            let (policy, nature) = column.split_once(", ").expect("policy, nature");
            let options = CallOptions::default().retry(policy.parse().expect("a policy"));
            for nature in Nature::of_column(nature) {
                local.admin.reset().await;
                for fault in faults(&row[0]) {
                    local.admin.fault(fault).await;
                }
                // Each of its own: budgets are not what is looked at here.
                let client = local.client_with(&json!({"max_reply_bytes": 10_000})).with_options(options.clone());
                let outcome = nature.call(&client).await;
                let seen = seen(&local.admin.journal().await, &outcome);
                // With off, nothing is repeated whatever the fate is.
                let seen = if policy == "off" && seen == "ends, unknown" { "ends" } else { seen };
                assert_eq!(seen, expected, "{} × {column}, {nature:?}: {outcome:?}", row[0]);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 12 * (3 + 2 + 1 + 3), "a row or a column is missing");
}

/// A client's discovery serves all clients of the process; the host is asked again after the cool-down, and kept.
#[tokio::test]
async fn an_ill_host_is_avoided_by_all_clients_and_taken_back() {
    let local = Local::start();
    let changed = json!({"cool_down": 0.5});
    let (first, second) = (local.client_with(&changed), local.client_with(&changed));
    local.admin.fault(json!({"match": {"host": "main"}, "fault": {"kind": "refused"}})).await;
    Nature::Once.call(&first).await.expect("nothing was sent: the other host may have it");
    local.admin.clear_faults().await;
    local.admin.clear_journal().await;
    let hosts = async || {
        let journal = local.admin.journal().await;
        local.admin.clear_journal().await;
        journal.iter().map(|entry| entry["host"].as_str().expect("a host").to_owned()).collect::<Vec<_>>()
    };
    Nature::Get.call(&second).await.expect("the backup is well");
    assert_eq!(hosts().await, ["backup"], "another client knows");
    tokio::time::sleep(Duration::from_millis(550)).await;
    Nature::Once.call(&second).await.expect("the backup is well");
    assert_eq!(hosts().await, ["backup"], "what must not be repeated does not find out");
    Nature::Get.call(&first).await.expect("the main host is well again");
    Nature::Once.call(&second).await.expect("both are well");
    assert_eq!(hosts().await, ["main", "main"]);
}

#[tokio::test]
async fn what_must_not_be_repeated_finds_out_when_nothing_else_does() {
    let local = Local::start();
    let client = local.client_with(&json!({"cool_down": 0.2}));
    local.admin.fault(json!({"match": {"host": "main"}, "fault": {"kind": "refused"}})).await;
    Nature::Once.call(&client).await.expect("the backup is well");
    local.admin.clear_faults().await;
    tokio::time::sleep(Duration::from_millis(450)).await;
    local.admin.clear_journal().await;
    Nature::Once.call(&client).await.expect("the main host is well again");
    assert_eq!(local.admin.journal().await[0]["host"], "main");
}

#[tokio::test]
async fn each_of_many_hosts_is_tried_and_a_host_named_twice_is_refused() {
    let local = Local::start();
    let nobody: Vec<String> =
        (0..5).map(|_| format!("http://127.0.0.1:{}", wechatpay_suite::redis::free_port())).collect();
    let relay = Wire::relay(authority(&local.info.base_url)).await;
    let backups = format!("{}, {}", nobody[1..].join(","), relay.url("http"));
    let client = local.client_with(&json!({"base_url": nobody[0], "backup_url": backups}));
    Nature::Once.call(&client).await.expect("the sixth is there");
    let client = local.client_with(&json!({"base_url": nobody[0], "backup_url": nobody[1..].join(",")}));
    let error = Nature::Once.call(&client).await.expect_err("nobody is there");
    let tried: Vec<&str> = error.attempts().iter().take(5).map(|attempt| &*attempt.host).collect();
    assert_eq!(tried, nobody, "in the order of preference");
    assert!(error.attempts().iter().all(|attempt| attempt.phase == Phase::Connecting));
    assert!(!error.may_have_taken_effect(), "{error}");
    let mut options = local.options();
    options.insert("backup_url".to_owned(), json!(local.info.base_url));
    let options = wechatpay_sdk::Options::from_json(&serde_json::to_vec(&options).expect("plain data")).expect("typed");
    assert_eq!(Client::from_options(&options).expect_err("the same host").code(), "same_host");
}

#[tokio::test]
async fn retry_after_is_waited_for_unless_the_deadline_comes_first() {
    let local = Local::start();
    let slow_down = json!({"fault": {
        "kind": "status", "status": 429, "headers": {"Retry-After": "1"},
        "body": {"code": "FREQUENCY_LIMITED", "message": "频率超限"},
    }});
    local.admin.fault(slow_down.clone()).await;
    let started = Instant::now();
    Nature::Once.call(&local.client()).await.expect("it was not carried out, and is repeated");
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    local.admin.fault(slow_down).await;
    let started = Instant::now();
    let hasty = local.client().with_options(CallOptions::default().timeout(Duration::from_millis(900)));
    let error = Nature::Once.call(&hasty).await.expect_err("there is no time for it");
    assert_eq!((error.code(), error.retryability()), ("FREQUENCY_LIMITED", Retryability::Safe));
    assert!(started.elapsed() < Duration::from_millis(800), "nobody waits for nothing: {:?}", started.elapsed());
}

#[tokio::test]
async fn an_outage_does_not_multiply_the_traffic() {
    let local = Local::start();
    let answer = json!({"code": "SYSTEM_ERROR", "message": "系统错误"});
    local.admin.fault(json!({"times": 10_000, "fault": {"kind": "status", "status": 500, "body": answer}})).await;
    let client = local.client_with(&json!({"timeout": 60}));
    let calls = (0..200).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { Nature::Get.call(&client).await.expect_err("an outage") })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.expect("no panic").code(), "SYSTEM_ERROR");
    }
    let requests = local.admin.journal().await.len();
    assert!((210..=230).contains(&requests), "{requests} requests for 200 calls");
}

#[tokio::test]
async fn the_error_names_what_reads_the_state_back_and_every_attempt() {
    let local = Local::start();
    local.admin.fault(json!({"fault": {"kind": "reset", "after": "work"}})).await;
    local.admin.fault(json!({"fault": {"kind": "status", "status": 500, "body": {"code": "SYSTEM_ERROR"}}})).await;
    let client = local.client().with_options(CallOptions::default().retry(Retry::Idempotent));
    local.admin.fault(json!({"times": 9, "fault": {"kind": "half_reply"}})).await;
    let order = json!({
        "appid": "wxd678efh567hg6787", "mchid": "1900000001", "description": "茶", "out_trade_no": "T20261126",
        "notify_url": "https://example.com/notify", "amount": {"total": 1}, "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    });
    let error = client.call("pay.transactions.jsapi.create", object(order)).await.expect_err("no reply is whole");
    assert_eq!(error.check_with(), Some("pay.transactions.get_by_out_trade_no"), "{error}");
    assert!(error.message().contains("pay.transactions.get_by_out_trade_no"), "{error}");
    assert_eq!(error.retryability(), Retryability::Safe, "the caller said so");
    let told: Vec<_> = error.attempts().iter().map(|attempt| (attempt.number, attempt.phase, attempt.status)).collect();
    let expected = [
        (1, Phase::Waiting, None),
        (2, Phase::Answered, Some(500)),
        (3, Phase::Receiving, None),
        (4, Phase::Receiving, None),
    ];
    assert_eq!(told, expected);
    assert!(error.attempts()[1].request_id().is_some());
    assert_eq!((error.attempts()[0].code, error.attempts()[2].code), (Some("connection_broken"), Some("broken_reply")));
}
