//! `wechatpay operations`, `--help` and `--version`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{assert_status, stderr, stdout, wechatpay};
use serde_json::{Value, json};

#[test]
fn operations_are_listed_found_and_shown() {
    let output = wechatpay(&["operations", "goldplan"]).output().unwrap();
    assert_status(&output, 0);
    assert_eq!(stdout(&output).lines().count(), 5);
    let line = stdout(&output).lines().find(|line| line.contains("change_custom_page_status")).unwrap();
    assert!(
        line.contains("POST") && line.contains("changecustompagestatus") && line.contains("商家小票管理"),
        "{line}"
    );

    let output = wechatpay(&["operations", "goldplan.merchants.open_advertising_show"]).output().unwrap();
    assert_status(&output, 0);
    let text = stdout(&output);
    for part in
        ["PATCH /v3/goldplan/", "sub_mchid: string, required, in body", "POTOGRAPHY", "idempotent: yes", "https://"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }

    assert!(!text.contains("read back by"), "{text}");

    let output = wechatpay(&["operations", "pay.transactions.jsapi.create"]).output().unwrap();
    assert_status(&output, 0);
    assert!(stdout(&output).contains("\nidempotent: yes\nread back by: pay.transactions.get_by_out_trade_no\n"));

    let output = wechatpay(&["operations", "goldplam"]).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("begins no operation's id"));
}

#[test]
fn json_has_all_that_a_program_needs() {
    let output = wechatpay(&["operations", "--json"]).output().unwrap();
    assert_status(&output, 0);
    let all: Value = serde_json::from_str(stdout(&output)).unwrap();
    let all = all.as_array().unwrap();
    assert!(all.len() >= 27);
    for operation in all {
        assert!(operation["path"].as_str().unwrap().starts_with("/v3/"));
        assert!(operation["idempotent"].is_boolean());
        assert!(operation["doc_url"].as_str().unwrap().starts_with("https://"));
    }
    let find = |id: &str| all.iter().find(|operation| operation["id"] == id).unwrap();
    let gold_plan = find("goldplan.merchants.change_gold_plan_status");
    assert_eq!(
        gold_plan["params"][0],
        json!({"name": "sub_mchid", "place": "body", "required": true, "type": "string"})
    );
    assert_eq!(gold_plan["params"][1]["values"], json!(["OPEN", "CLOSE"]));
    assert_eq!(gold_plan["idempotent"], true);
    let filter = find("goldplan.merchants.set_advertising_industry_filter");
    assert_eq!(filter["params"][1]["type"], "list");
    assert_eq!(filter["params"][1]["items"]["values"].as_array().unwrap().len(), 36);
    assert_eq!(find("new_tax_control_fapiao.merchant.check_status")["params"][0]["place"], "path");
    let create = find("new_tax_control_fapiao.fapiao_applications.create");
    assert_eq!(create["idempotent"], false);
    assert_eq!(create["read_back"], "new_tax_control_fapiao.fapiao_applications.get");
    let buyer = create["params"].as_array().unwrap().iter().find(|param| param["name"] == "buyer_information").unwrap();
    assert!(
        buyer["fields"].as_array().unwrap().iter().any(|field| field["name"] == "phone" && field["encrypted"] == true)
    );
}

#[test]
fn help_has_examples_and_the_version_is_the_package_s() {
    let output = wechatpay(&["--version"]).output().unwrap();
    assert_eq!(stdout(&output), concat!("wechatpay ", env!("CARGO_PKG_VERSION"), "\n"));
    for command in ["call", "request", "operations", "batch", "sandbox"] {
        let output = wechatpay(&[command, "--help"]).output().unwrap();
        assert_status(&output, 0);
        assert!(stdout(&output).contains(&format!("Examples:\n  wechatpay {command} ")), "{}", stdout(&output));
    }
    assert_status(&wechatpay(&["call"]).output().unwrap(), 2);
}
