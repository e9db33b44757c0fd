//! `wechatpay-bench serve|floor|rust|rust-many|memory|notification|notification-floor|notification-rust`: one figure each, as a line of JSON. `run.py` pairs them.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

mod floor;
mod notification;
mod server;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::json;
use wechatpay_sdk::goldplan::OperationType;
use wechatpay_sdk::goldplan::merchants::ChangeCustomPageStatus;
use wechatpay_sdk::{Client, Options};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", directory] => server::serve(directory),
        ["floor", config, calls] => measure(count(calls), floor::calls(config)),
        ["rust", config, calls] => measure(count(calls), sequential(config)),
        ["rust-many", config, calls, at_once] => concurrent(config, count(calls), count(at_once)),
        ["notification", directory] => notification::write(directory),
        ["notification-floor", file, times] => measure(count(times), notification::floor(file)),
        ["notification-rust", file, times] => measure(count(times), notification::parse(file)),
        ["memory", config, merchants] => memory(config, count(merchants)),
        _ => {
            eprintln!(
                "usage: wechatpay-bench serve DIR | floor CONFIG N | rust CONFIG N | rust-many CONFIG N AT_ONCE | memory CONFIG N | notification DIR | notification-floor FILE N | notification-rust FILE N"
            );
            std::process::exit(2);
        }
    }
}

fn count(text: &str) -> usize {
    text.parse().expect("a number of calls")
}

fn options(config: &str) -> Options {
    Options::from_json(&fs::read(config).expect("the configuration that `serve` wrote")).expect("valid options")
}

fn request() -> ChangeCustomPageStatus {
    ChangeCustomPageStatus::new("1900000109", OperationType::Open)
}

/// CPU time that this process has used, user and system.
fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage of this process");
    let micros = |time: nix::sys::time::TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

/// Warms up, then measures `calls` of them.
fn measure(calls: usize, mut call: impl FnMut()) {
    for _ in 0..100 {
        call();
    }
    let (wall, used) = (Instant::now(), cpu());
    for _ in 0..calls {
        call();
    }
    report(calls, wall.elapsed(), cpu() - used);
}

fn report(calls: usize, wall: Duration, used: Duration) {
    let per_call = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
    println!(
        "{}",
        json!({"cpu_us": per_call(used), "wall_us": per_call(wall), "calls_per_second": calls as f64 / wall.as_secs_f64()})
    );
}

fn sequential(config: &str) -> impl FnMut() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let client = Client::from_options(&options(config)).expect("a client");
    move || {
        let reply = runtime.block_on(client.send(&request())).expect("a verified reply");
        assert_eq!(reply.sub_mchid.as_deref(), Some("1900000109"));
    }
}

fn concurrent(config: &str, calls: usize, at_once: usize) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build().expect("a runtime");
    let client = Client::from_options(&options(config)).expect("a client");
    let round = |calls: usize| {
        runtime.block_on(async {
            let left = Arc::new(std::sync::atomic::AtomicIsize::new(calls as isize));
            let tasks: Vec<_> = (0..at_once)
                .map(|_| {
                    let (client, left) = (client.clone(), left.clone());
                    tokio::spawn(async move {
                        while left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) > 0 {
                            client.send(&request()).await.expect("a verified reply");
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.expect("no panic");
            }
        });
    };
    round(200);
    let (wall, used) = (Instant::now(), cpu());
    round(calls);
    report(calls, wall.elapsed(), cpu() - used);
}

/// Resident memory that each further merchant of one process takes, every one with its own parsed keys.
fn memory(config: &str, merchants: usize) {
    let all = options(config);
    let merchant = Client::builder()
        .mchid("1900000001")
        .serial_no(all.serial_no.clone().expect("serial_no"))
        .merchant_private_key(all.merchant_private_key.clone().expect("merchant_private_key"))
        .public_key_id(all.public_key_id.clone().expect("public_key_id"))
        .platform_public_key(all.platform_public_key.clone().expect("platform_public_key"))
        .into_options();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let first = Client::from_options(&all).expect("a client");
    // Every client has made a call: what is set up lazily is counted too.
    let derive = || {
        let client = first.for_merchant(&merchant).expect("a merchant");
        runtime.block_on(client.send(&request())).expect("a verified reply");
        client
    };
    let mut clients: Vec<Client> = (0..100).map(|_| derive()).collect();
    let before = resident();
    clients.extend((0..merchants).map(|_| derive()));
    let grown = resident().saturating_sub(before);
    println!("{}", json!({"bytes_per_merchant": grown as f64 / merchants as f64, "merchants": clients.len()}));
}

fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("/proc of this process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<usize>().ok()).expect("a number of KiB") * 1024
}
