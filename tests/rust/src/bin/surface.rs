//! What the Rust API offers, as JSON for `tests/parity/compare.py`: read from the public items themselves.
//!
//! Rust has no reflection: fields are found by `Debug`, which writes all of them, of values made here.

use std::fmt::Debug;

use serde_json::{Map, Value, json};
use wechatpay_sdk::crypto::PrivateKey;
use wechatpay_sdk::{
    CallOptions, Client, ClientBuilder, Error, ErrorKind, MerchantKey, Options, operation::operations,
};

fn main() {
    let error = some_error();
    let operations: Vec<_> = operations().iter().map(|operation| operation.id).collect();
    let options: Vec<_> = Options::NAMES.iter().map(|(name, _)| *name).chain(FUNCTIONS_OF_KEY).collect();
    let kinds: Vec<_> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let surface = json!({
        "operations": operations,
        "client_options": options,
        "call_options": members(&CallOptions::default()),
        "error_kinds": kinds,
        "error_classes": [],
        "error_fields": error_fields(&error),
    });
    say(&surface);
}

/// What takes the place of a private key is a trait here: its functions, which this program names to be sure of them.
const FUNCTIONS_OF_KEY: [&str; 2] = {
    let _ = (<PrivateKey as MerchantKey>::sign, <PrivateKey as MerchantKey>::decrypt, ClientBuilder::merchant_key);
    ["sign", "decrypt"]
};

/// An error with a detail, from a client that lacks everything.
fn some_error() -> Error {
    let nothing = Options::from_json(b"{}").and_then(|options| Client::from_options(&options));
    nothing.expect_err("a client needs a merchant number")
}

/// What the accessors give, the members of `detail()` by the names that they have everywhere. `Debug` shows every
/// field of the record: one that it shows and no accessor gives is added, and then differs from the other languages.
fn error_fields(error: &Error) -> Vec<String> {
    let detail = error.detail().expect("a wrong option is told in detail");
    let accessors = json!({
        "text": error.to_string(),
        "kind": error.kind().as_str(),
        "code": error.code(),
        "message": error.message(),
        "retryability": error.retryability().as_str(),
        "may_have_taken_effect": error.may_have_taken_effect(),
        "operation": error.operation(),
        "status": error.status(),
        "field": detail.field,
        "value": detail.value,
        "issue": detail.issue,
        "location": detail.location,
        "detail": detail.raw,
        "request_id": error.request_id(),
        "verified": error.verified(),
        "check_with": error.check_with(),
        "attempts": error.attempts().len(),
    });
    let mut fields: Map<String, Value> = match accessors {
        Value::Object(fields) => fields,
        _ => unreachable!("it was written as an object"),
    };
    let shown = members(error).into_iter().chain(members(detail));
    fields.extend(shown.filter(|name| name != "raw").map(|name| (name, Value::Null)));
    fields.into_iter().map(|(name, _)| name).collect()
}

/// The names of a struct's fields, as its `Debug` writes them.
fn members(value: &impl Debug) -> Vec<String> {
    let shown = format!("{value:#?}");
    let names = shown.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(": "));
    names.filter(|(name, _)| !name.starts_with(' ')).map(|(name, _)| name.to_owned()).collect()
}

#[expect(clippy::print_stdout, reason = "the output of the program")]
fn say(surface: &Value) {
    println!("{surface}");
}
