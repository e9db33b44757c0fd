//! What calls tell of their attempts, over real sockets: to whoever waits for them, and to nobody else.

#![allow(clippy::unwrap_used, reason = "in a test a failure should panic")]

mod common;

use std::net::TcpListener;
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechatpay_bridge::{AttemptEvent, Call, Client, Completions, Event, Key, Said, Waited, Waiting, wait};

use common::Local;

const TICK: Duration = Duration::from_millis(50);
const OPERATION: &str = "new_tax_control_fapiao.merchant.check_status";
const PARAMS: &[u8] = br#"{"sub_mchid": "1900000110"}"#;

/// Options of a client; each test sets the hosts.
static WORLD: LazyLock<World> = LazyLock::new(|| {
    let local = Local::start();
    let mut options = local.with_key();
    options["cool_down"] = json!(0.0001);
    options["timeout"] = json!(60);
    World { options, _local: local }
});

struct World {
    options: Value,
    _local: Local,
}

fn well() -> &'static str {
    WORLD.options["base_url"].as_str().unwrap()
}

/// A host that refuses every connection: one of its own for each test, since hosts are well or ill for the whole process.
fn ill() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

/// A client with these hosts.
fn client(first: &str, second: Option<&str>) -> Client {
    let mut options = WORLD.options.clone();
    options["base_url"] = json!(first);
    options["backup_url"] = json!(second);
    Client::from_json(options.to_string().into_bytes(), Key::InOptions).unwrap()
}

fn call(first: &str, second: Option<&str>) -> Call {
    client(first, second).call(OPERATION, PARAMS)
}

/// What a call tells whoever waits for it.
fn told(call: Call) -> Vec<AttemptEvent> {
    let here = std::thread::current().id();
    let mut told = Vec::new();
    let outcome = wait(
        call,
        TICK,
        || true,
        |said| {
            assert_eq!(std::thread::current().id(), here);
            let Said::Tells(event) = said else { panic!("{said:?}") };
            told.push(event);
        },
    );
    assert!(matches!(outcome, Ok(Waited::Done(Ok(reply))) if reply.status == 200));
    told
}

#[test]
fn both_ends_of_every_attempt_are_told_in_order() {
    let (ill, well) = (ill(), well());
    let told = told(call(&ill, Some(well)).watched(true));
    let seen: Vec<_> = told
        .iter()
        .map(|event| (event.number, &*event.host, event.end.as_ref().map(|end| (end.phase, end.status, end.code))))
        .collect();
    let ill = ill.as_str();
    assert_eq!(
        seen,
        [
            (1, ill, None),
            (1, ill, Some(("connecting", None, Some("connect_failed")))),
            (2, well, None),
            (2, well, Some(("answered", Some(200), None))),
        ]
    );
    assert!(told.windows(2).all(|pair| pair[0].time <= pair[1].time));
    let json: Value = serde_json::from_slice(&told[3].to_json()).unwrap();
    assert_eq!(json["operation"], OPERATION);
    assert_eq!(json["mchid"], WORLD.options["mchid"]);
    assert!(json["request_id"].is_string() && json["duration"].is_number(), "{json}");
    let begins: Value = serde_json::from_slice(&told[2].to_json()).unwrap();
    assert!(begins.get("phase").is_none(), "{begins}");
}

#[test]
fn a_call_that_nobody_watches_tells_nothing() {
    assert!(told(call(well(), None)).is_empty());
}

/// One inside of what hears another has a desk of its own.
#[test]
fn whoever_hears_may_make_calls() {
    let mut inner = Vec::new();
    let outcome = wait(
        call(well(), None).watched(true),
        TICK,
        || true,
        |said| {
            let Said::Tells(event) = said else { panic!("{said:?}") };
            if event.end.is_none() {
                inner.push(told(call(&ill(), Some(well())).watched(true)).len());
            }
        },
    );
    assert!(matches!(outcome, Ok(Waited::Done(Ok(_)))));
    assert_eq!(inner, [4]);
}

#[test]
fn an_event_loop_hears_all_before_the_result() {
    let completions = Completions::new().unwrap();
    let start = |token, watched| {
        let call = call(&ill(), Some(well())).watched(watched);
        completions.start(token, call).unwrap()
    };
    let _tickets = [start(1, true), start(2, false)];
    let (mut ended, mut events) = (Vec::new(), Vec::new());
    let deadline = Instant::now() + Duration::from_secs(30);
    while ended.len() < 2 {
        assert!(Instant::now() < deadline, "{ended:?}");
        for news in completions.drain() {
            match news.event {
                Event::Done(result) => ended.push((news.token, result.unwrap().status)),
                Event::Says(Said::Tells(_)) => {
                    assert_eq!(news.token, 1);
                    assert!(!ended.iter().any(|(token, _)| *token == 1));
                    events.push(news.token);
                }
                Event::Says(said) => panic!("{said:?}"),
            }
        }
        sleep(Duration::from_millis(1));
    }
    assert_eq!(events, [1, 1, 1, 1]);
}

/// Where events are dropped depends on how fast calls are; that each is told or counted, and no result lost, does not.
#[test]
fn a_loop_that_stands_still_loses_events_and_no_result() {
    // Together they tell more than can wait.
    const CALLS: usize = Waiting::MOST / 2 + 88;
    let completions = Completions::new().unwrap();
    // Each makes one attempt, which fails at once.
    let client = client(&ill(), None).with_options(br#"{"retry": "off"}"#).unwrap();
    let start = || completions.start(1, client.call(OPERATION, PARAMS).watched(true)).unwrap();
    let tickets: Vec<_> = (0..CALLS).map(|_| start()).collect();
    // Each tells twice.
    sleep(Duration::from_secs(1));
    let (mut results, mut events, mut dropped) = (0, 0, 0);
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut take = |results: &mut usize| {
        for news in completions.drain() {
            match news.event {
                Event::Done(result) => {
                    *results += usize::from(result.is_err_and(|error| error.code == "connect_failed"))
                }
                Event::Says(Said::Tells(event)) => {
                    events += 1;
                    dropped += event.dropped;
                }
                Event::Says(said) => panic!("{said:?}"),
            }
        }
        events
    };
    while results < CALLS {
        assert!(Instant::now() < deadline, "{results} results");
        assert!(take(&mut results) <= 2 * CALLS);
        sleep(Duration::from_millis(100));
    }
    drop(tickets);
    // What was dropped at the very end is told by the next event.
    let _ticket = start();
    let mut more = 0;
    while more == 0 {
        assert!(Instant::now() < deadline);
        take(&mut more);
        sleep(Duration::from_millis(10));
    }
    assert_eq!(events as u64 + dropped, 2 * CALLS as u64 + 2);
}

#[test]
fn an_error_carries_every_attempt() {
    let ill = ill();
    let Ok(Waited::Done(Err(error))) = wait(call(&ill, None), TICK, || true, drop) else { panic!("nobody is there") };
    let json: Value = serde_json::from_slice(&error.to_json()).unwrap();
    let attempts = json["attempts"].as_array().unwrap();
    assert!(attempts.len() > 1, "{json}");
    for (at, attempt) in attempts.iter().enumerate() {
        assert_eq!(attempt["number"], at + 1);
        assert_eq!((&attempt["host"], &attempt["phase"]), (&json!(ill), &json!("connecting")));
        assert_eq!((&attempt["code"], &attempt["status"]), (&json!("connect_failed"), &Value::Null));
        assert!(attempt["duration"].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)));
    }
    assert_eq!(json["check_with"], Value::Null);
}
