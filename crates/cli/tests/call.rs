//! `wechatpay call` and `wechatpay request`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Sandbox, assert_status, signal, stderr, stdout, wait_until, wechatpay};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const CUSTOM_PAGE: &str = "goldplan.merchants.change_custom_page_status";
const FILTER: &str = "goldplan.merchants.set_advertising_industry_filter";
const CLOSE: &str = "goldplan.merchants.close_advertising_show";
const STATUS: &str = "new_tax_control_fapiao.merchant.check_status";
/// No document marks it: it is not repeated.
const ONCE: &str = "compliance.inactive_merchant_identity_verification.merchants.create";
const GOOD: &str = "sub_mchid=1900000109";

fn sent_body(sandbox: &Sandbox) -> Value {
    serde_json::from_str(sandbox.journal().last().unwrap()["body"].as_str().unwrap()).unwrap()
}

#[test]
fn a_reply_is_printed_and_the_status_is_0() {
    let sandbox = Sandbox::start();
    let output = sandbox.run(&["call", CUSTOM_PAGE, GOOD, "operation_type=OPEN", "-v"]);
    assert_status(&output, 0);
    assert_eq!(stdout(&output), "{\"sub_mchid\":\"1900000109\"}\n");
    assert!(stderr(&output).starts_with("status 200, Request-ID "), "{}", stderr(&output));

    let output = sandbox.run(&["call", STATUS, GOOD, "--compact"]);
    assert_status(&output, 0);
    let reply: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(reply["digital_tax_mode"]["billing_person_info"][0]["name"], "张伟");
    assert_eq!(stderr(&output), "");

    let output = sandbox.run(&["call", CLOSE, GOOD]);
    assert_status(&output, 0);
    assert_eq!(stdout(&output), "", "204 has no body");
}

