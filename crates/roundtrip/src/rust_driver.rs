//! The driver in Rust, in a process of its own like those of the other languages.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wechatpay_sdk::operation::{ReplyKind, find_operation};
use wechatpay_sdk::{Client, Options};

use crate::Problem;

pub(crate) async fn drive(config: &Path, calls: &Path, answers: &Path) -> Result<(), Problem> {
    let client = Client::from_options(&Options::from_json(&fs::read(config)?)?)?;
    let mut told = String::new();
    for line in fs::read_to_string(calls)?.lines() {
        let (id, params) = line.split_once('\t').ok_or("a call is an id and its parameters")?;
        let answer = answer(&client, id, serde_json::from_str(params)?).await?;
        writeln!(told, "{answer}")?;
    }
    Ok(fs::write(answers, told)?)
}

async fn answer(client: &Client, id: &str, params: serde_json::Map<String, Value>) -> Result<Value, Problem> {
    let reply = match client.call(id, params).await {
        Ok(reply) => reply,
        Err(error) => return Ok(json!({"id": id, "error": error.to_string()})),
    };
    Ok(match find_operation(id).map(|operation| operation.reply) {
        Some(ReplyKind::Json) => json!({"id": id, "reply": serde_json::from_slice::<Value>(&reply.body)?}),
        Some(ReplyKind::Binary) => {
            let hex: String = reply.body.iter().map(|byte| format!("{byte:02x}")).collect();
            json!({"id": id, "file": hex})
        }
        _ if reply.body.is_empty() => json!({"id": id, "reply": null}),
        _ => json!({"id": id, "error": "a reply without a body has one"}),
    })
}
