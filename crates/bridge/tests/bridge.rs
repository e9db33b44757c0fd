//! The bridge over real sockets, against the local WeChat Pay.

#![allow(clippy::unwrap_used, reason = "in a test a failure should panic")]

mod common;

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Value, json};
use wechatpay_bridge::{
    Call, Client, Completions, ErrorRecord, Event, Key, Reply, ReplyKind, Waited, nobody_hears, operations_json,
    option_names, products, wait,
};

use common::Local;

const TICK: Duration = Duration::from_millis(50);
const CUSTOM_PAGE: &str = "goldplan.merchants.change_custom_page_status";
const OPEN: &str = r#"{"sub_mchid": "1900000109", "operation_type": "OPEN"}"#;

struct World {
    client: Client,
    options: Value,
    _local: Local,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let local = Local::start();
    let options = local.with_key();
    let client = Client::from_json(options.to_string().into_bytes(), Key::InOptions).unwrap();
    World { client, options, _local: local }
});

fn run(call: Call) -> Result<Reply, Box<ErrorRecord>> {
    match wait(call, TICK, || true, nobody_hears).unwrap() {
        Waited::Done(outcome) => outcome,
        Waited::GivenUp(_) => panic!("nobody gave up"),
    }
}

fn readable(completions: &Completions) -> bool {
    let descriptor = i32::try_from(completions.descriptor()).unwrap();
    #[expect(unsafe_code, reason = "the test watches the descriptor as an event loop would")]
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    poll(&mut [PollFd::new(descriptor, PollFlags::POLLIN)], PollTimeout::from(5000_u16)).unwrap() == 1
}