#[test]
fn parameters_are_typed_by_the_operation() {
    let sandbox = Sandbox::start();
    let expected = json!({"sub_mchid": "1900000109", "advertising_industry_filters": ["FOOD", "TOURISM"]});
    let list = "advertising_industry_filters:=[\"FOOD\",\"TOURISM\"]";
    assert_status(&sandbox.run(&["call", FILTER, GOOD, list]), 0);
    assert_eq!(sent_body(&sandbox), expected);
    let (food, tourism) = ("advertising_industry_filters=FOOD", "advertising_industry_filters=TOURISM");
    assert_status(&sandbox.run(&["call", FILTER, GOOD, food, tourism]), 0);
    assert_eq!(sent_body(&sandbox), expected);

    let file = sandbox.write("params.json", &expected.to_string());
    assert_status(&sandbox.run(&["call", FILTER, "--json", &file]), 0);
    assert_eq!(sent_body(&sandbox), expected);

    let mut child =
        sandbox.command(&["call", CLOSE, "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"sub_mchid\": \"1900000110\"}").unwrap();
    assert_status(&child.wait_with_output().unwrap(), 0);
    assert_eq!(sent_body(&sandbox), json!({"sub_mchid": "1900000110"}));

    let output = sandbox.run(&[
        "call",
        "new_tax_control_fapiao.fapiao_applications.create",
        "scene=WITH_WECHATPAY",
        "fapiao_apply_id=42",
        "buyer_information.type=INDIVIDUAL",
        "buyer_information.name=7",
        "buyer_information.phone=13800138000",
        "fapiao_information:=[{\"fapiao_id\":\"1\",\"total_amount\":100,\"need_list\":false,\"items\":[]}]",
    ]);
    assert_status(&output, 0);
    let body = sent_body(&sandbox);
    assert_eq!(body["fapiao_apply_id"], "42");
    assert_eq!(body["buyer_information"]["name"], "7");
    assert_eq!(body["fapiao_information"][0]["total_amount"], 100);
    assert_eq!(body["buyer_information"]["phone"].as_str().unwrap().len(), 344, "encrypted");
}

#[test]
fn files_go_up_and_come_down() {
    let sandbox = Sandbox::start();
    let file = sandbox.write("invoice.pdf", "%PDF-1.7 not really");
    let output = sandbox.run(&[
        "call",
        "new_tax_control_fapiao.fapiao_applications.upload_fapiao_file",
        &format!("file=@{file}"),
        "meta.file_type=PDF",
        "meta.digest_alogrithm=SM3",
        "meta.digest=08182b7a574facfee2ab37a4169c148118285740ceb908e476a4585959e788d6",
    ]);
    assert_status(&output, 0);
    let body = sandbox.journal().last().unwrap()["body"].as_str().unwrap().to_owned();
    assert!(body.contains("filename=\"invoice.pdf\"") && body.contains("%PDF-1.7 not really"), "{body}");
    assert!(body.contains("{\"file_type\":\"PDF\""), "{body}");

    let target = sandbox.text("download.pdf");
    let download = "call new_tax_control_fapiao.download token=t mchid=1900000001 openid=o invoice_code=1 \
                    invoice_no=2 fapiao_id=3";
    let download: Vec<&str> = download.split_whitespace().collect();
    let output = sandbox.run(&[&download[..], &["--output", &target]].concat());
    assert_status(&output, 0);
    assert_eq!(stdout(&output), "");
    assert!(!fs::read(&target).unwrap().is_empty());

    sandbox.fault(json!({"kind": "status", "status": 404, "body": {"code": "NOT_FOUND", "message": "gone"}}));
    let missing = sandbox.text("none.pdf");
    assert_status(&sandbox.run(&[&download[..], &["--output", &missing]].concat()), 1);
    assert!(!sandbox.path("none.pdf").exists(), "nothing half is left");

    let before = sandbox.journal().len();
    assert_status(&sandbox.run(&[&download[..], &["--output", "/nowhere/at/all"]].concat()), 2);
    assert_eq!(sandbox.journal().len(), before, "found before sending");
}

#[test]
fn a_refusal_by_the_platform_is_1() {
    let sandbox = Sandbox::start();
    let refused = ["call", CUSTOM_PAGE, "sub_mchid=1900009999", "operation_type=OPEN"];
    let output = sandbox.run(&refused);
    assert_status(&output, 1);
    assert_eq!(stdout(&output), "");
    let text = stderr(&output);
    assert!(text.starts_with(&format!("error: {CUSTOM_PAGE}: 400 MCH_NOT_EXISTS: ")), "{text}");
    assert!(text.contains("what to do: ") && text.contains("https://"), "{text}");

    let output = sandbox.run(&[&refused[..], &["--error-format", "json"]].concat());
    assert_status(&output, 1);
    let record: Value = serde_json::from_str(stderr(&output)).unwrap();
    assert_eq!(record["kind"], "api");
    assert_eq!(record["code"], "MCH_NOT_EXISTS");
    assert_eq!(record["status"], 400);
    assert_eq!(record["verified"], true);
    assert_eq!(record["may_have_taken_effect"], false);
    assert_eq!(record["retryability"], "never");
    assert_eq!(record["operation"], CUSTOM_PAGE);
    assert!(record["request_id"].as_str().unwrap().ends_with("-400"));

    for host in ["main", "backup"] {
        sandbox.admin("POST", "/faults", &json!({"match": {"host": host}, "fault": {"kind": "refused"}}));
    }
    let output = sandbox.run(&["call", CLOSE, GOOD, "--timeout", "2"]);
    assert_status(&output, 1);
    assert!(stderr(&output).contains("that is safe"), "{}", stderr(&output));
}

#[test]
fn what_is_wrong_here_is_2_and_nothing_is_sent() {
    let sandbox = Sandbox::start();
    for (arguments, problem) in [
        (&["call", CUSTOM_PAGE, GOOD][..], "operation_type is required, but missing"),
        (&["call", CUSTOM_PAGE, GOOD, "operation_typ=OPEN"], "did you mean operation_type?"),
        (&["call", CUSTOM_PAGE, "sub_mchid:=1900000109", "operation_type=OPEN"], "sub_mchid must be a string"),
        (&["call", CUSTOM_PAGE, "1900000109"], "key=value"),
        (&["call", "goldplan.merchants.change_custom_page_statu", GOOD], "did you mean goldplan"),
        (&["call", CLOSE, "--json", "/nowhere.json"], "/nowhere.json"),
        (&["call", CLOSE, GOOD, "--timeout", "0"], "more than 0"),
        (&["call", CLOSE, GOOD, "--retry", "always"], "must be one of off, safe, idempotent"),
        (&["call", CLOSE, GOOD, "--json", "x.json"], "cannot be used with"),
        (&["request", "GET", "v3/certificates"], "must begin with one /"),
        (&["request", "FETCH", "/v3/certificates"], "must be one of GET"),
        (&["request", "GET", "/v3/certificates", "--query", "x"], "--query must be written key=value"),
        (&["request", "POST", "/v3/certificates", "--body", "{"], "--body must be JSON"),
    ] {
        let output = sandbox.run(arguments);
        assert_status(&output, 2);
        assert!(stderr(&output).contains(problem), "{arguments:?}: {}", stderr(&output));
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[test]
fn credentials_come_from_one_place_and_are_named_when_they_are_wrong() {
    let output = wechatpay(&["call", CLOSE, GOOD]).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("mchid") && stderr(&output).contains("--config"), "{}", stderr(&output));

    let sandbox = Sandbox::start();
    let info = &sandbox.info;
    let names =
        ["mchid", "serial_no", "merchant_private_key_path", "public_key_id", "platform_public_key_path", "base_url"];
    let options: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), info[name].clone())).collect();
    let config = sandbox.write("config.json", &json!(options).to_string());
    assert_status(&wechatpay(&["call", CLOSE, GOOD, "--config", &config]).output().unwrap(), 0);

    let mut command = wechatpay(&["call", CLOSE, GOOD]);
    for name in names {
        command.env(format!("WECHATPAY_{}", name.to_uppercase()), info[name].as_str().unwrap());
    }
    assert_status(&command.output().unwrap(), 0);

    let file = sandbox.text("sandbox/sandbox.json");
    assert_status(&wechatpay(&["call", CLOSE, GOOD, "--sandbox", &file]).output().unwrap(), 0);

    let secret = "5up3rs3cr3t";
    let bad = sandbox.write("bad.json", &json!({"mchid": "1", "merchant_private_key": secret}).to_string());
    for place in [&["--config", &bad][..], &["--config", "/nowhere.json"], &["--sandbox", &bad]] {
        let output =
            wechatpay(&[&["call", CLOSE, GOOD][..], place, &["--error-format", "json"]].concat()).output().unwrap();
        assert_status(&output, 2);
        let record: Value = serde_json::from_str(stderr(&output)).unwrap();
        assert_eq!(record["kind"], "config", "{record}");
        assert!(!stderr(&output).contains(secret));
    }
}

