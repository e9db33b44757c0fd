//! Issue: "A rate limiter per client (token bucket, per operation class if configured) […]; 429 and FREQUENCY_LIMITED slow
//! it down and it recovers; for fleets the same limiter over Redis", against a real Redis.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechatpay_sdk::goldplan::OperationType;
use wechatpay_sdk::goldplan::merchants::{ChangeCustomPageStatus, CloseAdvertisingShow};
use wechatpay_sdk::{CallOptions, Client, Error, ErrorKind, Retry, Retryability};
use wechatpay_suite::Local;
use wechatpay_suite::redis::Redis;

async fn page(client: &Client) -> Result<(), Error> {
    let request = ChangeCustomPageStatus::new("1900000109", OperationType::Open);
    client.send(&request).await.map(drop)
}

/// How long so many calls take, one after the other.
async fn pages(client: &Client, count: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        page(client).await.expect("it has its turn and is answered");
    }
    start.elapsed()
}

fn busy(status: u16) -> Value {
    json!({"fault": {"kind": "status", "status": status, "body": {"code": "FREQUENCY_LIMITED", "message": "slower"}}})
}

fn once(client: &Client) -> Client {
    client.with_options(CallOptions::default().retry(Retry::Off))
}

#[tokio::test]
async fn clones_share_a_limit_and_each_merchant_has_its_own() {
    let local = Local::start();
    let client = local.client_with(&json!({"rate_limit": "4"}));
    let clone = client.with_options(CallOptions::default().timeout(Duration::from_secs(5)));
    let start = Instant::now();
    let (one, other) = tokio::join!(pages(&client, 4), pages(&clone, 4));
    assert!(start.elapsed() >= Duration::from_millis(990), "4 at once, 4 in a second: {one:?} {other:?}");
    let mut options = local.options();
    options.retain(|name, _| name.contains("key") || ["mchid", "serial_no"].contains(&name.as_str()));
    let options = serde_json::to_vec(&options).expect("JSON");
    let derived = client.for_merchant(&wechatpay_sdk::Options::from_json(&options).expect("options"));
    let derived = derived.expect("a client");
    let unhindered = pages(&derived, 4).await;
    let hindered = pages(&derived, 1).await;
    assert!(
        unhindered < Duration::from_millis(900) && hindered > Duration::from_millis(50),
        "{unhindered:?} {hindered:?}"
    );
}

#[tokio::test]
async fn a_turn_after_the_deadline_is_refused_at_once_and_classes_stand_beside_each_other() {
    let local = Local::start();
    let limit = "0.05, goldplan.merchants.close_advertising_show = 1000/s";
    let client = local.client_with(&json!({"rate_limit": limit, "timeout": 5}));
    page(&client).await.expect("the first has its turn");
    let start = Instant::now();
    let error = page(&client).await.expect_err("the next turn comes in 20 seconds");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!((error.kind(), error.code()), (ErrorKind::Timeout, "rate_limited"), "{error}");
    assert_eq!((error.retryability(), error.may_have_taken_effect()), (Retryability::Safe, false));
    assert!(error.attempts().is_empty() && error.message().contains("0.05 calls per second"), "{error}");
    for _ in 0..10 {
        client.send(&CloseAdvertisingShow::new("1900000109")).await.expect("another class");
    }
    assert_eq!(local.admin.journal().await.len(), 11);
    assert_eq!(client.slow_downs(), 0);
}

#[tokio::test]
async fn refusals_slow_it_down_and_it_recovers() {
    for status in [429, 403] {
        let local = Local::start();
        let client = local.client_with(&json!({"rate_limit": "8", "timeout": 20}));
        local.admin.fault(busy(status)).await;
        local.admin.fault(busy(status)).await;
        for _ in 0..2 {
            let error = page(&once(&client)).await.expect_err("the platform refuses it");
            assert_eq!(error.code(), "FREQUENCY_LIMITED");
        }
        assert_eq!(client.slow_downs(), 1, "one burst");
        // Of 8 at once nothing is left: 4 and a little more in a second.
        let slow = pages(&client, 4).await;
        assert!(slow >= Duration::from_millis(650), "{status}: {slow:?}");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(12)).await;
        tokio::time::resume();
        let fast = pages(&client, 8).await;
        assert!(fast < Duration::from_millis(650), "{status}: 8 at once again: {fast:?}");
    }
}

