//! `wechatpay batch`: what it does, and what it refuses before anything is sent.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use common::batch::{Batch, CLOSE, Line, TWO_STEPS, lines, short};
use common::{Sandbox, assert_status, example, stderr, stdout};
use serde_json::{Value, json};

#[test]
fn the_example_does_what_its_notes_say() {
    let seed = example("demo/seed.json");
    let sandbox = Sandbox::start_with(&["--seed", seed.to_str().unwrap()]);
    let (plan, input) = (example("plans/open_gold_plan.toml"), example("sub_merchants.csv"));
    let (output, summary) = (sandbox.text("results.csv"), sandbox.text("summary.json"));
    let arguments = ["batch", plan.to_str().unwrap(), "--input", input.to_str().unwrap(), "--output", &output];
    let run = sandbox.run(&[&arguments[..], &["--summary-json", &summary]].concat());
    assert_status(&run, 1);

    let mut expected: BTreeMap<u64, (&str, &str)> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(&input).unwrap();
    for (row, record) in reader.records().enumerate() {
        let end = match &record.unwrap()[3] {
            "" => continue,
            "not our sub-merchant" => ("custom_page", "MCH_NOT_EXISTS"),
            "under penalty" => ("custom_page", "INVALID_REQUEST"),
            "mistyped scene" => ("gold_plan", "PARAM_ERROR"),
            "no filter" => ("filters", "missing_field"),
            "four filters" => ("filters", "PARAM_ERROR"),
            "invoices not authorised" => ("fapiao_status", "NO_AUTH"),
            "asked too often" => ("fapiao_status", "FREQUENCY_LIMITED"),
            other => panic!("{other}"),
        };
        expected.insert(row as u64 + 1, end);
    }
    let lines = lines(&output);
    assert_eq!(lines.len(), 1000, "one line for each step of each row");
    let failed: Vec<&Line> = lines.iter().filter(|line| line["outcome"] == "failed").collect();
    let found: BTreeMap<u64, (&str, &str)> =
        failed.iter().map(|line| (line["row"].parse().unwrap(), (&*line["step"], &*line["code"]))).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), failed.len());
    for line in &lines {
        assert_eq!(line["key"], (1_900_000_200 + line["row"].parse::<u64>().unwrap()).to_string());
        assert!(line["attempted_at"].ends_with('Z'), "{line:?}");
    }

    let summary: Value = serde_json::from_slice(&fs::read(summary).unwrap()).unwrap();
    assert_eq!(summary["rows"], json!({"total": 200, "done": 172, "failed": 28, "pending": 0}));
    let counts =
        |at: usize| ["done", "failed", "unknown", "skipped"].map(|name| summary["steps"][at][name].as_u64().unwrap());
    let all = [0, 1, 2, 3, 4].map(counts);
    assert_eq!(all, [[190, 10, 0, 0], [188, 2, 0, 10], [180, 8, 0, 12], [180, 0, 0, 20], [172, 8, 0, 20]]);
    let table = stdout(&run);
    assert!(table.contains("filters              180          8          0         12          0\n"), "{table}");
    assert!(table.contains("200 rows: 172 done, 28 failed, 0 pending"), "{table}");
    assert_eq!(summary["calls_this_run"].as_u64().unwrap() as usize, sandbox.journal().len());

    // The platform remembers what the rows asked for.
    let state = sandbox.admin("GET", "/state", &Value::Null);
    let first = &state["sub_merchants"]["1900000202"];
    assert_eq!(first["gold_plan"]["pay_scene"], "MINIPROGRAM");
    assert_eq!(first["advertising"], json!({"show": true, "filters": ["CATERING", "SPORT", "FOOD"]}));
    assert_eq!(state["sub_merchants"]["1900000203"]["gold_plan"]["status"], "OPEN", "an empty scene is left out");
}

#[test]
fn all_rows_done_is_0_and_nothing_is_repeated() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 3);
    assert_status(&batch.run(&[]), 0);
    let expected = ["1 page done", "1 close done", "2 page done", "2 close done", "3 page done", "3 close done"];
    assert_eq!(short(&batch.lines()), expected);
    assert_eq!(batch.sent().len(), 6);
    let first = &batch.lines()[0];
    assert_eq!(first["status"], "200");
    assert!(first["request_id"].ends_with("-0"));

    let again = batch.run(&["--retry-failed", "--quiet"]);
    assert_status(&again, 0);
    assert_eq!((stdout(&again), stderr(&again)), ("", ""));
    assert_eq!(sandbox.journal().len(), 6);
    assert_eq!(batch.lines().len(), 6);
}

