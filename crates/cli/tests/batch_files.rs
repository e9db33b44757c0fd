//! `wechatpay batch` whose files change or fail under it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::collections::HashSet;
use std::fs;
use std::process::{Child, Output, Stdio};

use common::batch::{Batch, TWO_STEPS, sub_mchid};
use common::{Sandbox, assert_status, stderr, wait_until};
use serde_json::{Value, json};

const ROWS: usize = 100;

/// Rows so long that only a few are read ahead of those under way.
fn rows(from: usize, to: usize) -> String {
    let note = "x".repeat(4000);
    let row = |row| format!("{},{note}\n", sub_mchid(row));
    "sub_mchid,note\n".to_owned() + &(from..=to).map(row).collect::<String>()
}

fn begin<'a>(sandbox: &'a Sandbox) -> (Batch<'a>, Child) {
    sandbox.admin("PATCH", "/state", &json!({"default_sub_merchant": {}}));
    let batch = Batch::new(sandbox, TWO_STEPS, &rows(1, ROWS));
    sandbox.fault_for(json!({}), 10_000, json!({"kind": "delay", "ms": 30}));
    let child = batch.command(&["--concurrency", "2"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("rows are done", || fs::read_to_string(&batch.output).is_ok_and(|text| text.lines().count() > 4));
    (batch, child)
}

fn sent_rows(batch: &Batch<'_>) -> HashSet<String> {
    batch.sent().into_keys().map(|(sub_mchid, _)| sub_mchid).collect()
}

#[test]
fn an_input_that_changes_under_way_stops_the_batch() {
    let all: HashSet<String> = (1..=ROWS).map(sub_mchid).collect();
    for changed in [rows(201, 200 + ROWS), rows(1, ROWS + 20), rows(1, ROWS - 20), "sub_mchid,note\n1\n".to_owned()] {
        let sandbox = Sandbox::start();
        let (batch, child) = begin(&sandbox);
        fs::write(sandbox.path("input.csv"), changed).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_status(&output, 1);
        let text = stderr(&output);
        assert!(text.contains("input.csv was changed while the batch was reading it"), "{text}");
        assert!(!text.contains("nothing was sent"), "{text}");
        let sent = sent_rows(&batch);
        assert!(sent.is_subset(&all), "only rows of the input that was checked: {sent:?}");
        let before = batch.lines();
        assert_eq!(before.iter().filter(|line| line["outcome"] == "done").count(), 2 * sent.len());

        fs::write(sandbox.path("input.csv"), rows(1, ROWS)).unwrap();
        sandbox.admin("DELETE", "/faults", &Value::Null);
        assert_status(&batch.run(&[]), 0);
        assert_eq!(sent_rows(&batch), all);
        assert!(batch.sent().values().all(|times| *times == 1));
    }
}

#[test]
fn an_input_that_is_replaced_under_way_is_read_to_its_end() {
    let sandbox = Sandbox::start();
    let (batch, child) = begin(&sandbox);
    let new = sandbox.write("new.csv", &rows(201, 300 + ROWS));
    fs::rename(new, sandbox.path("input.csv")).unwrap();
    assert_status(&child.wait_with_output().unwrap(), 0);
    assert_eq!(sent_rows(&batch), (1..=ROWS).map(sub_mchid).collect());
}

/// `prlimit` gives room again while the batch runs, as a disk does where somebody deletes a file.
#[cfg(target_os = "linux")]
#[test]
fn a_line_that_is_cut_by_a_full_disk_is_the_last_one_and_does_not_stay() {
    use std::process::Command;

    const LIMIT: u64 = 512;
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 10);
    // Outcomes come one after the other, some of them after there is room again.
    sandbox.fault_for(json!({}), 100, json!({"kind": "delay", "ms": 2000}));
    let full = batch.command(&["--rate", "10/s", "--concurrency", "10"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; exec prlimit --fsize=512: -- \"$0\" \"$@\""]);
    limited.arg(full.get_program()).args(full.get_args());
    for (name, _) in full.get_envs() {
        limited.env_remove(name);
    }
    let child = limited.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let length = || fs::metadata(&batch.output).map_or(0, |metadata| metadata.len());
    wait_until("the disk is nearly full", || length() > LIMIT - 150);
    std::thread::sleep(std::time::Duration::from_millis(150));
    let room = Command::new("prlimit").args(["--pid", &child.id().to_string(), "--fsize=unlimited:"]).status();
    assert!(room.unwrap().success());
    let output: Output = child.wait_with_output().unwrap();
    assert_status(&output, 1);
    assert!(stderr(&output).contains("an outcome cannot be written"), "{}", stderr(&output));
    let text = fs::read_to_string(&batch.output).unwrap();
    assert!(
        text.ends_with('\n') && text.len() < LIMIT as usize,
        "whole lines only, and none after the failure: {text}"
    );

    sandbox.admin("DELETE", "/faults", &Value::Null);
    assert_status(&batch.run(&[]), 0);
    let done = batch.lines().iter().filter(|line| line["outcome"] == "done").count();
    assert_eq!(done, 20);
}
