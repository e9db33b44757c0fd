//! Refunds: applied for, asked for, and helped out where the payer's account does not take them.
//!
//! `RESOURCE_NOT_EXISTS`, `NOT_ENOUGH` and `INVALID_REQUEST` stand in the error tables with these statuses; which of them
//! is for which case is an assumption where the tables only say 业务规则.

use hyper::StatusCode;
use serde_json::Value;

use super::{caller, invalid_request, path, wrong};
use crate::business::Business;
use crate::orders::TradeState;
use crate::owner::Owner;
use crate::platform::answer::{Answer, Refusal};
use crate::refunds;

/// The same `out_refund_no` with the same parameters is the same refund.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    let out_refund_no = body["out_refund_no"].as_str().unwrap_or_default();
    if let Some(refund) = business.refunds.get(&owner, out_refund_no) {
        if refund.request != *body {
            return Err(invalid_request("订单金额或退款金额与之前请求不一致,请核实后再试"));
        }
        return Ok(Answer::json(StatusCode::OK, &refund.shown()));
    }
    let order = match (body["transaction_id"].as_str(), body["out_trade_no"].as_str()) {
        (Some(transaction_id), _) => business.orders.paid_as(&owner, transaction_id),
        (None, Some(out_trade_no)) => business.orders.get(&owner, out_trade_no),
        (None, None) => {
            return Err(wrong("/body/transaction_id", None, "transaction_id or out_trade_no is required"));
        }
    };
    let order = order.cloned().ok_or_else(|| Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在"))?;
    match order.state(business.now()) {
        TradeState::Success | TradeState::Refund => {}
        _ => return Err(invalid_request("订单状态不支持退款,请确认订单已支付")),
    }
    let amount = |name: &str| body["amount"][name].as_i64().unwrap_or_default();
    if amount("refund") < 1 {
        let value = Some(body["amount"]["refund"].clone());
        return Err(wrong("/body/amount/refund", value, "is less than 1"));
    }
    if amount("total") != order.total() {
        return Err(invalid_request("订单金额或退款金额与之前请求不一致,请核实后再试"));
    }
    let left = order.total() - business.refunds.total(order.transaction_id());
    if amount("refund") > left {
        return Err(invalid_request("申请退款金额大于订单剩余可退金额"));
    }
    if amount("refund") > left - business.sharing.gone(&owner, order.transaction_id()) {
        return Err(Refusal::new(403, "NOT_ENOUGH", "可用余额不足,请先发起分账回退"));
    }
    Ok(Answer::json(StatusCode::OK, &refunds::begin(business, &owner, &order, body)))
}

pub(super) fn get(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let owner = caller(parameters, &parameters["query"]["sub_mchid"]);
    let refund = business.refunds.get(&owner, path(parameters, "out_refund_no")).ok_or_else(not_exist)?;
    Ok(Answer::json(StatusCode::OK, &refund.shown()))
}

/// The merchant names another account; then the refund goes its way again.
pub(super) fn apply_abnormal(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let now = business.now();
    let body = &parameters["body"];
    let owner: Owner = caller(parameters, &body["sub_mchid"]);
    let refund = business.refunds.find(path(parameters, "refund_id"));
    let refund = refund
        .filter(|refund| refund.owner == owner && body["out_refund_no"] == refund.out_refund_no())
        .ok_or_else(not_exist)?;
    if refund.status != "ABNORMAL" {
        return Err(invalid_request("退款单状态不是退款异常,不支持发起异常退款"));
    }
    refund.status = "PROCESSING";
    let (shown, pending) = (refund.shown(), refund.pending(now));
    business.schedule.add(pending);
    Ok(Answer::json(StatusCode::OK, &shown))
}

fn not_exist() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
}
