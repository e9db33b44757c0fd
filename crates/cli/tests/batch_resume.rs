//! `wechatpay batch` after it was interrupted.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use common::batch::{Batch, CLOSE, PAGE, TWO_STEPS, short, sub_mchid};
use common::{Sandbox, assert_status, signal, stderr, stdout, wait_until};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const CREATE: &str = "new_tax_control_fapiao.fapiao_applications.create";

#[test]
fn a_torn_line_is_cut_and_its_step_is_unknown() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 2);
    assert_status(&batch.run(&["--concurrency", "1"]), 0);
    let whole = fs::read_to_string(&batch.output).unwrap();
    for keep in [whole.len() - 1, whole.trim_end().rfind('\n').unwrap() + 2] {
        let before = batch.sent()[&(sub_mchid(2), CLOSE.to_owned())];
        fs::write(&batch.output, &whole[..keep]).unwrap();
        // Nothing else may have written a start in between, so the journal has to be the one of the first run too.
        let journal: String = batch.journal().lines().take(5).map(|line| format!("{line}\n")).collect();
        fs::write(format!("{}.journal", batch.output), format!("{journal}start 2 clo")).unwrap();
        assert_status(&batch.run(&[]), 0);
        let expected = ["1 page done", "1 close done", "2 page done", "2 close unknown in_flight", "2 close done"];
        assert_eq!(short(&batch.lines()), expected);
        assert_eq!(batch.sent()[&(sub_mchid(2), CLOSE.to_owned())], before + 1, "only the step of the torn line");
        assert_eq!(batch.sent()[&(sub_mchid(1), CLOSE.to_owned())], 1);
    }
}

#[test]
fn a_step_under_way_that_is_not_idempotent_is_not_sent_again() {
    let sandbox = Sandbox::start();
    let plan = format!(
        "[[step]]\nname = \"create\"\noperation = \"{CREATE}\"\n[step.params]\nscene = \"WITH_WECHATPAY\"\n\
         fapiao_apply_id = \"{{sub_mchid}}\"\nbuyer_information = {{ type = \"INDIVIDUAL\", name = \"x\" }}\n\
         fapiao_information = [{{ fapiao_id = \"1\", total_amount = 100, need_list = false, items = [] }}]\n\
         [[step]]\nname = \"close\"\noperation = \"{CLOSE}\"\nparams = {{ sub_mchid = \"{{sub_mchid}}\" }}\n"
    );
    let batch = Batch::new(&sandbox, &plan, "sub_mchid\n1900000109\n");
    sandbox.fault(json!({"kind": "delay", "ms": 60_000}));
    let mut child = batch.command(&[]).spawn().unwrap();
    wait_until("the request arrives", || {
        let faults = sandbox.admin("GET", "/faults", &Value::Null);
        faults.as_array().unwrap().iter().all(|fault| fault["times"] == 0)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(batch.lines().len(), 0);
    assert!(batch.journal().ends_with("\nstart 1 create\n"), "{}", batch.journal());

    for arguments in [&[][..], &[], &["--retry-failed"]] {
        let output = batch.run(arguments);
        assert_status(&output, 1);
        assert!(stdout(&output).contains("1 rows: 0 done, 1 failed, 0 pending"), "{}", stdout(&output));
        assert_eq!(short(&batch.lines()), ["1 create unknown in_flight", "1 close skipped earlier_step"]);
    }
    let line = &batch.lines()[0];
    assert_eq!(line["may_have_taken_effect"], "true");
    assert!(line["message"].contains("query its result"), "{line:?}");
    assert_eq!(sandbox.journal().len(), 1, "the first request and no other");
}

#[test]
fn two_batches_cannot_write_one_output() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 50);
    let mut child = batch.command(&["--rate", "1/s", "--quiet"]).spawn().unwrap();
    wait_until("the first one has begun", || batch.journal().contains("start"));
    let output = batch.run(&[]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("is being written by another batch"), "{}", stderr(&output));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_status(&batch.run(&[]), 0);
}

#[test]
fn a_changed_plan_or_input_is_refused() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 2);
    assert_status(&batch.run(&[]), 0);
    let rows = fs::read_to_string(sandbox.path("input.csv")).unwrap();
    for (name, plan, input) in [
        ("plan", TWO_STEPS.replace("OPEN", "CLOSE"), rows.clone()),
        ("input", TWO_STEPS.to_owned(), format!("{rows}1900100003\n")),
    ] {
        let output = Batch::new(&sandbox, &plan, &input).run(&[]);
        assert_status(&output, 2);
        assert!(stderr(&output).contains(&format!("the {name} has changed since")), "{}", stderr(&output));
    }
    assert_status(&Batch::new(&sandbox, TWO_STEPS, &rows).run(&[]), 0);
    assert_eq!(sandbox.journal().len(), 4);
}

#[test]
fn another_merchant_or_host_is_refused() {
    let (sandbox, other) = (Sandbox::start(), Sandbox::start());
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 2);
    assert_status(&batch.run(&[]), 0);
    let [mchid, host] = ["mchid", "base_url"].map(|name| sandbox.info[name].as_str().unwrap());
    let begun = format!("was begun for merchant {mchid} at {host};");
    for (from, changes, now) in [
        (&other, json!({}), format!("merchant {mchid} at {}", other.info["base_url"].as_str().unwrap())),
        (&sandbox, json!({"mchid": "1900000002"}), format!("merchant 1900000002 at {host}")),
        (&sandbox, json!({"base_url": null}), format!("merchant {mchid} at official-hosts")),
    ] {
        let output = batch.run_with_config(from, changes);
        assert_status(&output, 2);
        let text = stderr(&output);
        assert!(text.contains(&begun) && text.contains(&now) && text.contains("choose another --output"), "{text}");
    }
    assert_status(&batch.run_with_config(&sandbox, json!({"base_url": format!("{host}/")})), 0);
    assert_eq!((sandbox.journal().len(), other.journal().len()), (4, 0));
}