#[tokio::test]
async fn a_repetition_waits_for_its_turn_too_and_a_reply_is_better_than_a_late_turn() {
    let local = Local::start();
    let client = local.client_with(&json!({"rate_limit": "1", "timeout": 10}));
    local.admin.fault(busy(429)).await;
    let time = pages(&client, 1).await;
    // At half a call a second, and quickening.
    assert!(time >= Duration::from_millis(1700), "{time:?}");
    let slow = local.client_with(&json!({"rate_limit": "0.01", "timeout": 5}));
    local.admin.fault(busy(429)).await;
    let error = page(&slow).await.expect_err("its repetition would come too late");
    assert_eq!((error.kind(), error.code(), error.attempts().len()), (ErrorKind::Api, "FREQUENCY_LIMITED", 1));
}

#[tokio::test]
async fn who_waits_for_turns_gets_them_one_by_one_and_uses_each_once() {
    let local = Local::start();
    let client = local.client_with(&json!({"rate_limit": "10"}));
    let start = Instant::now();
    for _ in 0..6 {
        let turn = client.turn("goldplan.merchants.change_custom_page_status").await;
        page(&turn).await.expect("it has its turn");
    }
    let time = start.elapsed();
    assert!((500..900).contains(&time.as_millis()), "every tenth of a second, and each call once: {time:?}");
}

/// Processes that call for two seconds, all at once, and how many calls each made.
fn processes(local: &Local, redis: &Redis, count: usize) -> Vec<u64> {
    let start = |_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_suite-helper"));
        command.args(["call-for", "2"]).env_clear().stdout(Stdio::piped());
        for (name, value) in local.options_with(&json!({"rate_limit": "20", "rate_limit_redis": redis.url()})) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            command.env(format!("WECHATPAY_{}", name.to_uppercase()), text);
        }
        command.spawn().expect("the helper starts")
    };
    let children: Vec<_> = (0..count).map(start).collect();
    let count = |child: std::process::Child| {
        let output = child.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{told}");
        told.trim().parse().expect("a number")
    };
    children.into_iter().map(count).collect()
}

#[tokio::test]
async fn two_processes_with_one_redis_stay_within_the_rate_and_one_may_use_all_of_it() {
    let (local, redis) = (Local::start(), Redis::start(&[]));
    for count in [2, 1] {
        local.admin.clear_journal().await;
        let start = Instant::now();
        let made = processes(&local, &redis, count);
        let allowed = 20.0 + 20.0 * start.elapsed().as_secs_f64();
        let arrived = local.admin.journal().await.len();
        assert_eq!(made.iter().sum::<u64>() as usize, arrived, "{made:?}");
        assert!(arrived as f64 <= allowed, "{arrived} of {allowed}");
        // A second's worth at once, and 40 in two seconds; a crowded machine may cost some.
        assert!(arrived >= 48, "{made:?}");
        assert!(made.iter().all(|made| *made >= 5), "each gets its part: {made:?}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn one_refusal_slows_the_fleet_down() {
    let (local, redis) = (Local::start(), Redis::start(&[]));
    let client = || local.client_with(&json!({"rate_limit": "8", "rate_limit_redis": redis.url(), "timeout": 20}));
    let (one, other) = (client(), client());
    local.admin.fault(busy(429)).await;
    page(&once(&one)).await.expect_err("the platform refuses it");
    let slow = pages(&other, 5).await;
    assert!(slow >= Duration::from_millis(650), "{slow:?}");
    assert_eq!((one.slow_downs(), other.slow_downs()), (1, 0));
    tokio::time::sleep(Duration::from_secs(9)).await;
    let fast = pages(&other, 8).await;
    assert!(fast < Duration::from_millis(650), "8 at once again: {fast:?}");
}

/// What the Redis knows, in its own words.
fn keys(redis: &Redis) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", redis.port())).expect("it listens");
    connection.write_all(b"KEYS *\r\nQUIT\r\n").expect("it listens");
    let mut told = String::new();
    connection.read_to_string(&mut told).expect("it answers");
    told
}

#[tokio::test]
async fn calls_go_on_without_their_redis_and_return_to_it() {
    let (local, mut redis) = (Local::start(), Redis::start(&[]));
    let client = local.client_with(&json!({"rate_limit": "50", "rate_limit_redis": redis.url()}));
    pages(&client, 2).await;
    let key = format!("wechatpay:rate:{}:*", local.info.mchid);
    assert!(keys(&redis).contains(&key), "{}", keys(&redis));

    redis.pause();
    let hung = pages(&client, 10).await;
    assert!(hung >= Duration::from_millis(200), "one has asked: {hung:?}");
    assert!(hung < Duration::from_millis(900), "and the others have not: {hung:?}");
    redis.resume();
    redis.kill();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let gone = pages(&client, 10).await;
    assert!(gone < Duration::from_millis(900), "{gone:?}");

    redis.restart();
    assert!(!keys(&redis).contains(&key), "it has forgotten everything");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    pages(&client, 1).await;
    assert!(keys(&redis).contains(&key), "{}", keys(&redis));
}
