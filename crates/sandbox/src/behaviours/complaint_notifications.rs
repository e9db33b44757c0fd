//! Where a merchant wants to be told of complaints.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{caller, invalid_request};
use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};

/// Another URL than the one that there is takes an update: an assumption, as is its code.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let (mchid, url) = (mchid(parameters), url(parameters));
    if business.complaints.urls.get(&mchid).is_some_and(|known| *known != url) {
        return Err(invalid_request("投诉通知回调地址已存在"));
    }
    business.complaints.urls.insert(mchid.clone(), url);
    shown(business, &mchid)
}

pub(super) fn get(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    shown(business, &mchid(parameters))
}

pub(super) fn replace(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let mchid = mchid(parameters);
    let known = business.complaints.urls.get_mut(&mchid).ok_or_else(not_exist)?;
    *known = url(parameters);
    shown(business, &mchid)
}

/// Taking away what is not there changes nothing.
pub(super) fn delete(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    business.complaints.urls.remove(&mchid(parameters));
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn shown(business: &Business, mchid: &str) -> Result<Answer, Refusal> {
    let url = business.complaints.urls.get(mchid).ok_or_else(not_exist)?;
    Ok(Answer::json(StatusCode::OK, &json!({"mchid": mchid, "url": url})))
}

fn mchid(parameters: &Value) -> String {
    caller(parameters, &Value::Null).mchid
}

fn url(parameters: &Value) -> String {
    parameters["body"]["url"].as_str().unwrap_or_default().to_owned()
}

fn not_exist() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "投诉通知回调地址不存在")
}