#[test]
fn on_error_continue_runs_the_later_steps() {
    let sandbox = Sandbox::start();
    let plan = TWO_STEPS.replacen("name = \"page\"", "name = \"page\"\non_error = \"continue\"", 1);
    let batch = Batch::new(&sandbox, &plan, "sub_mchid\n1900000109\n");
    sandbox.admin("PATCH", "/state", &json!({"service_provider": {"receipt_link": false}}));
    assert_status(&batch.run(&[]), 1);
    assert_eq!(short(&batch.lines()), ["1 page failed INVALID_REQUEST", "1 close done"]);

    sandbox.admin("PATCH", "/state", &json!({"service_provider": {"receipt_link": true}}));
    assert_status(&batch.run(&[]), 1);
    assert_status(&batch.run(&["--retry-failed"]), 0);
    let expected = ["1 page failed INVALID_REQUEST", "1 close done", "1 page done"];
    assert_eq!(short(&batch.lines()), expected, "what is done is not done again");
}

#[test]
fn failed_rows_are_retried_from_their_failed_step_on() {
    let sandbox = Sandbox::start();
    let batch = Batch::new(&sandbox, TWO_STEPS, "sub_mchid\n1900000109\n1900000111\n");
    assert_status(&batch.run(&[]), 1);
    let first = ["1 page done", "1 close done", "2 page failed INVALID_REQUEST", "2 close skipped earlier_step"];
    assert_eq!(short(&batch.lines()), first);

    sandbox.admin("PATCH", "/state", &json!({"sub_merchants": {"1900000111": {"punished": false}}}));
    assert_status(&batch.run(&[]), 1);
    assert_eq!(sandbox.journal().len(), 3, "finished steps are not repeated by themselves");
    assert_status(&batch.run(&["--retry-failed"]), 0);
    assert_eq!(short(&batch.lines())[4..], ["2 page done", "2 close done"]);
    assert_eq!(sandbox.journal().len(), 5);
}

#[test]
fn transient_errors_are_repeated_where_that_is_harmless() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 1);
    let busy = json!({"kind": "status", "status": 500, "body": {"code": "SYSTEM_ERROR", "message": "later"}});
    sandbox.fault_for(json!({}), 2, busy.clone());
    sandbox.fault(json!({"kind": "reset", "after": "work"}));
    assert_status(&batch.run(&[]), 0);
    assert_eq!(short(&batch.lines()), ["1 page done", "1 close done"]);
    assert_eq!(sandbox.journal().len(), 5);

    // Not where it could act twice: the row stops there, also for --retry-failed.
    sandbox.admin("DELETE", "/journal", &Value::Null);
    fs::remove_file(sandbox.path("output.csv")).unwrap();
    fs::remove_file(sandbox.path("output.csv.journal")).unwrap();
    let check = "compliance.inactive_merchant_identity_verification.merchants.create";
    let batch = Batch::of_rows(&sandbox, &TWO_STEPS.replace(CLOSE, check), 1);
    sandbox.fault_for(json!({"operation": check}), 1, busy);
    for arguments in [&[][..], &[], &["--retry-failed"]] {
        assert_status(&batch.run(arguments), 1);
        assert_eq!(short(&batch.lines()), ["1 page done", "1 close unknown SYSTEM_ERROR"]);
    }
    assert_eq!(sandbox.journal().len(), 2);
    assert_eq!(batch.lines()[1]["may_have_taken_effect"], "true");
}

