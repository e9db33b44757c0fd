//! Electronic invoices: whether a sub-merchant can have them issued.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};

pub(super) fn check_status(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let sub_mchid = &parameters["path"]["sub_mchid"];
    let sub_merchant = business.sub_merchant(sub_mchid.as_str().unwrap_or_default());
    // A stranger and a sub-merchant that has not authorised the service provider look the same from outside.
    let fapiao = sub_merchant
        .map(|sub_merchant| &sub_merchant.fapiao)
        .filter(|fapiao| fapiao.authorized)
        .ok_or_else(|| Refusal::new(403, "NO_AUTH", "商户无权限"))?;
    if fapiao.frequency_limited {
        return Err(Refusal::new(429, "FREQUENCY_LIMITED", "频率超限"));
    }
    let mut body = json!({"sub_mchid": sub_mchid});
    for (name, mode) in [("third_mode", &fapiao.third_mode), ("digital_tax_mode", &fapiao.digital_tax_mode)] {
        if let Some(mode) = mode {
            body[name] = mode.clone();
        }
    }
    Ok(Answer::json(StatusCode::OK, &body))
}
