//! What the example `opentelemetry` exports of a call, read off its output.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use wechatpay_suite::Local;

const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

/// A line of the output: a span or an event.
struct Told {
    text: String,
    attributes: BTreeMap<String, String>,
}

impl Told {
    fn new(line: &str) -> Self {
        let pairs = line.split(' ').filter_map(|word| word.split_once('='));
        let attributes = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { text: line.to_owned(), attributes }
    }

    fn get(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    fn has_duration(&self) -> bool {
        self.get("duration_ms").parse::<u64>().is_ok()
    }
}

/// The span of a call and the events in it.
struct Exported {
    succeeded: bool,
    span: Told,
    attempts: Vec<Told>,
    end: Told,
}

/// What one call through the example exports under this fault.
async fn exported(local: &Local, fault: Option<Value>) -> Exported {
    if let Some(fault) = fault {
        local.admin.fault(fault).await;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_opentelemetry"));
    command.env_clear();
    for (name, value) in local.options() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        command.env(format!("WECHATPAY_{}", name.to_uppercase()), text);
    }
    let output = command.output().expect("the example starts");
    let lines = String::from_utf8(output.stdout).expect("its output is a text");
    holds_no_secret(local, &lines).await;
    let (spans, events): (Vec<_>, Vec<_>) = lines.lines().partition(|line| !line.starts_with(' '));
    let [span] = spans[..] else { panic!("not one span: {lines}{}", String::from_utf8_lossy(&output.stderr)) };
    assert!(span.starts_with("wechatpay.call "), "that of the call: {span}");
    let (attempts, mut rest): (Vec<_>, Vec<_>) =
        events.into_iter().map(Told::new).partition(|event| event.text.starts_with("  attempt "));
    let end = rest.pop().expect("an event for the end");
    assert!(rest.is_empty(), "and nothing else: {lines}");
    Exported { succeeded: output.status.success(), span: Told::new(span), attempts, end }
}

async fn holds_no_secret(local: &Local, said: &str) {
    let key = fs::read_to_string(&local.info.merchant_private_key_path).expect("the merchant's key");
    let of_key = key.lines().filter(|line| line.len() > 16 && !line.starts_with("-----"));
    for secret in of_key.chain([OPENID, &local.info.apiv3_key, "Authorization", "signature", "WECHATPAY2"]) {
        assert!(!said.contains(secret), "the output holds a secret that begins with {secret:.4}");
    }
    let journal = local.admin.journal().await;
    let sent = journal.last().and_then(|entry| entry["body"].as_str()).expect("the request");
    assert!(sent.contains(OPENID), "there was a secret to show");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_a_span_of_a_client_with_an_event_for_its_attempt() {
    let local = Local::start();
    let Exported { succeeded, span, attempts, .. } = exported(&local, None).await;
    assert!(succeeded && span.text.contains(" kind=Client Unset "), "{}", span.text);
    assert_eq!(span.get("operation"), "pay.transactions.jsapi.create");
    assert_eq!(span.get("mchid"), local.info.mchid);
    assert_eq!((span.get("status"), span.get("attempts")), ("200", "1"));
    assert!(!span.get("request_id").is_empty() && span.has_duration());
    let [attempt] = &attempts[..] else { panic!("{} attempts", attempts.len()) };
    assert_eq!((attempt.get("attempt"), attempt.get("host")), ("1", local.info.base_url.as_str()));
    assert_eq!((attempt.get("phase"), attempt.get("status")), ("answered", "200"));
    assert_eq!(attempt.get("request_id"), span.get("request_id"));
    assert!(attempt.has_duration());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_attempt_names_its_host_and_how_it_ended() {
    let local = Local::start();
    let refused = json!({"match": {"host": "main"}, "fault": {"kind": "refused"}});
    let Exported { succeeded, span, attempts, .. } = exported(&local, Some(refused)).await;
    assert!(succeeded, "the other host takes it");
    assert_eq!((span.get("status"), span.get("attempts")), ("200", "2"));
    let [first, second] = &attempts[..] else { panic!("{} attempts", attempts.len()) };
    assert_eq!((first.get("host"), first.get("phase")), (local.info.base_url.as_str(), "connecting"));
    assert!(!first.attributes.contains_key("status"), "nobody has replied: {}", first.text);
    assert_eq!((second.get("attempt"), second.get("host")), ("2", local.info.backup_url.as_str()));
    assert_eq!((second.get("phase"), second.get("status")), ("answered", "200"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_span_of_a_call_that_fails_is_marked_as_an_error() {
    let local = Local::start();
    let body = json!({"code": "PARAM_ERROR", "message": format!("no such payer: {OPENID}")});
    let refusal = json!({"fault": {"kind": "status", "status": 400, "body": body}});
    let Exported { succeeded, span, attempts, end } = exported(&local, Some(refusal)).await;
    assert!(!succeeded && span.text.contains(" kind=Client Error "), "{}", span.text);
    assert_eq!((span.get("status"), span.get("attempts")), ("400", "1"));
    assert_eq!(attempts.iter().map(|attempt| attempt.get("status")).collect::<Vec<_>>(), ["400"]);
    assert_eq!((end.get("kind"), end.get("code")), ("api", "PARAM_ERROR"));
}
