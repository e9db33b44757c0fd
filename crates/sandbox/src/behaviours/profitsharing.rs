//! Profit sharing: receivers, sharing, releasing what is left, and giving back.
//!
//! `NOT_ENOUGH`, `INVALID_REQUEST` and `RESOURCE_NOT_EXISTS` stand in the error tables with these statuses. The greatest
//! share that a merchant has agreed on with the platform is not looked at.

use std::collections::BTreeMap;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{caller, invalid_request, path, wrong};
use crate::business::Business;
use crate::orders::{Order, TradeState};
use crate::owner::Owner;
use crate::platform::answer::{Answer, Refusal};
use crate::sharing::cents;

pub(super) fn add_receiver(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    if body["relation_type"] == "CUSTOM" && body.get("custom_relation").is_none() {
        return Err(wrong("/body/custom_relation", None, "is required with CUSTOM"));
    }
    business.sharing.receivers.insert(receiver(&owner, body));
    Ok(echo(body, &["sub_mchid", "type", "account", "name", "relation_type", "custom_relation"]))
}

/// Taking away what is not there changes nothing.
pub(super) fn delete_receiver(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    business.sharing.receivers.remove(&receiver(&owner, body));
    Ok(echo(body, &["sub_mchid", "type", "account"]))
}

/// The same `out_order_no` with the same parameters is the same request.
pub(super) fn create(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    if let Some(shown) = made_before(business, &owner, body)? {
        return Ok(shown);
    }
    let order = order(business, &owner, body)?;
    let mut receivers = body["receivers"].as_array().cloned().unwrap_or_default();
    if receivers.is_empty() {
        return Err(wrong("/body/receivers", None, "at least one receiver is required"));
    }
    for (at, one) in receivers.iter().enumerate() {
        if cents(&one["amount"]) < 1 {
            let field = format!("/body/receivers/{at}/amount");
            return Err(wrong(&field, Some(one["amount"].clone()), "is less than 1"));
        }
        // Documented: the merchant whose money it is may be a receiver, too.
        if one["account"] != owner.payee() && !business.sharing.receivers.contains(&receiver(&owner, one)) {
            return Err(invalid_request("分账接收方未添加,请先添加分账接收方"));
        }
    }
    let wanted: i64 = receivers.iter().map(|receiver| cents(&receiver["amount"])).sum();
    let unsplit = business.unsplit(&order);
    if wanted > unsplit {
        return Err(Refusal::new(403, "NOT_ENOUGH", "分账金额不足"));
    }
    if body["unfreeze_unsplit"] == true && unsplit > wanted {
        receivers.push(released(&owner, unsplit - wanted, "解冻给分账方"));
    }
    Ok(Answer::json(StatusCode::OK, &business.share(&owner, &order, body, receivers)))
}

pub(super) fn get(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let query = &parameters["query"];
    let owner = caller(parameters, &query["sub_mchid"]);
    let found = business.sharing.order(&owner, path(parameters, "out_order_no"));
    let found = found.filter(|order| order.shown["transaction_id"] == query["transaction_id"]);
    Ok(Answer::json(StatusCode::OK, &found.ok_or_else(not_exist)?.shown))
}

/// What is left of the payment goes to the merchant whose it is.
pub(super) fn unfreeze(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    if let Some(shown) = made_before(business, &owner, body)? {
        return Ok(shown);
    }
    let order = order(business, &owner, body)?;
    let unsplit = business.unsplit(&order);
    if unsplit == 0 {
        return Err(invalid_request("订单没有待解冻的资金"));
    }
    let rest = released(&owner, unsplit, body["description"].as_str().unwrap_or_default());
    Ok(Answer::json(StatusCode::OK, &business.share(&owner, &order, body, vec![rest])))
}