#[test]
fn an_operation_answers_with_status_request_id_and_body() {
    let reply = run(WORLD.client.call(CUSTOM_PAGE, OPEN.as_bytes())).unwrap();
    assert_eq!((reply.status, reply.kind), (200, ReplyKind::Json));
    assert_eq!(&reply.body[..], br#"{"sub_mchid":"1900000109"}"#);
    assert!(reply.request_id.as_deref().is_some_and(|id| id.ends_with("-0")));
    assert!(!format!("{reply:?}").contains("1900000109"));

    let params = br#"{"sub_mchid": "1900000109"}"#;
    let reply = run(WORLD.client.call("goldplan.merchants.close_advertising_show", params)).unwrap();
    assert_eq!((reply.status, reply.kind, reply.body.len()), (204, ReplyKind::Empty, 0));
}

#[test]
fn a_request_is_judged_by_what_came() {
    let path = "/v3/new-tax-control-fapiao/merchant/1900000109/check-status";
    let reply = run(WORLD.client.request("get", path, None, None)).unwrap();
    assert_eq!((reply.status, reply.kind), (200, ReplyKind::Json));

    let path = "/v3/goldplan/merchants/close-advertising-show";
    let body = br#"{"sub_mchid":"1900000109"}"#;
    let reply = run(WORLD.client.request("POST", path, None, Some(body))).unwrap();
    assert_eq!((reply.status, reply.kind), (204, ReplyKind::Empty));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let client = &WORLD.client;
    for (call, field) in [
        (client.call(CUSTOM_PAGE, b"[1]"), "params"),
        (client.call("goldplan.merchants.nothing", b"{}"), "operation"),
        (client.request("FETCH", "/v3/certificates", None, None), "method"),
        (client.request("GET", "/v3/certificates", Some(b"[]"), None), "query"),
        (client.request("GET", "/v3/certificates", Some(br#"{"a": {"b": 1}}"#), None), "query"),
        (client.request("POST", "/v3/certificates", None, Some(b"{")), "body"),
    ] {
        let error = run(call).unwrap_err();
        assert_eq!((error.kind, error.field.as_deref()), ("invalid_request", Some(field)), "{error}");
        assert!(!error.may_have_taken_effect);
    }
}

#[test]
fn errors_are_flat() {
    let error = run(WORLD.client.call(CUSTOM_PAGE, br#"{"sub_mchid": "1", "operation_type": "OPEN"}"#)).unwrap_err();
    let record: Value = serde_json::from_slice(&error.to_json()).unwrap();
    let names: Vec<&str> = record.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "kind",
            "code",
            "message",
            "text",
            "retryability",
            "may_have_taken_effect",
            "operation",
            "status",
            "field",
            "value",
            "issue",
            "location",
            "detail",
            "request_id",
            "verified",
            "check_with",
            "attempts"
        ]
    );
    assert_eq!(record["kind"], "api");
    assert_eq!(record["code"], "MCH_NOT_EXISTS");
    assert_eq!(record["status"], 400);
    assert_eq!(record["operation"], CUSTOM_PAGE);
    assert_eq!(record["verified"], true);
    assert_eq!(record["retryability"], "never");
    assert!(record["text"].as_str().unwrap().contains(record["request_id"].as_str().unwrap()));

    let refused = ErrorRecord::bad_argument(Some(CUSTOM_PAGE), "sub_mchid", "must be text");
    assert_eq!(refused.text, format!("{CUSTOM_PAGE}: sub_mchid must be text; nothing was sent"));
    assert_eq!(refused.operation.as_deref(), Some(CUSTOM_PAGE));
}

#[test]
fn options_are_checked_where_they_are_given() {
    let kind_and_field = |error: Box<ErrorRecord>| (error.kind, error.field.unwrap());
    let wrong = Client::from_json(br#"{"mchidd": "1"}"#.to_vec(), Key::InOptions).unwrap_err();
    assert_eq!(kind_and_field(wrong), ("config", "mchidd".to_owned()));
    for (options, field) in [
        ("[]", "options"),
        (r#"{"timeout": 0}"#, "timeout"),
        (r#"{"timeout": "1"}"#, "timeout"),
        (r#"{"retry": "always"}"#, "retry"),
        (r#"{"encrypted_with": ""}"#, "encrypted_with"),
        (r#"{"encrypted_with": 3}"#, "encrypted_with"),
        (r#"{"proxy": "x"}"#, "proxy"),
    ] {
        let wrong = WORLD.client.with_options(options.as_bytes()).unwrap_err();
        assert_eq!(kind_and_field(wrong), ("config", field.to_owned()));
    }
    let changed = WORLD.client.with_options(br#"{"timeout": 2.5, "retry": "off"}"#).unwrap();
    assert!(format!("{changed:?}").contains("timeout: 2.5s, retry: Off"));
    assert_eq!(WORLD.client.with_options(b"{}").unwrap().mchid(), WORLD.client.mchid());

    let mut own = WORLD.options.clone();
    assert_eq!(
        kind_and_field(WORLD.client.for_merchant(own.to_string().into_bytes(), Key::InOptions).unwrap_err()),
        ("config", "base_url".to_owned())
    );
    own.as_object_mut().unwrap().remove("base_url");
    let derived = WORLD.client.for_merchant(own.to_string().into_bytes(), Key::InOptions).unwrap();
    assert_eq!(run(derived.call(CUSTOM_PAGE, OPEN.as_bytes())).unwrap().status, 200);
    assert!(option_names().contains(&"merchant_private_key_path"));
}

#[test]
fn many_calls_share_a_wake_up() {
    let completions = Completions::new().unwrap();
    let tickets: Vec<_> = (0..64)
        .map(|token| completions.start(token, WORLD.client.call(CUSTOM_PAGE, OPEN.as_bytes())).unwrap())
        .collect();
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut done = BTreeMap::new();
    while done.len() < tickets.len() {
        assert!(Instant::now() < deadline && readable(&completions), "{} of 64 came", done.len());
        done.extend(completions.drain().into_iter().map(|news| match news.event {
            Event::Done(result) => (news.token, result.unwrap().status),
            Event::Says(said) => panic!("{said:?}"),
        }));
    }
    assert!(done.values().all(|status| *status == 200));
    assert!(completions.drain().is_empty());
}

#[test]
fn a_dropped_ticket_cancels() {
    let completions = Completions::new().unwrap();
    drop(completions.start(1, WORLD.client.call(CUSTOM_PAGE, OPEN.as_bytes())).unwrap());
    let ticket = completions.start(2, WORLD.client.call(CUSTOM_PAGE, OPEN.as_bytes())).unwrap();
    let mut tokens = Vec::new();
    while !tokens.contains(&2) {
        assert!(readable(&completions));
        tokens.extend(completions.drain().iter().map(|news| news.token));
    }
    drop(ticket);
    assert_eq!(tokens, [2]);
}

#[test]
fn the_table_tells_what_a_binding_needs() {
    let all: Vec<Value> = serde_json::from_slice(&operations_json("")).unwrap();
    let some: Vec<Value> = serde_json::from_slice(&operations_json("goldplan.merchants")).unwrap();
    assert!(all.len() > some.len());
    assert_eq!(some.len(), 5);
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&operations_json("gold")).unwrap(), Vec::<Value>::new());
    let products = products();
    assert!(products.contains(&"goldplan") && products.contains(&"new_tax_control_fapiao"));
    assert!(products.is_sorted_by(|one, next| one < next));

    let custom_page = some.iter().find(|operation| operation["id"] == CUSTOM_PAGE).unwrap();
    assert_eq!(custom_page["method"], "POST");
    assert_eq!(custom_page["reply"], "json");
    assert_eq!((&custom_page["idempotent"], &custom_page["read_back"]), (&json!(true), &Value::Null));
    let reverse = all.iter().find(|operation| operation["id"] == "pay.transactions.reverse_by_out_trade_no").unwrap();
    assert_eq!(
        (&reverse["idempotent"], &reverse["read_back"]),
        (&json!(false), &json!("pay.transactions.get_by_out_trade_no"))
    );
    assert_eq!(
        custom_page["params"][1],
        json!({"name": "operation_type", "place": "body", "required": true, "type": "string",
               "values": ["OPEN", "CLOSE"], "encrypted": false})
    );
    let filters = some.iter().find(|operation| operation["id"].as_str().unwrap().ends_with("_filter")).unwrap();
    assert_eq!(filters["params"][1]["type"], "list of string");
    assert_eq!(filters["params"][1]["values"].as_array().unwrap().len(), 36);
    let upload = all.iter().find(|operation| operation["id"].as_str().unwrap().ends_with("upload_fapiao_file"));
    let types: Vec<&Value> = upload.unwrap()["params"].as_array().unwrap().iter().map(|it| &it["type"]).collect();
    assert!(types.contains(&&json!("file")), "{types:?}");
}
