//! Orders: what a prepay made, and what became of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::notify::beijing_time;
use crate::owner::Owner;
use crate::random;

/// Seconds that an order stays open where it names no `time_expire`. Documented: seven days.
const OPEN_FOR: i64 = 7 * 24 * 60 * 60;

/// All orders, each under who made it and its `out_trade_no`.
#[derive(Default)]
pub(crate) struct Orders(BTreeMap<(Owner, String), Order>);

/// One order.
#[derive(Clone)]
pub(crate) struct Order {
    /// The body of the prepay.
    pub(crate) request: Value,
    /// `JSAPI`, `APP`, `NATIVE`, `MWEB`.
    pub(crate) trade_type: &'static str,
    pub(crate) prepay_id: String,
    /// Unix seconds of the business clock.
    pub(crate) created: i64,
    state: TradeState,
    payment: Option<Payment>,
}

/// The documented states of an order that the sandbox brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TradeState {
    NotPay,
    Success,
    Closed,
    Revoked,
    Refund,
}

#[derive(Clone)]
struct Payment {
    transaction_id: String,
    success_time: String,
    payer: Value,
}

impl Orders {
    pub(crate) fn add(&mut self, owner: Owner, order: Order) -> &Order {
        let key = (owner, order.out_trade_no().to_owned());
        self.0.entry(key).or_insert(order)
    }

    pub(crate) fn get(&self, owner: &Owner, out_trade_no: &str) -> Option<&Order> {
        self.0.get(&(owner.clone(), out_trade_no.to_owned()))
    }

    pub(crate) fn get_mut(&mut self, owner: &Owner, out_trade_no: &str) -> Option<&mut Order> {
        self.0.get_mut(&(owner.clone(), out_trade_no.to_owned()))
    }

    /// A paid order, by the number that the payment got.
    pub(crate) fn paid_as(&self, owner: &Owner, transaction_id: &str) -> Option<&Order> {
        let paid = |order: &&Order| order.payment.as_ref().is_some_and(|paid| paid.transaction_id == transaction_id);
        self.0.iter().filter(|((other, _), _)| other == owner).map(|(_, order)| order).find(paid)
    }

    /// A paid order of this merchant, or of one that it provides services to.
    pub(crate) fn paid_to(&self, mchid: &str, transaction_id: &str) -> Option<&Order> {
        let of_merchant = self.0.iter().filter(|((owner, _), _)| owner.mchid == mchid).map(|(_, order)| order);
        of_merchant.into_iter().find(|order| !transaction_id.is_empty() && order.transaction_id() == transaction_id)
    }

    pub(crate) fn prepaid_as(&self, prepay_id: &str) -> Option<(&Owner, &Order)> {
        let ((owner, _), order) = self.0.iter().find(|(_, order)| order.prepay_id == prepay_id)?;
        Some((owner, order))
    }

    /// Every order as a query shows it, with its prepay id.
    pub(crate) fn list(&self, now: i64) -> Value {
        let shown = self.0.values().map(|order| {
            let mut shown = order.shown(now);
            shown["prepay_id"] = json!(order.prepay_id);
            shown
        });
        shown.collect()
    }
}

impl Order {
    pub(crate) fn new(request: Value, trade_type: &'static str, now: i64) -> Self {
        let day: String = beijing_time(now).chars().filter(char::is_ascii_digit).take(14).collect();
        let prepay_id = format!("wx{day}{}", random::hex(20).to_ascii_lowercase());
        Self { request, trade_type, prepay_id, created: now, state: TradeState::NotPay, payment: None }
    }

    pub(crate) fn out_trade_no(&self) -> &str {
        self.request["out_trade_no"].as_str().unwrap_or_default()
    }

    /// In cents.
    pub(crate) fn total(&self) -> i64 {
        self.request["amount"]["total"].as_i64().unwrap_or_default()
    }

    /// Whether its money is kept until it has been shared.
    pub(crate) fn shares_profit(&self) -> bool {
        self.request["settle_info"]["profit_sharing"] == true
    }

