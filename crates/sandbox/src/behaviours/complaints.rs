//! Complaints of users: the list of a period in pages, and one of them.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};

/// Entries of a page, unless the request says otherwise, and at most.
const PAGE: u64 = 10;
const LARGEST_PAGE: u64 = 50;

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

pub(super) fn get(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let wanted = &parameters["path"]["complaint_id"];
    let found = business.state.complaints.iter().find(|complaint| complaint["complaint_id"] == *wanted);
    let found = found.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "投诉单不存在"))?;
    Ok(Answer::json(StatusCode::OK, found))
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