#[test]
fn a_refusal_after_an_attempt_that_may_have_taken_effect_is_unknown() {
    let status = |status: u16, code: &str| json!({"kind": "status", "status": status, "body": {"code": code}});
    let slower = status(429, "FREQUENCY_LIMITED");
    for (refusal, times, code) in
        [(slower.clone(), 3, "FREQUENCY_LIMITED"), (status(400, "PARAM_ERROR"), 1, "PARAM_ERROR")]
    {
        let sandbox = Sandbox::start();
        let batch = Batch::of_rows(&sandbox, TWO_STEPS, 1);
        sandbox.fault(json!({"kind": "reset", "after": "work"}));
        sandbox.fault_for(json!({}), times, refusal);
        assert_status(&batch.run(&[]), 1);
        let unknown = format!("1 page unknown {code}");
        assert_eq!(short(&batch.lines()), [&*unknown, "1 close skipped earlier_step"]);
        let line = &batch.lines()[0];
        assert_eq!(line["may_have_taken_effect"], "true");
        assert!(line["message"].ends_with("; an earlier attempt may have taken effect"), "{line:?}");

        // What a later run is refused says nothing about the earlier one either.
        sandbox.fault_for(json!({}), 4, slower.clone());
        assert_status(&batch.run(&[]), 1);
        assert_eq!(short(&batch.lines())[2..], ["1 page unknown FREQUENCY_LIMITED"]);

        assert_status(&batch.run(&[]), 0);
        assert_eq!(short(&batch.lines())[3..], ["1 page done", "1 close done"]);
    }
}

#[test]
fn cells_reach_the_platform_with_the_type_that_the_operation_wants() {
    let sandbox = Sandbox::start();
    let plan = r#"
        [[step]]
        operation = "new_tax_control_fapiao.fapiao_applications.create"
        [step.params]
        scene = "WITH_WECHATPAY"
        fapiao_apply_id = "{id}"
        buyer_information = { type = "INDIVIDUAL", name = "{name}", address = "{address}" }
        fapiao_information = [{ fapiao_id = "{id}-1", total_amount = "{amount}", need_list = false, items = [] }]
        [[step]]
        operation = "goldplan.merchants.set_advertising_industry_filter"
        params = { sub_mchid = "1900000109", advertising_industry_filters = "{filters}" }
    "#;
    let batch = Batch::new(
        &sandbox,
        plan,
        "id,name,address,amount,filters\n007,42,,12345678901234567890,FOOD|LAW\n8,x,y,1.5,FOOD\n",
    );
    assert_status(&batch.run(&[]), 1);
    let bodies: Vec<Value> =
        sandbox.journal().iter().map(|entry| serde_json::from_str(entry["body"].as_str().unwrap()).unwrap()).collect();
    assert_eq!(bodies.len(), 2, "the second row's amount is not an integer");
    assert_eq!(bodies[0]["fapiao_apply_id"], "007");
    assert_eq!(bodies[0]["buyer_information"], json!({"type": "INDIVIDUAL", "name": "42"}));
    let information = &bodies[0]["fapiao_information"][0];
    assert_eq!(information["total_amount"].to_string(), "12345678901234567890");
    assert_eq!((&information["fapiao_id"], &information["items"]), (&json!("007-1"), &json!([])));
    assert_eq!(bodies[1]["advertising_industry_filters"], json!(["FOOD", "LAW"]));
    let failed = batch.lines().into_iter().find(|line| line["row"] == "2").unwrap();
    assert_eq!((&*failed["outcome"], &*failed["kind"]), ("failed", "invalid_request"));
    assert!(failed["message"].starts_with("fapiao_information[0].total_amount must be an integer"), "{failed:?}");
}

