//! Issue: "`blocking` facade with one runtime per process, fork-aware" and "`from_env` (WECHATPAY_* variables)", in
//! processes of their own.

use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use wechatpay_suite::Local;

fn helper(local: &Local, what: &str, changed: &[(&str, Option<&str>)]) -> Output {
    command(local, what, changed).output().expect("the helper starts")
}

fn command(local: &Local, what: &str, changed: &[(&str, Option<&str>)]) -> Command {
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
    command
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

/// Issue: "nothing is refreshed in a forked parent on behalf of a child".
#[test]
fn a_child_downloads_certificates_itself_and_does_not_wait_for_its_parent() {
    let local = Local::start();
    let list = || {
        let journal = block_on(local.admin.journal());
        journal.iter().filter(|entry| entry["target"] == "/v3/certificates").count()
    };
    // The first download is the parent's, and lasts longer than the child has to live.
    let slow = json!({"match": {"operation": "certificates.list"}, "fault": {"kind": "delay", "ms": 60_000}});
    block_on(local.admin.fault(slow));
    let mut command = command(
        &local,
        "fork-while-downloading",
        &[
            ("WECHATPAY_PUBLIC_KEY_ID", None),
            ("WECHATPAY_PLATFORM_PUBLIC_KEY_PATH", None),
            ("WECHATPAY_AUTO_CERTIFICATES", Some("1")),
            // No attempt of the parent is given up, and made again, meanwhile.
            ("WECHATPAY_TIMEOUT", Some("120")),
        ],
    );
    let mut helper = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let helper = helper.as_mut().expect("the helper starts");
    let begun = Instant::now();
    while list() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the parent downloads");
        std::thread::sleep(Duration::from_millis(5));
    }
    helper.stdin.take().expect("piped").write_all(b"fork\n").expect("it reads");
    let mut told = String::new();
    helper.stdout.take().expect("piped").read_to_string(&mut told).expect("it writes");
    let status = helper.wait().expect("it ends");
    assert!(status.success(), "{status}: {told}");
    assert_eq!(told.lines().collect::<Vec<_>>(), ["downloading", "child", "grandchild"]);
    assert_eq!(list(), 2, "one by the parent, one by the child");
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
        ("WECHATPAY_AUTO_CERTIFICATES", Some("yes"), "wrong_type", "WECHATPAY_AUTO_CERTIFICATES"),
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
