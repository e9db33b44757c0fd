//! `wechatpay batch` killed at random moments until it is complete: no row is lost and none is done twice.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::{Child, ExitStatus};
use std::str::FromStr;
use std::time::{Duration, Instant};

use common::Sandbox;
use common::batch::{Batch, sub_mchid};
use serde_json::json;

/// `make campaign` asks for 10,000 rows and 50 kills.
const ROWS: usize = 1000;
const KILLS: usize = 15;
/// The longest time between the line at which a kill is due and the kill.
const AIM_MS: u64 = 40;

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

/// A number that a variable gives.
fn given<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} must be a number")))
}

/// How many lines the output has, without reading it anew each time.
struct Progress<'a> {
    output: &'a str,
    read: u64,
    lines: usize,
}

impl Progress<'_> {
    fn lines(&mut self) -> usize {
        let Ok(mut file) = File::open(self.output) else { return 0 };
        if file.metadata().unwrap().len() < self.read {
            (self.read, self.lines) = (0, 0);
        }
        let mut more = Vec::new();
        file.seek(SeekFrom::Start(self.read)).unwrap();
        file.read_to_end(&mut more).unwrap();
        self.read += more.len() as u64;
        self.lines += more.iter().filter(|byte| **byte == b'\n').count();
        self.lines
    }

    /// Kills the batch some time after its output has this many lines; the status of one that ended before.
    fn kill_at(&mut self, lines: usize, pause: Duration, child: &mut Child) -> Option<ExitStatus> {
        let mut due = None;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return Some(status);
            }
            match due {
                None if self.lines() >= lines => due = Some(Instant::now() + pause),
                Some(due) if Instant::now() >= due => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    return None;
                }
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
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
    let seed = given("KILL_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish() | 1);
    let (rows, wanted) = (given("KILL_ROWS").unwrap_or(ROWS), given("KILLS").unwrap_or(KILLS));
    println!("KILL_SEED={seed} KILL_ROWS={rows} KILLS={wanted} repeats this run");
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
    for row in 1..=rows {
        let filters = if row % 7 == 0 { "FOOD|LAW|SPORT|RETAIL" } else { "FOOD" };
        input.push_str(&format!("{},JSAPI,{filters}\n", sub_mchid(row)));
    }
    let batch = Batch::new(&sandbox, &plan, &input);
    // Replies take a while, so that most kills find steps under way.
    sandbox.fault_for(json!({}), 1_000_000, json!({"kind": "delay", "ms": 10}));

    // Anywhere from the first line to nearly the last one.
    let mut moments: Vec<_> =
        (0..wanted).map(|_| random.up_to((rows * steps.len()) as u64 * 97 / 100) as usize).collect();
    moments.sort_unstable();
    let start = Instant::now();
    let mut progress = Progress { output: &batch.output, read: 0, lines: 0 };
    let run = || batch.command(&["--rate", "5000/s", "--concurrency", "12", "--quiet"]).spawn().unwrap();
    for (kills, lines) in moments.into_iter().enumerate() {
        let pause = Duration::from_millis(random.up_to(AIM_MS));
        let ended = progress.kill_at(lines, pause, &mut run());
        assert_eq!(ended, None, "ended before kill {kills}");
        if kills % 3 == 0 {
            tear_last_line(&batch.output, &mut random);
        }
    }
    let status = run().wait().unwrap();
    println!("{wanted} kills in {:?}", start.elapsed());
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
    assert_eq!(newest.len(), rows * steps.len(), "every step of every row has an outcome");
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
    println!("the kills found {} steps under way", unknown.len());
    assert!(unknown.len() >= wanted, "the kills found steps under way: {}", unknown.len());
}