#[test]
fn files_that_are_not_of_this_batch_are_left_alone() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 2);
    fs::write(&batch.output, "my,precious\ndata").unwrap();
    let output = batch.run(&[]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("it is not the output of a batch"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&batch.output).unwrap(), "my,precious\ndata");

    fs::remove_file(&batch.output).unwrap();
    assert_status(&batch.run(&[]), 0);
    let whole = fs::read_to_string(&batch.output).unwrap();
    for (content, problem) in [
        (whole.replacen("1,", "9,", 1), "is not an outcome of this batch"),
        (whole.replacen("step", "stop", 1), "column names"),
        (String::new(), "restore it, or remove both"),
    ] {
        fs::write(&batch.output, &content).unwrap();
        let output = batch.run(&[]);
        assert_status(&output, 2);
        assert!(stderr(&output).contains(problem), "{}", stderr(&output));
    }
    fs::write(&batch.output, &whole).unwrap();
    let journal = batch.journal();
    fs::write(format!("{}.journal", batch.output), format!("{journal}start 1 nothing\n")).unwrap();
    let output = batch.run(&[]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("output.csv.journal:6: is not a line of this batch"), "{}", stderr(&output));
    assert_eq!(sandbox.journal().len(), 4);
}

#[test]
fn ctrl_c_lets_steps_under_way_finish() {
    for stop in [Signal::SIGINT, Signal::SIGTERM] {
        let sandbox = Sandbox::start();
        let batch = Batch::of_rows(&sandbox, TWO_STEPS, 20);
        sandbox.fault_for(json!({}), 1000, json!({"kind": "delay", "ms": 300}));
        let child = batch.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("steps are under way", || batch.journal().lines().count() >= 9);
        signal(&child, stop);
        let output = child.wait_with_output().unwrap();
        assert_status(&output, 130);
        assert!(stderr(&output).starts_with("stopping: "), "{}", stderr(&output));
        assert!(stdout(&output).contains("run the same command again to resume"), "{}", stdout(&output));
        let begun = batch.journal().lines().count() - 1;
        assert_eq!(batch.lines().iter().filter(|line| line["outcome"] == "done").count(), begun);

        sandbox.admin("DELETE", "/faults", &Value::Null);
        assert_status(&batch.run(&[]), 0);
        assert_eq!(batch.lines().len(), 40);
        assert!(batch.sent().values().all(|times| *times == 1));
    }
}

#[test]
fn a_step_that_is_stopped_between_two_attempts_is_resumed() {
    // A refusal proves that nothing happened: also a step that is not idempotent starts anew.
    let check = "compliance.inactive_merchant_identity_verification.merchants.create";
    let once = TWO_STEPS.replace(CLOSE, check);
    for (plan, refused, lost, sent, expected) in [
        (TWO_STEPS, PAGE, 0, 1, &[][..]),
        (&once, check, 0, 2, &["1 page done"]),
        (TWO_STEPS, PAGE, 1, 2, &["1 page unknown FREQUENCY_LIMITED", "1 close skipped earlier_step"]),
    ] {
        let sandbox = Sandbox::start();
        let batch = Batch::of_rows(&sandbox, plan, 1);
        if lost > 0 {
            sandbox.fault_for(json!({}), lost, json!({"kind": "reset", "after": "work"}));
        }
        let slower = json!({"kind": "status", "status": 429, "body": {"code": "FREQUENCY_LIMITED"}});
        sandbox.fault_for(json!({"operation": refused}), 100, slower);
        // Each attempt waits a second for its turn.
        let child = batch.command(&["--rate", "1/s"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_until("an attempt is refused", || sandbox.journal().len() == sent);
        signal(&child, Signal::SIGINT);
        let output = child.wait_with_output().unwrap();
        assert_status(&output, 130);
        assert_eq!(short(&batch.lines()), expected);
        let pending = if lost > 0 { "0 pending" } else { "1 pending" };
        assert!(stdout(&output).contains(pending), "{}", stdout(&output));

        sandbox.admin("DELETE", "/faults", &Value::Null);
        assert_status(&batch.run(&[]), 0);
        let new = &short(&batch.lines())[expected.len()..];
        assert_eq!(new, &["1 page done", "1 close done"][usize::from(expected == ["1 page done"])..]);
    }
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 20);
    sandbox.fault_for(json!({}), 1000, json!({"kind": "delay", "ms": 20_000}));
    let mut child = batch.command(&["--quiet"]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("steps are under way", || batch.journal().lines().count() >= 9);
    signal(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it waits for the steps under way");
    signal(&child, Signal::SIGINT);
    assert_eq!(child.wait().unwrap().code(), Some(130));

    sandbox.admin("DELETE", "/faults", &Value::Null);
    assert_status(&batch.run(&[]), 0);
    assert_eq!(batch.lines().iter().filter(|line| line["code"] == "in_flight").count(), 8);
}
