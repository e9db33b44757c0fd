//! The driver in Rust, in a process of its own like those of the other languages.

use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use wechatpay_sdk::operation::Method;
use wechatpay_sdk::{CallOptions, Client, Error, Options, Response, Retry};

use crate::Problem;

/// Reads calls from the standard input, several at once, and writes how each ended.
///
/// Both by threads of the standard library: tokio's would be counted as the client's.
pub(crate) async fn drive(config: &Path) -> Result<(), Problem> {
    let client = Client::from_options(&Options::from_json(&std::fs::read(config)?)?)?;
    let (sender, mut lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    while let Some(line) = lines.recv().await {
        let order: Value = serde_json::from_str(&line)?;
        if order["rest"] == true {
            write(&json!({"rested": true}));
            continue;
        }
        let client = client.clone();
        tokio::spawn(async move { write(&answer(&client, order).await) });
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is how the campaign hears of it")]
fn write(answer: &Value) {
    println!("{answer}");
}

async fn answer(client: &Client, order: Value) -> Value {
    let started = Instant::now();
    let outcome = call(client, &order).await;
    let mut answer = json!({"n": order["n"], "elapsed_ms": started.elapsed().as_secs_f64() * 1000.0});
    match outcome {
        Ok(response) => {
            let wanted = &order["call"];
            let own = [&wanted["body"]["out_bill_no"], &wanted["params"]["sub_mchid"]];
            let reply = response.json().unwrap_or_default();
            let told = [&reply["out_bill_no"], &reply["sub_mchid"]];
            answer["own"] = json!(own == told);
        }
        Err(error) => answer["error"] = record(&error),
    }
    answer
}

async fn call(client: &Client, order: &Value) -> Result<Response, Error> {
    let (options, call) = (&order["options"], &order["call"]);
    let timeout = Duration::from_secs_f64(options["timeout"].as_f64().unwrap_or_default());
    let retry = Retry::from_str(options["retry"].as_str().unwrap_or_default()).unwrap_or_default();
    let client = client.with_options(CallOptions::default().timeout(timeout).retry(retry));
    match call["operation"].as_str() {
        Some(operation) => client.call(operation, call["params"].as_object().cloned().unwrap_or_default()).await,
        None => {
            let path = call["path"].as_str().unwrap_or_default();
            client.request(Method::Post, path, &[], Some(&call["body"])).await
        }
    }
}

fn record(error: &Error) -> Value {
    json!({
        "kind": error.kind().as_str(),
        "code": error.code(),
        "status": error.status(),
        "retryability": error.retryability().as_str(),
        "may_have_taken_effect": error.may_have_taken_effect(),
        "verified": error.verified(),
        "message": error.message(),
        "attempts": error.attempts().len(),
    })
}
