//! Issue: "`blocking` facade with one runtime per process, fork-aware" and "`from_env` (WECHATPAY_* variables)", in
//! processes of their own.

use std::process::{Command, Output};

use serde_json::Value;
use wechatpay_suite::Local;

fn helper(local: &Local, what: &str, changed: &[(&str, Option<&str>)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_suite-helper"));
    command.arg(what).env_clear();
    for (name, value) in local.options() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        command.env(format!("WECHATPAY_{}", name.to_uppercase()), text);
    }
    for (name, value) in changed {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().expect("the helper starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn calls_work_before_and_after_a_fork_in_parent_child_and_grandchild() {
    let local = Local::start();
    let output = helper(&local, "fork", &[]);
    let told = told(&output);
    assert!(output.status.success(), "{}: {told}", output.status);
    for who in ["parent before", "child", "grandchild", "parent after"] {
        assert!(told.lines().any(|line| line == who), "{who} did not call: {told}");
    }
    let journal = block_on(local.admin.journal());
    assert_eq!(journal.len(), 7, "each call arrived once");
    assert!(journal.iter().all(|entry| entry["authorized"] == true));
}

#[test]
fn a_client_comes_from_the_environment() {
    let local = Local::start();
    // Variables of other programs are not ours: this proxy does not exist.
    let output = helper(
        &local,
        "from-env",
        &[("http_proxy", Some("http://127.0.0.1:1")), ("HTTP_PROXY", Some("http://127.0.0.1:1"))],
    );
    assert!(output.status.success(), "{}", told(&output));
    let agent = Some("my-shop/2.0");
    let certificate = local.info.platform_certificate_path.to_string_lossy().into_owned();
    let expired = wechatpay_suite::tests_dir().join("vectors/keys/platform_cert_expired.pem");
    let certificates = format!(" {certificate} , {}", expired.to_string_lossy());
    let output = helper(
        &local,
        "from-env",
        &[
            ("WECHATPAY_USER_AGENT_SUFFIX", agent),
            ("WECHATPAY_PUBLIC_KEY_ID", None),
            ("WECHATPAY_PLATFORM_PUBLIC_KEY_PATH", Some("")),
            ("WECHATPAY_PLATFORM_CERTIFICATE_PATHS", Some(&certificates)),
            ("WECHATPAY_TIMEOUT", Some("2.5")),
        ],
    );
    assert!(output.status.success(), "{}", told(&output));
    let journal = block_on(local.admin.journal());
    assert_eq!(journal.len(), 2);
    assert_eq!(journal[0]["headers"]["wechatpay-serial"], *local.info.public_key_id);
    assert_eq!(journal[1]["headers"]["wechatpay-serial"], *local.info.platform_certificate_serial);
    let sent = journal[1]["headers"]["user-agent"].as_str().expect("a header");
    assert!(sent.ends_with(" my-shop/2.0"), "{sent}");
}

#[test]
fn what_is_wrong_with_the_environment_is_named() {
    let local = Local::start();
    for (name, value, code, word) in [
        ("WECHATPAY_MCHID", None, "missing_option", "mchid"),
        ("WECHATPAY_TIMEOUT", Some("soon"), "wrong_type", "WECHATPAY_TIMEOUT"),
        ("WECHATPAY_APIV3_KEY", Some("short"), "bad_apiv3_key", "apiv3_key"),
        ("WECHATPAY_MERCHANT_PRIVATE_KEY_PATH", Some("/no/such/key.pem"), "unreadable_file", "/no/such/key.pem"),
    ] {
        let output = helper(&local, "from-env", &[(name, value)]);
        let told = told(&output);
        assert!(!output.status.success(), "{name}: {told}");
        assert!(told.contains(code) && told.contains(word), "{name}: {told}");
    }
    assert_eq!(block_on(local.admin.journal()), Vec::<Value>::new(), "nothing was sent");
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}
