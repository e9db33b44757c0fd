//! `wechatpay batch` killed at random moments until it is complete: no row is lost and none is done twice.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::collections::HashMap;
use std::fs;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, Instant};

use common::Sandbox;
use common::batch::{Batch, sub_mchid};
use serde_json::json;

const LEAST_KILLS: usize = 15;
const ROWS: usize = 60;

/// xorshift64*: the same moments again for the same seed.
struct Random(u64);

impl Random {
    fn up_to(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % bound
    }
}

/// What a kill in the middle of a write leaves: rarely met by chance, so it is made.
fn tear_last_line(output: &str, random: &mut Random) {
    let Ok(text) = fs::read_to_string(output) else { return };
    let line = text.lines().last().map_or(0, str::len) as u64;
    if line > 0 && text.lines().count() > 1 {
        fs::write(output, &text.as_bytes()[..text.len() - 1 - random.up_to(line) as usize]).unwrap();
    }
}

#[test]
fn killed_at_random_moments_it_loses_nothing_and_repeats_nothing_that_is_finished() {
    let given = std::env::var("KILL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| RandomState::new().build_hasher().finish() | 1);
    println!("KILL_SEED={seed} repeats this run");
    let mut random = Random(seed);

    let sandbox = Sandbox::start();
    let plan = fs::read_to_string(common::example("plans/open_gold_plan.toml")).unwrap();
    let steps: HashMap<&str, &str> = HashMap::from([
        ("custom_page", "goldplan.merchants.change_custom_page_status"),
        ("gold_plan", "goldplan.merchants.change_gold_plan_status"),
        ("filters", "goldplan.merchants.set_advertising_industry_filter"),
        ("advertising", "goldplan.merchants.open_advertising_show"),
        ("fapiao_status", "new_tax_control_fapiao.merchant.check_status"),
    ]);
    sandbox.admin("PATCH", "/state", &json!({"default_sub_merchant": {}}));
    // Every seventh row fails at its third step.
    let mut input = "sub_mchid,scene,filters\n".to_owned();
    for row in 1..=ROWS {
        let filters = if row % 7 == 0 { "FOOD|LAW|SPORT|RETAIL" } else { "FOOD" };
        input.push_str(&format!("{},JSAPI,{filters}\n", sub_mchid(row)));
    }
    let batch = Batch::new(&sandbox, &plan, &input);
    // Replies take a while, so that most kills find steps under way.
    sandbox.fault_for(json!({}), 1_000_000, json!({"kind": "delay", "ms": 40}));

    let (mut kills, start) = (0, Instant::now());
    let status = loop {
        let mut child = batch.command(&["--rate", "200/s", "--concurrency", "6", "--quiet"]).spawn().unwrap();
        let end = Instant::now() + Duration::from_millis(20 + random.up_to(220));
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break Some(status),
                None if kills < 400 && Instant::now() >= end => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                    if kills % 3 == 0 {
                        tear_last_line(&batch.output, &mut random);
                    }
                    break None;
                }
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        if let Some(status) = status {
            break status;
        }
    };
    println!("{kills} kills in {:?}", start.elapsed());
    assert!(kills >= LEAST_KILLS, "only {kills} kills");
    assert_eq!(status.code(), Some(1), "some rows failed as they should");

    // The newest line of a row and step counts, and how many lines say that a step was under way.
    let mut newest: HashMap<(usize, String), String> = HashMap::new();
    let mut unknown: HashMap<(usize, String), usize> = HashMap::new();
    let mut attempts: HashMap<(usize, String), usize> = HashMap::new();
    for line in batch.lines() {
        let (row, step) = (line["row"].parse().unwrap(), line["step"].clone());
        assert_eq!(line["key"], sub_mchid(row));
        *attempts.entry((row, step.clone())).or_default() += usize::from(line["outcome"] != "skipped");
        match &*line["outcome"] {
            "unknown" => {
                let refused_later = line["message"].ends_with("; an earlier attempt may have taken effect");
                assert!(line["code"] == "in_flight" || refused_later, "{line:?}");
                *unknown.entry((row, step.clone())).or_default() += 1;
            }
            outcome => assert!(
                !matches!(newest.get(&(row, step.clone())).map(String::as_str), Some("done" | "failed" | "skipped")),
                "row {row} {step} was finished before this {outcome}"
            ),
        }
        newest.insert((row, step), line["outcome"].clone());
    }
    assert_eq!(newest.len(), ROWS * steps.len(), "every step of every row has an outcome");
    for (at @ (row, step), outcome) in &newest {
        let expected = match (row % 7 == 0, step.as_str()) {
            // That it is refused now does not say what became of it when the process was killed.
            (true, "filters") if unknown.contains_key(at) => "unknown",
            (true, "filters") => "failed",
            (true, "advertising" | "fapiao_status") => "skipped",
            _ => "done",
        };
        assert_eq!(outcome, expected, "row {row} {step}");
    }

    // At the platform: each finished step once, and once more at the most for each time that it was under way.
    let mut sent = batch.sent();
    for (at, outcome) in &newest {
        let times = sent.remove(&(sub_mchid(at.0), steps[at.1.as_str()].to_owned())).unwrap_or_default();
        let unknown = unknown.get(at).copied().unwrap_or_default();
        match outcome.as_str() {
            "skipped" => assert_eq!(times, 0, "{at:?}"),
            _ => assert!((1..=1 + unknown).contains(&times), "{at:?}: sent {times} times, {unknown} times unknown"),
        }
        let known = usize::from(matches!(outcome.as_str(), "done" | "failed"));
        assert_eq!(attempts.get(at).copied().unwrap_or_default(), unknown + known);
    }
    assert!(sent.is_empty(), "{sent:?}");
    assert!(unknown.len() >= LEAST_KILLS, "the kills found steps under way: {}", unknown.len());
}