#[test]
fn an_unknown_outcome_is_3() {
    let sandbox = Sandbox::start();
    sandbox.fault(json!({"kind": "reset", "after": "work"}));
    let output = sandbox.run(&["call", ONCE, GOOD, "--error-format", "json"]);
    assert_status(&output, 3);
    let record: Value = serde_json::from_str(stderr(&output)).unwrap();
    assert_eq!(record["kind"], "transport");
    assert_eq!(record["may_have_taken_effect"], true);
    assert_eq!(record["retryability"], "check_first");
    assert_eq!(sandbox.journal().len(), 1, "not repeated");

    sandbox.fault(json!({"kind": "delay", "ms": 5000}));
    let output = sandbox.run(&["call", ONCE, GOOD, "--timeout", "0.3"]);
    assert_status(&output, 3);
    assert!(stderr(&output).contains("query what became of the request"), "{}", stderr(&output));

    sandbox.fault_for(json!({}), 1, json!({"kind": "reset"}));
    let output = sandbox.run(&["call", CLOSE, GOOD, "--retry", "idempotent"]);
    assert_status(&output, 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_reply_that_cannot_be_written_does_not_pass_for_a_call_that_failed() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let sandbox = Sandbox::start();
    let change = ["call", CUSTOM_PAGE, GOOD, "operation_type=OPEN"];
    let output = sandbox.command(&change).stdout(full()).output().unwrap();
    assert_status(&output, 3);
    let text = stderr(&output);
    assert!(text.starts_with("error: the call was done (status 200, Request-ID "), "{text}");
    assert!(text.contains("), only its output could not be written: standard output: No space left"), "{text}");
    assert!(text.contains("what to do: do not repeat it"), "{text}");

    let output = sandbox.command(&change).args(["--error-format", "json"]).stdout(full()).output().unwrap();
    assert_status(&output, 3);
    let record: Value = serde_json::from_str(stderr(&output)).unwrap();
    assert_eq!((&record["kind"], &record["code"]), (&json!("io"), &json!("reply_not_written")));
    assert_eq!((&record["may_have_taken_effect"], &record["retryability"]), (&json!(true), &json!("check_first")));
    assert_eq!(record["status"], 200);

    let path = "/v3/goldplan/merchants/changecustompagestatus";
    let body = "{\"sub_mchid\": \"1900000109\", \"operation_type\": \"OPEN\"}";
    let output = sandbox.command(&["request", "POST", path, "--body", body]).stdout(full()).output().unwrap();
    assert_status(&output, 3);
    assert!(stderr(&output).contains("the call was done"), "{}", stderr(&output));

    // A query changed nothing: it is repeated without harm.
    let output = sandbox.command(&["call", STATUS, GOOD]).stdout(full()).output().unwrap();
    assert_status(&output, 1);
    assert!(stderr(&output).contains("what to do: repeat the command"), "{}", stderr(&output));

    // Where nothing can be said at all, the status still says it.
    let status = sandbox.command(&change).arg("-v").stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(3));

    // A reader that has gone has seen enough.
    let mut child = sandbox.command(&change).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn ctrl_c_is_130_and_says_that_the_outcome_is_unknown() {
    let sandbox = Sandbox::start();
    sandbox.fault(json!({"kind": "delay", "ms": 20_000}));
    let child = sandbox.command(&["call", CLOSE, GOOD]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the request arrives", || {
        let faults = sandbox.admin("GET", "/faults", &Value::Null);
        faults.as_array().unwrap().iter().all(|fault| fault["times"] == 0)
    });
    let start = Instant::now();
    signal(&child, Signal::SIGINT);
    let output = child.wait_with_output().unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_status(&output, 130);
    assert!(stderr(&output).contains("its outcome is unknown"), "{}", stderr(&output));
}

#[test]
fn any_path_can_be_requested() {
    let sandbox = Sandbox::start();
    let output = sandbox.run(&["request", "GET", "/v3/new-tax-control-fapiao/merchant/1900000109/check-status", "-v"]);
    assert_status(&output, 0);
    assert!(stdout(&output).contains("\"third_mode\""));
    assert!(stderr(&output).contains("status 200"));

    let path = "/v3/goldplan/merchants/close-advertising-show";
    let body = "{\"sub_mchid\": \"1900000109\"}";
    let file = sandbox.write("body.json", body);
    let at_file = format!("@{file}");
    for given in [body, &at_file] {
        assert_status(&sandbox.run(&["request", "post", path, "--body", given]), 0);
        assert_eq!(sent_body(&sandbox), json!({"sub_mchid": "1900000109"}));
    }
    let mut child = sandbox.command(&["request", "POST", path, "--body", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    assert_status(&child.wait_with_output().unwrap(), 0);

    let output = sandbox.run(&["request", "GET", "/v3/nothing", "--query", "q=a b&c", "--query", "r=1"]);
    assert_status(&output, 1);
    assert_eq!(sandbox.journal().last().unwrap()["target"], "/v3/nothing?q=a%20b%26c&r=1");
}
