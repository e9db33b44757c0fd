//! Complaints of users: the list of a period in pages, one of them and what was said about it, and what a merchant does.
//!
//! Their states go from `PENDING` by an answer to `PROCESSING`, and to `PROCESSED` when the merchant says that it is done.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{caller, invalid_request, path};
use crate::business::Business;
use crate::complaints::Noted;
use crate::platform::answer::{Answer, Refusal};

/// Entries of a page, unless the request says otherwise, and at most.
const PAGE: u64 = 10;
const LARGEST_PAGE: u64 = 50;
/// The same of histories.
const HISTORY_PAGE: u64 = 50;
const LARGEST_HISTORY_PAGE: u64 = 300;

pub(super) fn list(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let query = &parameters["query"];
    let (begin, end) = (text(&query["begin_date"]), text(&query["end_date"]));
    let limit = number(query, "limit", PAGE)?;
    let offset = number(query, "offset", 0)?;
    if !(1..=LARGEST_PAGE).contains(&limit) {
        return Err(Refusal::new(400, "PARAM_ERROR", format!("limit必须在1到{LARGEST_PAGE}之间")));
    }
    let of_period = |complaint: &&Value| {
        let day = text(&complaint["complaint_time"]).get(..10).unwrap_or_default();
        (begin..=end).contains(&day)
            && query.get("complainted_mchid").is_none_or(|mchid| complaint["complainted_mchid"] == *mchid)
    };
    let found: Vec<&Value> = business.state.complaints.iter().filter(of_period).collect();
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page: Vec<&Value> = found.iter().skip(at(offset)).take(at(limit)).copied().collect();
    let reply = json!({"data": page, "limit": limit, "offset": offset, "total_count": found.len()});
    Ok(Answer::json(StatusCode::OK, &reply))
}

pub(super) fn histories(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let query = &parameters["query"];
    let (limit, offset) = (number(query, "limit", HISTORY_PAGE)?, number(query, "offset", 0)?);
    if !(1..=LARGEST_HISTORY_PAGE).contains(&limit) {
        return Err(Refusal::new(400, "PARAM_ERROR", format!("limit必须在1到{LARGEST_HISTORY_PAGE}之间")));
    }
    let complaint = found(business, parameters)?.clone();
    let history = business.history(&complaint);
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let page: Vec<&Value> = history.iter().skip(at(offset)).take(at(limit)).collect();
    let reply = json!({"data": page, "limit": limit, "offset": offset, "total_count": history.len()});
    Ok(Answer::json(StatusCode::OK, &reply))
}

pub(super) fn response(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let complaint = of_merchant(business, parameters)?;
    if complaint["complaint_state"] == "PENDING" {
        complaint["complaint_state"] = json!("PROCESSING");
    }
    note(
        business,
        parameters,
        Noted {
            operate_type: "MERCHANT_RESPONSE",
            action_type: "MERCHANT_RESPONSE",
            details: body["response_content"].clone(),
            images: body["response_images"].clone(),
        },
    )
}

/// Nothing changes where it is done already. That one who has not answered cannot be done is an assumption.
pub(super) fn complete(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let complaint = of_merchant(business, parameters)?;
    match complaint["complaint_state"].as_str() {
        Some("PROCESSED") => return Ok(Answer::empty(StatusCode::NO_CONTENT)),
        Some("PROCESSING") => complaint["complaint_state"] = json!("PROCESSED"),
        _ => return Err(invalid_request("投诉单未回复,不支持反馈处理完成")),
    }
    note(
        business,
        parameters,
        Noted {
            operate_type: "MERCHANT_CONFIRM_COMPLETE",
            action_type: "MERCHANT_CONFIRM_COMPLETE",
            details: json!(""),
            images: Value::Null,
        },
    )
}

/// Of a complaint by which its user wants money back.
pub(super) fn update_refund_progress(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let complaint = found(business, parameters)?;
    if complaint["problem_type"] != "REFUND" {
        return Err(invalid_request("非申请退款类型的投诉单,不支持更新退款审批结果"));
    }
    if complaint["complaint_state"] == "PENDING" {
        complaint["complaint_state"] = json!("PROCESSING");
    }
    let noted = if body["action"] == "APPROVE" {
        Noted {
            operate_type: "MERCHANT_APPROVE_REFUND",
            action_type: "MERCHANT_APPROVE_REFUND",
            details: body["remark"].clone(),
            images: Value::Null,
        }
    } else {
        Noted {
            // Spelt so in the documents.
            operate_type: "MERCHANT_REFUSE_RERUND",
            action_type: "MERCHANT_REJECT_REFUND",
            details: body["reject_reason"].clone(),
            images: body["reject_media_list"].clone(),
        }
    };
    note(business, parameters, noted)
}

fn note(business: &mut Business, parameters: &Value, mut noted: Noted) -> Result<Answer, Refusal> {
    if noted.details.is_null() {
        noted.details = json!("");
    }
    let mchid = caller(parameters, &Value::Null).mchid;
    business.note(path(parameters, "complaint_id"), &mchid, noted);
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The complaint, if it is about the merchant that the body names.
fn of_merchant<'a>(business: &'a mut Business, parameters: &Value) -> Result<&'a mut Value, Refusal> {
    let complaint = found(business, parameters)?;
    if complaint["complainted_mchid"] != parameters["body"]["complainted_mchid"] {
        return Err(invalid_request("被诉商户号与投诉单不一致"));
    }
    Ok(complaint)
}

fn found<'a>(business: &'a mut Business, parameters: &Value) -> Result<&'a mut Value, Refusal> {
    let found = business.complaint(path(parameters, "complaint_id"));
    found.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "投诉单不存在"))
}

pub(super) fn get(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    found(business, parameters).map(|complaint| Answer::json(StatusCode::OK, complaint))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(query: &Value, name: &str, usual: u64) -> Result<u64, Refusal> {
    match query.get(name) {
        None => Ok(usual),
        Some(value) => value.as_u64().ok_or_else(|| Refusal::new(400, "PARAM_ERROR", format!("{name}必须是非负整数"))),
    }
}
