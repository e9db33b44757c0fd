//! Issue: "iterate over paged lists (offset/limit and cursor styles) lazily". Every list of the local WeChat Pay that it has
//! no other behaviour for holds 23 items; over real sockets.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};
use wechatpay_sdk::blocking;
use wechatpay_sdk::new_tax_control_fapiao::merchant::tax_codes::List;
use wechatpay_sdk::operation::{Operation, Place, Schema, operations};
use wechatpay_sdk::{Client, ErrorKind};
use wechatpay_suite::Local;

const TAX_CODES: &str = "new_tax_control_fapiao.merchant.tax_codes.list";

/// What is required, with any values.
fn required(operation: &Operation) -> Map<String, Value> {
    let value = |schema: &Schema| match schema {
        Schema::String { values: [first, ..], .. } => json!(first),
        Schema::Integer | Schema::Number => json!(1),
        Schema::Boolean => json!(true),
        Schema::Array(_) => json!([]),
        _ => json!("2026-11-25"),
    };
    let params = operation.params.iter().filter(|param| param.required);
    params.map(|param| (param.name.to_owned(), value(param.schema))).collect()
}

/// Hands in a batch of 23 transfers under the number that [`required`] asks for; its `batch_id`.
async fn batch(client: &Client) -> Value {
    let details = (1..=23).map(|at| {
        json!({"out_detail_no": format!("D{at:02}"), "transfer_amount": 1, "transfer_remark": "tea", "openid": "o"})
    });
    let batch = json!({
        "appid": "wx", "out_batch_no": "2026-11-25", "batch_name": "tea", "batch_remark": "tea", "total_amount": 23,
        "total_num": 23, "transfer_detail_list": details.collect::<Vec<_>>(),
    });
    let Value::Object(batch) = batch else { unreachable!("written as one") };
    let reply = client.call("transfer.batches.create", batch).await.expect("a batch that adds up");
    let reply: Value = serde_json::from_slice(&reply.body).expect("JSON");
    reply["batch_id"].clone()
}

/// The targets of the requests so far.
async fn asked(local: &Local) -> Vec<String> {
    let journal = local.admin.journal().await;
    journal.iter().filter_map(|entry| entry["target"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn every_list_gives_each_of_its_items_once() {
    let local = Local::start();
    let client = local.client();
    let batch_id = batch(&client).await;
    let (mut lists, mut steps) = (0, BTreeSet::new());
    for operation in operations() {
        let Some(paging) = operation.paging else { continue };
        let in_query = operation.params.iter().any(|param| param.name == paging.at && param.place == Place::Query);
        // These hold what was filed or transferred.
        let alive = ["merchant_service.complaints_v2.", "transfer.batches."];
        if !in_query || alive.iter().any(|prefix| operation.id.starts_with(prefix)) {
            continue;
        }
        let mut params = required(operation);
        params.remove(paging.at);
        if operation.id == "transfer.batches.get_by_batch_id" {
            params.insert("batch_id".to_owned(), batch_id.clone());
        }
        let text = operation
            .params
            .iter()
            .any(|param| param.name == paging.size && matches!(param.schema, Schema::String { .. }));
        params.insert(paging.size.to_owned(), if text { json!("5") } else { json!(5) });
        let items: Result<Vec<Value>, _> = client.iterate_by_id(operation.id, params).try_collect().await;
        let items = items.unwrap_or_else(|error| panic!("{}: {error}", operation.id));
        let different: BTreeSet<String> = items.iter().map(Value::to_string).collect();
        assert_eq!((items.len(), different.len()), (23, 23), "{}", operation.id);
        lists += 1;
        steps.insert(format!("{:?}", paging.step));
    }
    assert!(lists > 60 && steps.len() > 2, "{lists} {steps:?}");
}

#[tokio::test]
async fn a_page_is_asked_for_when_its_first_item_is() {
    let local = Local::start();
    let client = local.client();
    {
        let list = List::new(0, 10);
        let mut codes = pin!(client.iterate(&list));
        assert!(asked(&local).await.is_empty());
        for _ in 0..10 {
            codes.next().await.expect("23 of them").expect("an item");
        }
        assert_eq!(asked(&local).await.len(), 1);
        codes.next().await.expect("23 of them").expect("an item");
    }
    let asked = asked(&local).await;
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[1].contains("offset=10") && asked[1].contains("limit=10"), "{asked:?}");
}

#[tokio::test]
async fn an_error_ends_a_list_and_an_empty_page_is_one() {
    let local = Local::start();
    let client = local.client();
    let params = || Map::from_iter([("limit".to_owned(), json!(20))]);
    let empty = json!({"kind": "reply", "body": {"total_count": 23, "offset": 20, "limit": 20, "data": []}});
    for (fault, kind, code) in [
        (
            json!({"kind": "status", "status": 403, "body": {"code": "NO_AUTH", "message": "no"}}),
            ErrorKind::Api,
            "NO_AUTH",
        ),
        (empty, ErrorKind::Integrity, "incomplete_list"),
    ] {
        local.admin.clear_faults().await;
        local.admin.fault(json!({"fault": {"kind": "delay", "ms": 1}})).await;
        local.admin.fault(json!({"fault": fault})).await;
        let mut codes = pin!(client.iterate_by_id(TAX_CODES, params()));
        for _ in 0..20 {
            codes.next().await.expect("a first page").expect("an item");
        }
        let error = codes.next().await.expect("an error").expect_err(code);
        assert_eq!((error.kind(), error.code(), error.operation()), (kind, code, Some(TAX_CODES)), "{error}");
        assert!(codes.next().await.is_none());
    }
    let mut none = pin!(client.iterate_by_id("bill.trade_bill.get", Map::new()));
    let error = none.next().await.expect("an error").expect_err("it is no list");
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, "not_a_list"));
}

#[test]
fn a_blocking_client_has_iterators() {
    let local = Local::start();
    let client = blocking::Client::new(local.client());
    let codes: Result<Vec<_>, _> = client.iterate(&List::new(3, 7)).collect();
    assert_eq!(codes.expect("all behind the third").len(), 20);
    let params = Map::from_iter([("limit".to_owned(), json!(23))]);
    assert_eq!(client.iterate_by_id(TAX_CODES, params).count(), 23);
}
