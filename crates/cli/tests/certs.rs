//! `wechatpay certs`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use common::{Sandbox, assert_status, stderr, stdout};
use serde_json::{Value, json};

const NEW: &str = "5B1C2D3E4F60718293A4B5C6D7E8F90123456789";
const LATER: &str = "6B1C2D3E4F60718293A4B5C6D7E8F90123456789";
const GONE: &str = "7B1C2D3E4F60718293A4B5C6D7E8F90123456789";

fn original(sandbox: &Sandbox) -> &str {
    sandbox.info["platform_certificate_serial"].as_str().unwrap()
}

#[test]
fn certificates_are_shown_with_their_state() {
    let sandbox = Sandbox::start();
    for (serial, starts, ends) in [(NEW, -60, 86_400), (LATER, 86_400, 200_000), (GONE, -86_400, -60)] {
        let order = json!({"serial_no": serial, "starts_in": starts, "ends_in": ends});
        sandbox.admin("POST", "/certificates", &order);
    }
    let output = sandbox.run(&["certs", "--json"]);
    assert_status(&output, 0);
    let list: Value = serde_json::from_str(stdout(&output)).unwrap();
    let told: Vec<_> = list.as_array().unwrap().iter().map(|it| (it["serial"].clone(), it["state"].clone())).collect();
    let expected = [(original(&sandbox), "valid"), (NEW, "expiring"), (LATER, "not_yet_valid"), (GONE, "expired")];
    assert_eq!(told, expected.map(|(serial, state)| (json!(serial), json!(state))));
    assert_eq!(list[1]["not_after"].as_i64().unwrap() - list[1]["not_before"].as_i64().unwrap(), 86_460);
    assert_eq!(list[0].get("file"), None);

    let output = sandbox.run(&["certs"]);
    assert_status(&output, 0);
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[2].starts_with(LATER) && lines[2].ends_with("  not yet valid"), "{}", lines[2]);
    assert!(lines[0].contains("Z to 20"), "{}", lines[0]);
}

#[test]
fn certificates_are_saved_where_a_client_finds_them() {
    let sandbox = Sandbox::start();
    let folder = sandbox.path("made").join("certificates");
    let output = sandbox.run(&["certs", "--save", folder.to_str().unwrap(), "--json"]);
    assert_status(&output, 0);
    let list: Value = serde_json::from_str(stdout(&output)).unwrap();
    let file = folder.join(format!("wechatpay_{}.pem", original(&sandbox)));
    assert_eq!(list[0]["file"], file.to_str().unwrap());
    let served = fs::read_to_string(sandbox.info["platform_certificate_path"].as_str().unwrap()).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), served);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let output = sandbox.run(&["certs", "--save", file.to_str().unwrap()]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("--save names"), "{}", stderr(&output));
    assert_eq!(sandbox.journal().len(), 1, "nothing was sent");
}

/// What a merchant has before the first certificate: no key of the platform at all.
#[test]
fn no_key_of_the_platform_is_needed_and_the_apiv3_key_is() {
    let sandbox = Sandbox::start();
    let mut config = json!({});
    for name in ["mchid", "serial_no", "merchant_private_key_path", "apiv3_key", "base_url"] {
        config[name] = sandbox.info[name].clone();
    }
    let certs = |config: &Value| {
        let file = sandbox.write("config.json", &config.to_string());
        common::wechatpay(&["certs", "--config", &file]).output().unwrap()
    };
    let output = certs(&config);
    assert_status(&output, 0);
    assert!(stdout(&output).starts_with(original(&sandbox)), "{}", stdout(&output));

    let mut wrong = config.clone();
    wrong["apiv3_key"] = "0123456789abcdef0123456789abcdef".into();
    let output = certs(&wrong);
    assert_status(&output, 1);
    assert!(stderr(&output).contains("apiv3_key is not the one"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("0123456789abcdef"), "{}", stderr(&output));

    let mut without = config.clone();
    without.as_object_mut().unwrap().remove("apiv3_key");
    let output = certs(&without);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("apiv3_key is required"), "{}", stderr(&output));
}

#[test]
fn a_merchant_without_certificates_is_told_to_use_the_public_key() {
    let sandbox = Sandbox::start();
    sandbox.admin("PATCH", "/certificates", &json!({"available": false}));
    let output = sandbox.run(&["certs"]);
    assert_status(&output, 2);
    assert!(stderr(&output).contains("public_key_id and platform_public_key"), "{}", stderr(&output));
}