#[test]
fn a_wrong_plan_or_input_is_2_and_nothing_is_sent() {
    let sandbox = Sandbox::start();
    let rows = "sub_mchid,filters\n1900000109,FOOD\n";
    let step = |lines: &str| format!("[[step]]\nname = \"one\"\n{lines}\n");
    let close = |params: &str| step(&format!("operation = \"{CLOSE}\"\nparams = {{ {params} }}"));
    for (plan, input, problem) in [
        (
            close("sub_mchid = \"{sub_mchi}\""),
            rows,
            "plan.toml:4: step one: params.sub_mchid names the column sub_mchi, which the input has not; it has sub_mchid, filters",
        ),
        (
            close("sub_mchid = \"{sub_mchid}\", typ = \"x\""),
            rows,
            "plan.toml:4: step one: params.typ is not a parameter",
        ),
        (close(""), rows, "plan.toml:4: step one: params.sub_mchid is required, but missing"),
        (step(&format!("operation = \"{CLOSE}\"")), rows, "step one: params.sub_mchid is required, but missing"),
        (
            close("sub_mchid = 1900000109"),
            rows,
            "params.sub_mchid must be a string, but is a number: write it in quotes",
        ),
        (close("sub_mchid = \"{sub_mchid\""), rows, "params.sub_mchid has a { without its }"),
        (
            step(&format!("operation = \"{CLOSE}x\"")),
            rows,
            "plan.toml:3: step one: operation goldplan.merchants.close_advertising_showx is not an operation of this command; did you mean goldplan.merchants.close_advertising_show?",
        ),
        (
            format!("{0}{0}", close("sub_mchid = \"{sub_mchid}\"")),
            rows,
            "plan.toml:5: step one has the name of an earlier step",
        ),
        (
            format!("key = \"id\"\n{}", close("sub_mchid = \"{sub_mchid}\"")),
            rows,
            "plan.toml:1: key names the column id",
        ),
        (step(&format!("operation = \"{CLOSE}\"\non_eror = \"stop\"")), rows, "plan.toml:4: unknown field `on_eror`"),
        (step("name = \"two\""), rows, "plan.toml:3: duplicate key"),
        ("key = \"sub_mchid\"".to_owned(), rows, "has no [[step]]"),
        (close("sub_mchid = \"{sub_mchid}\"").replace("one", "one two"), rows, "name must be made of letters"),
        (TWO_STEPS.to_owned(), "sub_mchid,x\n1,2\n3\n", "input.csv:3: has 1 cells where the first line has 2"),
        (TWO_STEPS.to_owned(), "sub_mchid,sub_mchid\n1,2\n", "column 2 must have a name of its own"),
        (TWO_STEPS.to_owned(), "", "names the column sub_mchid, which the input has not"),
    ] {
        let batch = Batch::new(&sandbox, &plan, input);
        let output = batch.run(&[]);
        assert_status(&output, 2);
        assert!(stderr(&output).contains(problem), "{plan}\nwanted: {problem}\ngot: {}", stderr(&output));
        assert!(!fs::exists(&batch.output).unwrap());
    }
    fs::write(sandbox.path("input.csv"), b"sub_mchid\n\xc4\xe3\n").unwrap();
    let gbk = sandbox.run(&[
        "batch",
        &sandbox.write("plan.toml", TWO_STEPS),
        "--input",
        &sandbox.text("input.csv"),
        "--output",
        &sandbox.text("output.csv"),
    ]);
    assert_status(&gbk, 2);
    assert!(stderr(&gbk).contains("input.csv:2: is not UTF-8"), "{}", stderr(&gbk));
    for rate in ["0", "fast", "-1/s"] {
        assert_status(&Batch::new(&sandbox, TWO_STEPS, rows).run(&["--rate", rate]), 2);
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_part_of_the_data() {
    let sandbox = Sandbox::start();
    let batch = Batch::new(&sandbox, TWO_STEPS, "\u{feff}sub_mchid\r\n1900000109\r\n");
    assert_status(&batch.run(&[]), 0);
}

#[test]
fn the_rate_is_kept_repetitions_included() {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 10);
    let busy = json!({"kind": "status", "status": 429, "body": {"code": "FREQUENCY_LIMITED", "message": "slower"}});
    sandbox.fault_for(json!({}), 5, busy);
    let start = Instant::now();
    let output = batch.run(&["--rate", "20/s", "--concurrency", "10"]);
    assert_status(&output, 0);
    assert!(stdout(&output).contains("\nthe platform slowed it down "), "{}", stdout(&output));
    let sent = sandbox.journal().len() as u32;
    assert_eq!(sent, 25);
    assert!(start.elapsed() >= Duration::from_millis(50) * (sent - 1), "{:?}", start.elapsed());
}

#[test]
fn concurrency_is_the_number_of_rows_under_way() {
    let sandbox = Sandbox::start();
    sandbox.fault_for(json!({}), 100, json!({"kind": "delay", "ms": 150}));
    let timed = |concurrency: &str, output: &str| {
        let batch = Batch::of_rows(&sandbox, TWO_STEPS, 4).with_output(output);
        let start = Instant::now();
        assert_status(&batch.run(&["--concurrency", concurrency]), 0);
        start.elapsed()
    };
    let one = timed("1", "one.csv");
    assert!(one >= Duration::from_millis(8 * 150), "{one:?}");
    let four = timed("4", "four.csv");
    assert!(four < one * 3 / 4, "{four:?} of {one:?}");
}