/// The same `out_return_no` with the same parameters is the same request.
pub(super) fn create_return(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let owner = caller(parameters, &body["sub_mchid"]);
    let sharing = &business.sharing;
    let out_return_no = body["out_return_no"].as_str().unwrap_or_default();
    if let Some(returned) = sharing.returned(&owner, out_return_no) {
        if returned.request != *body {
            return Err(invalid_request("商户回退单号已存在,且参数与之前不一致"));
        }
        return Ok(Answer::json(StatusCode::OK, &returned.shown));
    }
    let order = match (body["order_id"].as_str(), body["out_order_no"].as_str()) {
        (Some(order_id), _) => sharing.order_by_id(&owner, order_id),
        (None, Some(out_order_no)) => sharing.order(&owner, out_order_no),
        (None, None) => return Err(wrong("/body/order_id", None, "order_id or out_order_no is required")),
    };
    let order = order.ok_or_else(|| invalid_request("原分账单不存在"))?;
    if cents(&body["amount"]) < 1 {
        return Err(wrong("/body/amount", Some(body["amount"].clone()), "is less than 1"));
    }
    let mchid = body["return_mchid"].as_str().unwrap_or_default();
    if cents(&body["amount"]) > sharing.returnable(&owner, order, mchid) {
        return Err(invalid_request("回退金额超过该接收方可回退的金额"));
    }
    let (order_id, out_order_no) = (order.shown["order_id"].clone(), order.shown["out_order_no"].clone());
    Ok(Answer::json(StatusCode::OK, &business.give_back(&owner, &order_id, &out_order_no, body)))
}

pub(super) fn get_return(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let query = &parameters["query"];
    let owner = caller(parameters, &query["sub_mchid"]);
    let found = business.sharing.returned(&owner, path(parameters, "out_return_no"));
    let found = found.filter(|returned| returned.shown["out_order_no"] == query["out_order_no"]);
    Ok(Answer::json(StatusCode::OK, &found.ok_or_else(not_exist)?.shown))
}

/// Documented: other merchants' payments and such as are not to be shared are `INVALID_REQUEST`.
pub(super) fn amounts(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let transaction_id = path(parameters, "transaction_id");
    let mchid = parameters["merchant"]["mchid"].as_str().unwrap_or_default();
    let order = business.orders.paid_to(mchid, transaction_id);
    let order = order.ok_or_else(|| invalid_request("非本商户的订单不支持查询"))?;
    if !order.shares_profit() {
        return Err(invalid_request("非分账订单不支持此查询"));
    }
    let reply = json!({"transaction_id": transaction_id, "unsplit_amount": business.unsplit(order)});
    Ok(Answer::json(StatusCode::OK, &reply))
}

/// What the same number has made already, if it was asked for with the same parameters.
fn made_before(business: &Business, owner: &Owner, body: &Value) -> Result<Option<Answer>, Refusal> {
    match business.sharing.order(owner, body["out_order_no"].as_str().unwrap_or_default()) {
        None => Ok(None),
        Some(order) if order.request == *body => Ok(Some(Answer::json(StatusCode::OK, &order.shown))),
        Some(_) => Err(invalid_request("商户分账单号已存在,且参数与之前不一致")),
    }
}

/// The payment that is to be shared.
fn order(business: &Business, owner: &Owner, body: &Value) -> Result<Order, Refusal> {
    let transaction_id = body["transaction_id"].as_str().unwrap_or_default();
    let order = business.orders.paid_as(owner, transaction_id);
    let order = order.ok_or_else(|| invalid_request("订单不存在或不属于该商户"))?;
    if !order.shares_profit() {
        return Err(invalid_request("非分账订单不支持分账"));
    }
    match order.state(business.now()) {
        TradeState::Success | TradeState::Refund => Ok(order.clone()),
        _ => Err(invalid_request("订单状态不支持分账")),
    }
}

fn receiver(owner: &Owner, named: &Value) -> (Owner, String, String) {
    let text = |name: &str| named[name].as_str().unwrap_or_default().to_owned();
    (owner.clone(), text("type"), text("account"))
}

fn released(owner: &Owner, amount: i64, description: &str) -> Value {
    json!({"type": "MERCHANT_ID", "account": owner.payee(), "amount": amount, "description": description})
}

fn echo(body: &Value, names: &[&str]) -> Answer {
    let given = names.iter().filter_map(|name| Some((*name, body.get(*name)?)));
    Answer::json(StatusCode::OK, &json!(given.collect::<BTreeMap<_, _>>()))
}

fn not_exist() -> Refusal {
    Refusal::new(404, "RESOURCE_NOT_EXISTS", "记录不存在")
}