    /// The number that the payment got; empty before.
    pub(crate) fn transaction_id(&self) -> &str {
        self.payment.as_ref().map_or("", |paid| &paid.transaction_id)
    }

    pub(crate) fn notify_url(&self) -> &str {
        self.request["notify_url"].as_str().unwrap_or_default()
    }

    /// An order that nobody paid in time is closed.
    pub(crate) fn state(&self, now: i64) -> TradeState {
        let expires = self.request["time_expire"].as_str().and_then(|time| OffsetDateTime::parse(time, &Rfc3339).ok());
        let expires = expires.map_or(self.created.saturating_add(OPEN_FOR), OffsetDateTime::unix_timestamp);
        if self.state == TradeState::NotPay && now > expires { TradeState::Closed } else { self.state }
    }

    pub(crate) fn set_state(&mut self, state: TradeState) {
        self.state = state;
    }

    /// Somebody paid it. `payer` stands for the one that the prepay named, where it named none.
    pub(crate) fn pay(&mut self, payer: &str, now: i64) {
        let named = |name: &str| self.request["payer"].get(name).cloned();
        let payer = if self.request.get("sp_mchid").is_some() {
            let mut both = json!({"sp_openid": named("sp_openid").unwrap_or_else(|| json!(payer))});
            if let Some(sub_openid) = named("sub_openid") {
                both["sub_openid"] = sub_openid;
            }
            both
        } else {
            json!({"openid": named("openid").unwrap_or_else(|| json!(payer))})
        };
        self.state = TradeState::Success;
        self.payment = Some(Payment {
            transaction_id: format!("4200{}", random::digits(24)),
            success_time: beijing_time(now),
            payer,
        });
    }

    /// The payment as the notification tells it, in the documented order of fields; of an order that is not paid what
    /// there is.
    pub(crate) fn transaction(&self, now: i64) -> Value {
        let state = self.state(now);
        let mut shown = json!({});
        let copied = |shown: &mut Value, names: &[&str]| {
            for name in names {
                if let Some(value) = self.request.get(*name) {
                    shown[*name] = value.clone();
                }
            }
        };
        copied(&mut shown, &["sp_appid", "sp_mchid", "sub_appid", "sub_mchid", "appid", "mchid", "out_trade_no"]);
        if let Some(paid) = &self.payment {
            shown["transaction_id"] = json!(paid.transaction_id);
            shown["trade_type"] = json!(self.trade_type);
        }
        shown["trade_state"] = json!(state.as_str());
        shown["trade_state_desc"] = json!(state.description());
        let amount = &self.request["amount"];
        let currency = amount.get("currency").cloned().unwrap_or_else(|| json!("CNY"));
        shown["amount"] = json!({"total": amount["total"], "currency": currency});
        if let Some(paid) = &self.payment {
            shown["bank_type"] = json!("OTHERS");
            copied(&mut shown, &["attach"]);
            shown["success_time"] = json!(paid.success_time);
            shown["payer"] = paid.payer.clone();
            shown["amount"]["payer_total"] = amount["total"].clone();
            shown["amount"]["payer_currency"] = currency;
        }
        shown
    }

    /// As a query shows it: the payment, and what the prepay said of the order.
    pub(crate) fn shown(&self, now: i64) -> Value {
        const SAID: [&str; 8] = [
            "description",
            "time_expire",
            "notify_url",
            "goods_tag",
            "limit_pay",
            "support_fapiao",
            "detail",
            "settle_info",
        ];
        let mut shown = self.transaction(now);
        for name in SAID {
            if let Some(value) = self.request.get(name) {
                shown[name] = value.clone();
            }
        }
        shown
    }
}

impl TradeState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotPay => "NOTPAY",
            Self::Success => "SUCCESS",
            Self::Closed => "CLOSED",
            Self::Revoked => "REVOKED",
            Self::Refund => "REFUND",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::NotPay => "订单未支付",
            Self::Success => "支付成功",
            Self::Closed => "订单已关闭",
            Self::Revoked => "订单已撤销",
            Self::Refund => "订单发生过退款,退款详情请查询退款单",
        }
    }
}
