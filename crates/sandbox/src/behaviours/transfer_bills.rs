//! Transfers to users' change: a bill is created, found again and cancelled; its user confirms it by `POST /settle`.

use hyper::StatusCode;
use serde_json::{Value, json};

use crate::business::Business;
use crate::notify::beijing_time;
use crate::pending::{Pending, Work};
use crate::platform::answer::{Answer, Refusal};
use crate::transfers::{CONFIRMED_WITHIN, bill_notice};

const WAITING: &str = "WAIT_USER_CONFIRM";
const CANCELLED: &str = "CANCELLED";

/// The same number with the same content is the same bill; with another one it is refused.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    const SAME: [&str; 5] = ["appid", "openid", "user_name", "transfer_amount", "transfer_remark"];
    let body = &parameters["body"];
    let now = beijing_time(business.now());
    let due = business.now().saturating_add(CONFIRMED_WITHIN);
    let bills = &mut business.state.transfer_bills;
    let number = body["out_bill_no"].as_str().unwrap_or_default();
    let made = bills.len() + 1;
    let new = !bills.contains_key(number);
    let bill = bills.entry(number.to_owned()).or_insert_with(|| {
        let mut bill = json!({
            "mch_id": parameters["merchant"]["mchid"],
            "out_bill_no": number,
            "transfer_bill_no": format!("133000007110099999118{made:019}"),
            "state": WAITING,
            "create_time": now,
            "update_time": now,
        });
        for name in SAME {
            if let Some(value) = body.get(name) {
                bill[name] = value.clone();
            }
        }
        bill
    });
    if SAME.iter().any(|name| bill[*name] != body[*name]) {
        return Err(Refusal::new(400, "ALREADY_EXISTS", "商户单号已存在,且单据信息与本次请求不一致"));
    }
    let reply = json!({
        "out_bill_no": bill["out_bill_no"],
        "transfer_bill_no": bill["transfer_bill_no"],
        "create_time": bill["create_time"],
        "state": bill["state"],
        "package_info": format!("affffddafdfafddffda=={number}"),
    });
    if new {
        business.schedule.add(Pending {
            work: Work::Bill,
            id: number.to_owned(),
            number: number.to_owned(),
            due,
            outcome: "FAIL",
            notify_url: body["notify_url"].as_str().unwrap_or_default().to_owned(),
        });
    }
    Ok(Answer::json(StatusCode::OK, &reply))
}

pub(super) fn get_by_out_bill_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    bill(business, parameters, "out_bill_no").map(|bill| Answer::json(StatusCode::OK, bill))
}

pub(super) fn get_by_transfer_bill_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    bill(business, parameters, "transfer_bill_no").map(|bill| Answer::json(StatusCode::OK, bill))
}

/// A bill that the user has not confirmed yet; cancelling it again changes nothing.
pub(super) fn cancel_by_out_bill_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let now = beijing_time(business.now());
    let bill = bill(business, parameters, "out_bill_no")?;
    let cancels = bill["state"] == WAITING;
    match bill["state"].as_str() {
        Some(WAITING) => (bill["state"], bill["update_time"]) = (json!(CANCELLED), json!(now)),
        Some(CANCELLED) => {}
        _ => return Err(Refusal::new(400, "INVALID_REQUEST", "当前单据状态不支持撤销")),
    }
    let reply = json!({
        "out_bill_no": bill["out_bill_no"],
        "transfer_bill_no": bill["transfer_bill_no"],
        "state": bill["state"],
        "update_time": bill["update_time"],
    });
    let bill = bill.clone();
    let number = bill["out_bill_no"].as_str().unwrap_or_default();
    if cancels && let Some(pending) = business.schedule.remove(Work::Bill, number) {
        business.schedule.tell(bill_notice(&bill, &pending.notify_url));
    }
    Ok(Answer::json(StatusCode::OK, &reply))
}

/// The caller's own bill whose member of this name is the path parameter of this name.
fn bill<'a>(business: &'a mut Business, parameters: &Value, name: &str) -> Result<&'a mut Value, Refusal> {
    let (wanted, mchid) = (&parameters["path"][name], &parameters["merchant"]["mchid"]);
    let mut bills = business.state.transfer_bills.values_mut();
    bills
        .find(|bill| bill[name] == *wanted && bill["mch_id"] == *mchid)
        .ok_or_else(|| Refusal::new(404, "NOT_FOUND", "记录不存在"))
}
