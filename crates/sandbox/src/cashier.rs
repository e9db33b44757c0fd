//! The payer's side: WeChat opens the cashier with a record that the merchant signed, and somebody pays.
//!
//! Written after the documents of the three front ends and not after a client: what is signed is put together here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::orders::{Order, TradeState};
use crate::owner::Owner;
use crate::pending::Notice;
use crate::platform::Platform;
use crate::settle::send;

/// Seconds that a prepay id lives. Documented: two hours.
const PREPAY_ID_LIVES: i64 = 2 * 60 * 60;

/// The body of `POST /cashier`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opening {
    record: Value,
}

/// What JSAPI and mini programs hand over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Jsapi {
    app_id: String,
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
}

/// What an app hands over.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    appid: String,
    partnerid: String,
    prepayid: String,
    package: String,
    noncestr: String,
    timestamp: String,
    sign: String,
}

/// A record of either kind, in one form.
struct Signed {
    trade_type: &'static str,
    appid: String,
    partnerid: Option<String>,
    timestamp: String,
    prepay_id: String,
    message: String,
    signature: String,
}

/// The body of `POST /orders/pay`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    out_trade_no: String,
    /// The sandbox's merchant, where it is left out.
    mchid: Option<String>,
    /// Of a service provider's order.
    sub_mchid: Option<String>,
    /// Who pays, where the prepay named nobody.
    #[serde(default = "somebody")]
    openid: String,
}

fn somebody() -> String {
    "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned()
}

/// Opens the cashier, as the payer's WeChat does: `{"out_trade_no", "description", "total", "currency"}` of the order.
pub(crate) fn open(opening: &Opening, platform: &Platform) -> Result<Value, String> {
    let signed = read(&opening.record)?;
    let now = platform.business().now();
    let found = {
        let business = platform.business();
        let found = business.orders.prepaid_as(&signed.prepay_id);
        found.map(|(owner, order)| (owner.clone(), order.clone()))
    };
    let (owner, order) = found.ok_or("there is no order with this prepay id")?;
    check_order(&signed, &owner, &order, now)?;
    let timestamp: i64 = signed.timestamp.parse().map_err(|_| "the timestamp is not a text of Unix seconds")?;
    if signed.timestamp.len() != 10 || timestamp.abs_diff(clock::now()) > 300 {
        return Err("the timestamp is not of this moment".to_owned());
    }
    let signature = STANDARD.decode(&signed.signature).map_err(|_| "the signature is not base64")?;
    if !platform.merchants().signed_by(&owner.mchid, signed.message.as_bytes(), &signature) {
        return Err("支付验证签名失败: the signature does not hold".to_owned());
    }
    let Order { request, .. } = &order;
    let currency = request["amount"].get("currency").cloned().unwrap_or_else(|| json!("CNY"));
    Ok(json!({
        "out_trade_no": request["out_trade_no"],
        "description": request["description"],
        "total": request["amount"]["total"],
        "currency": currency,
    }))
}

fn read(record: &Value) -> Result<Signed, String> {
    if record.get("appId").is_some() {
        let Jsapi { app_id, time_stamp, nonce_str, package, sign_type, pay_sign } =
            serde_json::from_value(record.clone()).map_err(|error| format!("record: {error}"))?;
        if sign_type != "RSA" {
            return Err("signType must be RSA".to_owned());
        }
        let prepay_id = package.strip_prefix("prepay_id=").ok_or("package must be prepay_id=…")?.to_owned();
        let message = format!("{app_id}\n{time_stamp}\n{nonce_str}\n{package}\n");
        return Ok(Signed {
            trade_type: "JSAPI",
            appid: app_id,
            partnerid: None,
            timestamp: time_stamp,
            prepay_id,
            message,
            signature: pay_sign,
        });
    }
    let App { appid, partnerid, prepayid, package, noncestr, timestamp, sign } =
        serde_json::from_value(record.clone()).map_err(|error| format!("record: {error}"))?;
    if package != "Sign=WXPay" {
        return Err("package must be Sign=WXPay".to_owned());
    }
    let message = format!("{appid}\n{timestamp}\n{noncestr}\n{prepayid}\n");
    Ok(Signed {
        trade_type: "APP",
        appid,
        partnerid: Some(partnerid),
        timestamp,
        prepay_id: prepayid,
        message,
        signature: sign,
    })
}

fn check_order(signed: &Signed, owner: &Owner, order: &Order, now: i64) -> Result<(), String> {
    let of_order = |names: &[&str], text: &str| names.iter().any(|name| order.request[*name] == text);
    if order.trade_type != signed.trade_type {
        return Err(format!("this is a prepay id of {}, not of {}", order.trade_type, signed.trade_type));
    }
    if !of_order(&["appid", "sp_appid", "sub_appid"], &signed.appid) {
        return Err("appid is not the one that the prepay named".to_owned());
    }
    if signed.partnerid.as_deref().is_some_and(|id| id != owner.mchid && Some(id) != owner.sub_mchid.as_deref()) {
        return Err("partnerid is not the merchant that the prepay named".to_owned());
    }
    if now.saturating_sub(order.created) > PREPAY_ID_LIVES {
        return Err("the prepay id is older than two hours".to_owned());
    }
    not_ended(order, now)
}

fn not_ended(order: &Order, now: i64) -> Result<(), String> {
    match order.state(now) {
        TradeState::NotPay => Ok(()),
        state => Err(format!("the order is {} already", state.as_str())),
    }
}

/// Pays an order and notifies its merchant: `{"order", "notification": {"id", "headers", "body", "answer"}}`.
pub(crate) async fn pay(payment: Payment, platform: &Platform) -> Result<Value, String> {
    let Payment { out_trade_no, mchid, sub_mchid, openid } = payment;
    let owner = Owner { mchid: mchid.unwrap_or_else(|| platform.identity.mchid.clone()), sub_mchid };
    let (shown, transaction, notify_url) = {
        let mut business = platform.business();
        let now = business.now();
        let order = business.orders.get_mut(&owner, &out_trade_no).ok_or("there is no such order")?;
        not_ended(order, now)?;
        order.pay(&openid, now);
        (order.shown(now), order.transaction(now), order.notify_url().to_owned())
    };
    let notice = Notice {
        event_type: "TRANSACTION.SUCCESS",
        original_type: "transaction",
        summary: "支付成功",
        resource: transaction,
        url: notify_url,
    };
    Ok(json!({"order": shown, "notification": send(platform, notice).await?}))
}
