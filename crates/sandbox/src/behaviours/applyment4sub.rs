//! Applications of sub-merchants: one is handed in, and its state is asked for.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};

/// The number that the first application gets, less one.
const NUMBERS: usize = 2_000_002_124_775_690;

/// Handing in the same `business_code` again changes the application that there is.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let code = parameters["body"]["business_code"].as_str().unwrap_or_default();
    let applyments = &mut business.state.applyments;
    let next = NUMBERS + applyments.len() + 1;
    let applyment =
        applyments.entry(code.to_owned()).or_insert_with(|| json!({"business_code": code, "applyment_id": next}));
    applyment["applyment_state"] = json!("APPLYMENT_STATE_AUDITING");
    applyment["applyment_state_msg"] = json!("审核中");
    Ok(Answer::json(StatusCode::OK, &json!({"applyment_id": applyment["applyment_id"]})))
}

pub(super) fn get_by_business_code(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let code = parameters["path"]["business_code"].as_str().unwrap_or_default();
    found(business.state.applyments.get(code))
}

pub(super) fn get_by_applyment_id(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let wanted = &parameters["path"]["applyment_id"];
    found(business.state.applyments.values().find(|applyment| applyment["applyment_id"] == *wanted))
}

fn found(applyment: Option<&Value>) -> Result<Answer, Refusal> {
    let applyment = applyment.ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "申请单不存在"))?;
    Ok(Answer::json(StatusCode::OK, applyment))
}
