//! `wechatpay operations`, `--help` and `--version`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::{Sandbox, assert_status, stderr, stdout, wechatpay};
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
    assert!(
        stderr(&output).contains("is in no operation's id, path or title; did you mean goldplan"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn operations_are_found_by_words_of_id_path_and_title() {
    for (words, found) in [
        (&["refund", "abnormal"][..], "refund.domestic.refunds.apply_abnormal"),
        (&["out-refund-no"], "legacy_hk.refunds.get_by_out_refund_no"),
        (&["商家小票"], "goldplan.merchants.change_custom_page_status"),
    ] {
        let output = wechatpay(&[&["operations"], words].concat()).output().unwrap();
        assert_status(&output, 0);
        assert!(stdout(&output).lines().any(|line| line.starts_with(found)), "{words:?}: {}", stdout(&output));
        assert!(stdout(&output).lines().count() < 40, "{words:?} finds too much");
    }
}

/// The call of each language as it is written there, and that of the command as it runs.
#[test]
fn an_operation_is_described_with_a_call_in_each_language() {
    let id = "goldplan.merchants.change_custom_page_status";
    let output = wechatpay(&["describe", id]).output().unwrap();
    assert_status(&output, 0);
    for part in [
        "sub_mchid: string, required, in body",
        "wechatpay call goldplan.merchants.change_custom_page_status sub_mchid=SUB_MCHID operation_type=OPEN",
        "wechatpay_sdk::goldplan::merchants::ChangeCustomPageStatus",
        "client.goldplan.merchants.change_custom_page_status(sub_mchid=\"SUB_MCHID\", operation_type=\"OPEN\")",
        "await client.goldplan.merchants.changeCustomPageStatus({ sub_mchid: 'SUB_MCHID', operation_type: 'OPEN' });",
        "wechatpay_goldplan_merchants_change_custom_page_status(client, json, strlen(json), &reply);",
        "$client->goldplan->merchants->changeCustomPageStatus(['sub_mchid' => 'SUB_MCHID', 'operation_type' => 'OPEN']);",
    ] {
        assert!(stdout(&output).contains(part), "{part} in {}", stdout(&output));
    }
    let output = wechatpay(&["describe", "global.transactions.jsapi.create", "--language", "python"]).output().unwrap();
    assert!(stdout(&output).starts_with("reply = client.global_.transactions.jsapi.create("), "{}", stdout(&output));
    let output =
        wechatpay(&["describe", "marketing.favor.media.image_upload", "--language", "shell"]).output().unwrap();
    assert!(stdout(&output).contains(" file=@FILE"), "{}", stdout(&output));
    assert_status(&wechatpay(&["describe", "goldplan"]).output().unwrap(), 2);

    let output = wechatpay(&["describe", id, "--language", "shell"]).output().unwrap();
    let sandbox = Sandbox::start();
    let call = stdout(&output).trim().replace("SUB_MCHID", "1900000109");
    let reply = sandbox.run(&call.split(' ').skip(1).collect::<Vec<_>>());
    assert_status(&reply, 0);
    assert!(stdout(&reply).contains("1900000109"), "{}", stdout(&reply));
}

#[test]
fn json_has_all_that_a_program_needs() {
    let output = wechatpay(&["operations", "--json"]).output().unwrap();
    assert_status(&output, 0);
    let all: Value = serde_json::from_str(stdout(&output)).unwrap();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 1019);
    for operation in all {
        assert!(operation["path"].as_str().unwrap().contains("/v3/"));
        assert!(operation["idempotent"].is_boolean());
        let document = operation["doc_url"].as_str().unwrap();
        assert!(document.is_empty() || document.starts_with("https://"), "{operation}");
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
    for command in ["call", "request", "operations", "describe", "batch", "sandbox"] {
        let output = wechatpay(&[command, "--help"]).output().unwrap();
        assert_status(&output, 0);
        assert!(stdout(&output).contains(&format!("Examples:\n  wechatpay {command} ")), "{}", stdout(&output));
    }
    assert_status(&wechatpay(&["call"]).output().unwrap(), 2);
}
