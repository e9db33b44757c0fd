//! Issue: "tests/cases (call -> exact wire request -> reply -> result or error) as data that every language will run",
//! "at least 60 cases".

use std::path::Path;

use serde_json::{Map, json};
use wechatpay_suite::{Face, Local, Runner, Summary, load};

const AT_LEAST: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_for_the_async_client() {
    let local = Local::start();
    let summary = Runner::new(&local).run(&load(), Face::Async).await;
    if let Some(folder) = std::env::var_os("WECHATPAY_RESULTS") {
        write_results(&summary, Path::new(&folder));
    }
    close(&summary, "async");
    assert!(summary.passed.len() >= AT_LEAST, "only {} cases", summary.passed.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds_for_the_blocking_client() {
    let local = Local::start();
    let summary = Runner::new(&local).run(&load(), Face::Blocking).await;
    close(&summary, "blocking");
    assert!(summary.passed.len() >= AT_LEAST, "only {} cases", summary.passed.len());
}

/// Rust's column of the table that `tests/table.py` prints.
fn write_results(summary: &Summary, folder: &Path) {
    let passed = summary.passed.iter().map(|name| (name.clone(), json!("passed")));
    let failed = summary.failed.iter().map(|(name, _)| (name.clone(), json!("failed")));
    let cases: Map<_, _> = passed.chain(failed).collect();
    std::fs::create_dir_all(folder).expect("the folder of results can be made");
    let results = json!({"language": "rust", "cases": cases});
    std::fs::write(folder.join("rust.json"), results.to_string()).expect("results can be written");
}

#[expect(clippy::print_stdout, reason = "the closing line of the suite")]
fn close(summary: &Summary, face: &str) {
    println!("{face}: {} passed, {} failed", summary.passed.len(), summary.failed.len());
    let failed = summary.failed.iter().map(|(name, problems)| format!("{name}\n    {}", problems.join("\n    ")));
    assert!(summary.failed.is_empty(), "{}", failed.collect::<Vec<_>>().join("\n"));
}
