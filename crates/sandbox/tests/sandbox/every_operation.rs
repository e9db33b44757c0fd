//! Every operation of `spec/`, called as its document says: the request is accepted, and the reply is signed, decrypts
//! where it is marked, and is what the document promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Map, Value, json};
use wechatpay_sdk::operation::{ReplyKind, find_operation, operations};
use wechatpay_sdk::{Client, Error, Options};

use crate::documented::Document;

/// Whom the sandbox calls the merchant.
const MCHID: &str = "1900000001";
static NUMBER: AtomicU32 = AtomicU32::new(1);
/// These have a behaviour, and look into the state, where nothing of this name is. Their replies are held against the
/// documents where there is something: in the tests of what becomes of a payment.
const NOT_THERE: [&str; 30] = [
    "applyment4sub.applyment.get_by_applyment_id",
    "certificates.list",
    "fund_app.mch_transfer.transfer_bills.cancel_by_out_bill_no",
    "fund_app.mch_transfer.transfer_bills.get_by_transfer_bill_no",
    "merchant_service.complaint_notifications.get",
    "merchant_service.complaint_notifications.replace",
    "merchant_service.complaints_v2.complete",
    "merchant_service.complaints_v2.get",
    "merchant_service.complaints_v2.negotiation_histories.list",
    "merchant_service.complaints_v2.response",
    "merchant_service.complaints_v2.update_refund_progress",
    "pay.partner.transactions.close_by_out_trade_no",
    "pay.partner.transactions.get_by_id",
    "pay.partner.transactions.get_by_out_trade_no",
    "pay.partner.transactions.reverse_by_out_trade_no",
    "pay.transactions.close_by_out_trade_no",
    "pay.transactions.get_by_id",
    "pay.transactions.get_by_out_trade_no",
    "pay.transactions.reverse_by_out_trade_no",
    "profitsharing.orders.create",
    "profitsharing.orders.get",
    "profitsharing.orders.unfreeze",
    "profitsharing.return_orders.create",
    "profitsharing.return_orders.get",
    "profitsharing.transactions.amounts.get",
    "refund.domestic.refunds.apply_abnormal",
    "refund.domestic.refunds.create",
    "refund.domestic.refunds.get",
    "transfer.batches.details.get_by_detail_id",
    "transfer.batches.get_by_batch_id",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_is_served_as_its_document_says() {
    let sandbox = crate::client::Client::start().await;
    let client = sdk(&sandbox);
    // What downloads ask for.
    sandbox.admin_ok("PATCH", "/state", json!({"files": {"token": "hello"}})).await;
    let (mut served, mut not_there) = (BTreeSet::new(), BTreeSet::new());
    let mut wrong: Vec<String> = Vec::new();
    for document in documents() {
        for (pointer, description) in document.operations() {
            let id = description["operationId"].as_str().unwrap();
            let operation = find_operation(id).unwrap();
            served.insert(operation.id);
            let reply = match client.call(id, record(&document.value, &description)).await {
                Ok(reply) => reply,
                Err(error) if is_not_there(&error) => {
                    not_there.insert(operation.id);
                    continue;
                }
                Err(error) => {
                    wrong.push(format!("{id}: {error}"));
                    continue;
                }
            };
            match operation.reply {
                ReplyKind::Empty => assert!(reply.body.is_empty(), "{id}"),
                ReplyKind::Binary => assert!(!reply.body.is_empty(), "{id}"),
                ReplyKind::Json => {
                    let body: Value = serde_json::from_slice(&reply.body).unwrap();
                    let problems = document.wrong(&pointer, reply.status, &body);
                    wrong.extend(problems.iter().map(|problem| format!("{id}: reply: {problem}")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), served.len(), wrong.join("\n"));
    assert_eq!(served.len(), operations().len());
    assert_eq!(not_there, BTreeSet::from(NOT_THERE));
}

/// A refusal in which the platform says that it has no such thing, signed. Of profit sharing the documents have no other
/// code for that.
fn is_not_there(error: &Error) -> bool {
    error.verified() && (error.status() == Some(404) || error.code() == "INVALID_REQUEST")
}

fn sdk(sandbox: &crate::client::Client) -> Client {
    let info = sandbox.info();
    let options = json!({
        "mchid": info.mchid,
        "serial_no": info.serial_no,
        "merchant_private_key_path": info.merchant_private_key_path,
        "apiv3_key": info.apiv3_key,
        "public_key_id": info.public_key_id,
        "platform_public_key_path": info.platform_public_key_path,
        "base_url": info.base_url,
        "backup_url": null,
    });
    Client::from_options(&Options::from_json(options.to_string().as_bytes()).unwrap()).unwrap()
}

fn documents() -> Vec<Document> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let paths = fs::read_dir(spec).unwrap().map(|entry| entry.unwrap().path());
    let documents = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut paths: Vec<_> = documents.filter(|path| path.file_stem().unwrap() != "webhooks").collect();
    paths.sort();
    paths.iter().map(|path| Document::read(path)).collect()
}

/// All parameters of an operation, the optional ones too.
fn record(document: &Value, operation: &Value) -> Map<String, Value> {
    let mut record = Map::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        record.insert(name.to_owned(), example(document, name, &parameter["schema"], 8));
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        let (_, content) = content.iter().next().unwrap();
        for (name, schema) in content["schema"]["properties"].as_object().into_iter().flatten() {
            record.entry(name).or_insert_with(|| example(document, name, schema, 8));
        }
    }
    if let Some(meta) = record.get_mut("meta").and_then(Value::as_object_mut) {
        describe(meta);
    }
    record
}

/// Makes `meta` say what the file of [`example`] is.
fn describe(meta: &mut Map<String, Value>) {
    let sm3 = meta.keys().any(|name| name.starts_with("digest_al"));
    let digest = if sm3 {
        "becbbfaae6548b8bf0cfcad5a27183cd1be6093b1cceccc303d9c61d0a645268"
    } else {
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    };
    for (name, value) in meta {
        match name.as_str() {
            "sha256" | "digest" | "file_digest" => *value = json!(digest),
            "filename" | "file_name" => *value = json!("file.png"),
            _ => {}
        }
    }
}

fn example(document: &Value, name: &str, beside: &Value, depth: usize) -> Value {
    let pointer = beside["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
    let schema = pointer.map_or(beside, |pointer| document.pointer(pointer).unwrap());
    if let Some(literal) = schema["enum"].get(0) {
        return literal.clone();
    }
    if schema["format"] == "binary" {
        return json!({"filename": "file.png", "content": "aGVsbG8="});
    }
    if let Some(inner) = schema.get("contentSchema") {
        return example(document, name, inner, depth);
    }
    match (schema["type"].as_str(), name) {
        // Whose key signs, and a sub-merchant of the seed.
        (Some("string"), "mchid" | "sp_mchid") => json!(MCHID),
        (Some("string"), "sub_mchid") => json!("1900000109"),
        // Of a first page.
        (Some("string"), "page_token") => json!(""),
        // An order of another operation would be in the way.
        (Some("string"), "out_trade_no") => json!(format!("T{}", NUMBER.fetch_add(1, Ordering::Relaxed))),
        _ => of_type(document, name, schema, depth),
    }
}

fn of_type(document: &Value, name: &str, schema: &Value, depth: usize) -> Value {
    match schema["type"].as_str() {
        Some("object") if depth > 0 => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, schema)| (name.clone(), example(document, name, schema, depth - 1))).collect()
        }
        Some("object") => json!({}),
        Some("array") => {
            let least = schema["minItems"].as_u64().unwrap_or(1).max(1);
            (0..least).map(|_| example(document, name, &schema["items"], depth)).collect()
        }
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ if schema["format"] == "date-time" => json!("2020-07-01T12:00:00+08:00"),
        _ => {
            let most = schema["maxLength"].as_u64().map_or(usize::MAX, |length| usize::try_from(length).unwrap());
            name.chars().filter(char::is_ascii_alphanumeric).take(most).collect::<String>().into()
        }
    }
}
