//! Prepay, query, close and reverse, for merchants and service providers, after the documents of these operations.
//!
//! `OUT_TRADE_NO_USED`, `ORDER_CLOSED`, `ORDER_NOT_EXIST`, `MCH_NOT_EXISTS` and `NO_AUTH` stand in their error tables with
//! these statuses. What no document says is an assumption, and marked as one.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{invalid_request, path, wrong};
use crate::business::Business;
use crate::orders::{Order, TradeState};
use crate::owner::Owner;
use crate::platform::answer::{Answer, Refusal};

pub(super) fn jsapi(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    // A service provider names the payer in its own app, in the sub-merchant's, or in both; documented in words only.
    if body.get("sp_mchid").is_some() {
        let named = |name: &str| body["payer"].get(name).is_some();
        if !named("sp_openid") && !named("sub_openid") {
            return Err(wrong("/body/payer/sp_openid", None, "sp_openid or sub_openid is required"));
        }
        if named("sub_openid") && body.get("sub_appid").is_none() {
            return Err(wrong("/body/sub_appid", None, "sub_appid is required with sub_openid"));
        }
    }
    prepay(business, parameters, "JSAPI").map(|order| reply("prepay_id", &order.prepay_id))
}

pub(super) fn app(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    prepay(business, parameters, "APP").map(|order| reply("prepay_id", &order.prepay_id))
}

pub(super) fn native(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let order = prepay(business, parameters, "NATIVE")?;
    Ok(reply("code_url", &format!("weixin://wxpay/bizpayurl?pr={}", &order.prepay_id[27..])))
}

pub(super) fn h5(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let order = prepay(business, parameters, "MWEB")?;
    let cashier = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb";
    Ok(reply("h5_url", &format!("{cashier}?prepay_id={}&package={}", order.prepay_id, &order.prepay_id[27..])))
}

/// The order of these parameters, new or, where it is the same and still open, the one that there is. That the same
/// parameters give the same prepay id is an assumption, and so is `ORDERPAID`, which only the older interface documents.
fn prepay<'a>(business: &'a mut Business, parameters: &Value, trade_type: &'static str) -> Result<&'a Order, Refusal> {
    let body = &parameters["body"];
    let (now, owner) = (business.now(), owner(body, parameters)?);
    if let Some(sub_mchid) = &owner.sub_mchid {
        let known = business.sub_merchant(sub_mchid).is_some();
        known.then_some(()).ok_or_else(|| Refusal::new(400, "MCH_NOT_EXISTS", "商户号不存在"))?;
    }
    // Documented: an amount is at least one cent.
    if body["amount"]["total"].as_i64().is_none_or(|total| total < 1) {
        let value = Some(body["amount"]["total"].clone());
        return Err(wrong("/body/amount/total", value, "is less than 1"));
    }
    let out_trade_no = body["out_trade_no"].as_str().unwrap_or_default();
    if let Some(order) = business.orders.get(&owner, out_trade_no) {
        match order.state(now) {
            TradeState::NotPay if order.request == *body && order.trade_type == trade_type => {}
            TradeState::NotPay => return Err(Refusal::new(403, "OUT_TRADE_NO_USED", "商户订单号重复")),
            state => return Err(ended(state)),
        }
    }
    Ok(business.orders.add(owner, Order::new(body.clone(), trade_type, now)))
}

pub(super) fn get_by_out_trade_no(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let owner = owner(&parameters["query"], parameters)?;
    let order = business.orders.get(&owner, path(parameters, "out_trade_no")).ok_or_else(not_exist)?;
    Ok(Answer::json(StatusCode::OK, &order.shown(business.now())))
}

/// An order has such a number from its payment on.
pub(super) fn get_by_id(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let owner = owner(&parameters["query"], parameters)?;
    let order = business.orders.paid_as(&owner, path(parameters, "transaction_id")).ok_or_else(not_exist)?;
    Ok(Answer::json(StatusCode::OK, &order.shown(business.now())))
}

pub(super) fn close(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let (now, owner) = (business.now(), owner(&parameters["body"], parameters)?);
    let order = business.orders.get_mut(&owner, path(parameters, "out_trade_no")).ok_or_else(not_exist)?;
    match order.state(now) {
        TradeState::NotPay => order.set_state(TradeState::Closed),
        state => return Err(ended(state)),
    }
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// Documented: an order that is not paid is closed, a payment goes back. Reversing twice is an assumption: it stays so.
pub(super) fn reverse(business: &mut Business, parameters: &Value) -> Result<Answer, Refusal> {
    let body = &parameters["body"];
    let (now, owner) = (business.now(), owner(body, parameters)?);
    let order = business.orders.get_mut(&owner, path(parameters, "out_trade_no")).ok_or_else(not_exist)?;
    match order.state(now) {
        TradeState::NotPay => order.set_state(TradeState::Closed),
        TradeState::Success => order.set_state(TradeState::Revoked),
        TradeState::Closed | TradeState::Revoked => {}
        TradeState::Refund => return Err(invalid_request("订单发生过退款,不支持撤销")),
    }
    let mut echo = body.clone();
    echo["out_trade_no"] = json!(order.out_trade_no());
    Ok(Answer::json(StatusCode::OK, &echo))
}

/// Whose order it is, who must be the one that signed. The code for another's order is an assumption.
fn owner(place: &Value, parameters: &Value) -> Result<Owner, Refusal> {
    let owner = Owner::named_in(place);
    if parameters["merchant"]["mchid"] == owner.mchid.as_str() {
        Ok(owner)
    } else {
        Err(Refusal::new(403, "NO_AUTH", "请求中的商户号与签名的商户号不一致"))
    }
}

fn ended(state: TradeState) -> Refusal {
    match state {
        TradeState::Success | TradeState::Refund => Refusal::new(400, "ORDERPAID", "该订单已支付"),
        _ => Refusal::new(400, "ORDER_CLOSED", "订单已关闭"),
    }
}

fn not_exist() -> Refusal {
    Refusal::new(404, "ORDER_NOT_EXIST", "订单不存在")
}

fn reply(name: &str, value: &str) -> Answer {
    Answer::json(StatusCode::OK, &json!({ name: value }))
}
