//! Batches of transfers to users' change: one is handed in, and asked for by both of its numbers, as are its transfers.

use std::collections::BTreeSet;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{invalid_request, path, wrong};
use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};
use crate::transfers::{self, Batch};

/// Transfers of a page, unless the request says otherwise, and at most. Documented.
const PAGE: u64 = 20;
const LARGEST_PAGE: u64 = 100;

/// The same `out_batch_no` with the same parameters is the same batch.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let mchid = mchid(parameters);
    let details = body["transfer_detail_list"].as_array().map_or(&[][..], Vec::as_slice);
    let amount = |detail: &Value| detail["transfer_amount"].as_i64().unwrap_or_default();
    let numbers: BTreeSet<_> = details.iter().filter_map(|detail| detail["out_detail_no"].as_str()).collect();
    for (field, holds, issue) in [
        ("total_num", body["total_num"] == details.len(), "is not the number of transfers"),
        ("total_amount", body["total_amount"] == details.iter().map(amount).sum::<i64>(), "is not their sum"),
        ("transfer_detail_list", details.iter().all(|detail| amount(detail) > 0), "has an amount below 1"),
        ("transfer_detail_list", numbers.len() == details.len(), "has an out_detail_no twice"),
    ] {
        if !holds {
            let value = Some(body[field].clone()).filter(|value| !value.is_array());
            return Err(wrong(&format!("/body/{field}"), value, issue));
        }
    }
    match business.batches.get(mchid, body["out_batch_no"].as_str().unwrap_or_default()) {
        None => Ok(Answer::json(StatusCode::OK, &transfers::begin(business, mchid, body))),
        Some(batch) if batch.request == *body => {
            let shown = &batch.shown;
            let names = ["out_batch_no", "batch_id", "create_time", "batch_status"];
            let reply: serde_json::Map<_, _> =
                names.map(|name| (name.to_owned(), shown[name].clone())).into_iter().collect();
            Ok(Answer::json(StatusCode::OK, &reply.into()))
        }
        Some(_) => Err(invalid_request("商家批次单号已存在,且参数与之前不一致")),
    }
}

pub(super) fn get_by_out_batch_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let batch = business.batches.get(mchid(parameters), path(parameters, "out_batch_no"));
    let (mut reply, offset, limit) = page(batch.ok_or_else(not_found)?, &parameters["query"])?;
    (reply["offset"], reply["limit"]) = (json!(offset), json!(limit));
    Ok(Answer::json(StatusCode::OK, &reply))
}

pub(super) fn get_by_batch_id(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let batch = business.batches.get_by_id(mchid(parameters), path(parameters, "batch_id"));
    let (reply, ..) = page(batch.ok_or_else(not_found)?, &parameters["query"])?;
    Ok(Answer::json(StatusCode::OK, &reply))
}

pub(super) fn get_by_out_detail_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let batch = business.batches.get(mchid(parameters), path(parameters, "out_batch_no"));
    detail(batch, parameters, "out_detail_no")
}

pub(super) fn get_by_detail_id(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let batch = business.batches.get_by_id(mchid(parameters), path(parameters, "batch_id"));
    detail(batch, parameters, "detail_id")
}

/// The batch, and where they are asked for its transfers, of one status perhaps, in a page.
fn page(batch: &Batch, query: &Value) -> Result<(Value, u64, u64), Refusal> {
    let number = |name: &str, usual: u64| query.get(name).map_or(Some(usual), Value::as_u64);
    let limit = number("limit", PAGE).filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    let limit = limit.ok_or_else(|| wrong("/query/limit", query.get("limit").cloned(), "must be between 1 and 100"))?;
    let offset = number("offset", 0);
    let offset = offset.ok_or_else(|| wrong("/query/offset", query.get("offset").cloned(), "must not be negative"))?;
    let mut reply = json!({"transfer_batch": batch.shown});
    if query["need_query_detail"] == true {
        let status = query["detail_status"].as_str().unwrap_or("ALL");
        let wanted = batch.details.iter().filter(|detail| status == "ALL" || detail["detail_status"] == status);
        let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let shown = wanted.skip(at(offset)).take(at(limit)).map(|detail| {
            json!({
                "detail_id": detail["detail_id"], "out_detail_no": detail["out_detail_no"],
                "detail_status": detail["detail_status"],
            })
        });
        reply["transfer_detail_list"] = shown.collect();
    }
    Ok((reply, offset, limit))
}

fn detail(batch: Option<&Batch>, parameters: &Value, name: &str) -> Result<Answer, Refusal> {
    let wanted = &parameters["path"][name];
    let found = batch.and_then(|batch| batch.details.iter().find(|detail| detail[name] == *wanted));
    Ok(Answer::json(StatusCode::OK, found.ok_or_else(not_found)?))
}

fn mchid(parameters: &Value) -> &str {
    parameters["merchant"]["mchid"].as_str().unwrap_or_default()
}

fn not_found() -> Refusal {
    Refusal::new(404, "NOT_FOUND", "记录不存在")
}
