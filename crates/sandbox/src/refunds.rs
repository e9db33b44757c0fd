//! Refunds of paid orders.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::business::Business;
use crate::notify::beijing_time;
use crate::orders::{Order, TradeState};
use crate::owner::Owner;
use crate::pending::{Notice, Pending, TAKES, Work};
use crate::random;

/// All refunds, each under whose it is and its `out_refund_no`.
#[derive(Default)]
pub(crate) struct Refunds(BTreeMap<(Owner, String), Refund>);

/// One refund.
pub(crate) struct Refund {
    pub(crate) owner: Owner,
    /// The body of the request.
    pub(crate) request: Value,
    pub(crate) refund_id: String,
    transaction_id: String,
    out_trade_no: String,
    create_time: String,
    success_time: Option<String>,
    pub(crate) status: &'static str,
}

impl Refunds {
    pub(crate) fn get(&self, owner: &Owner, out_refund_no: &str) -> Option<&Refund> {
        self.0.get(&(owner.clone(), out_refund_no.to_owned()))
    }

    pub(crate) fn find(&mut self, refund_id: &str) -> Option<&mut Refund> {
        self.0.values_mut().find(|refund| refund.refund_id == refund_id)
    }

    /// What of this payment has gone back, or is about to.
    pub(crate) fn total(&self, transaction_id: &str) -> i64 {
        let live = |refund: &&Refund| refund.transaction_id == transaction_id && refund.status != "CLOSED";
        self.0.values().filter(live).map(Refund::amount).sum()
    }
}

impl Refund {
    fn amount(&self) -> i64 {
        self.request["amount"]["refund"].as_i64().unwrap_or_default()
    }

    pub(crate) fn out_refund_no(&self) -> &str {
        self.request["out_refund_no"].as_str().unwrap_or_default()
    }

    pub(crate) fn pending(&self, now: i64) -> Pending {
        Pending {
            work: Work::Refund,
            id: self.refund_id.clone(),
            number: self.out_refund_no().to_owned(),
            due: now.saturating_add(TAKES),
            outcome: "SUCCESS",
            notify_url: self.request["notify_url"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// As the query shows it. Money comes from and goes to where it usually does; there are no coupons.
    pub(crate) fn shown(&self) -> Value {
        let (total, refund) = (&self.request["amount"]["total"], &self.request["amount"]["refund"]);
        let mut shown = json!({
            "refund_id": self.refund_id,
            "out_refund_no": self.out_refund_no(),
            "transaction_id": self.transaction_id,
            "out_trade_no": self.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": self.create_time,
            "status": self.status,
            "funds_account": "UNSETTLED",
            "amount": {
                "total": total, "refund": refund, "payer_total": total, "payer_refund": refund,
                "settlement_refund": refund, "settlement_total": total, "discount_refund": 0,
                "currency": self.request["amount"]["currency"],
            },
        });
        if let Some(from) = self.request["amount"].get("from") {
            shown["amount"]["from"] = from.clone();
        }
        if let Some(time) = &self.success_time {
            shown["success_time"] = json!(time);
        }
        shown
    }

    fn notice(&self, url: &str) -> Notice {
        let (total, refund) = (&self.request["amount"]["total"], &self.request["amount"]["refund"]);
        let mut resource = self.owner.named();
        let told = json!({
            "out_trade_no": self.out_trade_no,
            "transaction_id": self.transaction_id,
            "out_refund_no": self.out_refund_no(),
            "refund_id": self.refund_id,
            "refund_status": self.status,
            "user_received_account": "支付用户零钱",
            "amount": {"total": total, "refund": refund, "payer_total": total, "payer_refund": refund},
        });
        resource.extend(told.as_object().cloned().unwrap_or_default());
        if let Some(time) = &self.success_time {
            resource.insert("success_time".to_owned(), json!(time));
        }
        let (event_type, summary) = match self.status {
            "CLOSED" => ("REFUND.CLOSED", "退款关闭"),
            "ABNORMAL" => ("REFUND.ABNORMAL", "退款异常"),
            _ => ("REFUND.SUCCESS", "退款成功"),
        };
        Notice { event_type, original_type: "refund", summary, resource: resource.into(), url: url.to_owned() }
    }
}

/// Takes a refund of a paid order on. The order is one of refunds from now on.
pub(crate) fn begin(business: &mut Business, owner: &Owner, order: &Order, request: &Value) -> Value {
    let now = business.now();
    let refund = Refund {
        owner: owner.clone(),
        request: request.clone(),
        refund_id: format!("5030000{}", random::digits(21)),
        transaction_id: order.transaction_id().to_owned(),
        out_trade_no: order.out_trade_no().to_owned(),
        create_time: beijing_time(now),
        success_time: None,
        status: "PROCESSING",
    };
    if let Some(order) = business.orders.get_mut(owner, order.out_trade_no()) {
        order.set_state(TradeState::Refund);
    }
    business.schedule.add(refund.pending(now));
    let shown = refund.shown();
    business.refunds.0.insert((owner.clone(), refund.out_refund_no().to_owned()), refund);
    shown
}

/// Ends one as `SUCCESS`, `CLOSED` (no money moves) or `ABNORMAL` (the payer's account does not take it).
pub(crate) fn end(business: &mut Business, pending: &Pending, outcome: &str) -> Option<Vec<Notice>> {
    let time = beijing_time(business.now());
    let refund = business.refunds.find(&pending.id)?;
    refund.status = ["SUCCESS", "CLOSED", "ABNORMAL"].into_iter().find(|status| *status == outcome)?;
    refund.success_time = (refund.status == "SUCCESS").then_some(time);
    let notice = refund.notice(&pending.notify_url);
    let (owner, out_trade_no) = (refund.owner.clone(), refund.out_trade_no.clone());
    let transaction_id = refund.transaction_id.clone();
    if business.refunds.total(&transaction_id) == 0
        && let Some(order) = business.orders.get_mut(&owner, &out_trade_no)
    {
        order.set_state(TradeState::Success);
    }
    Some(vec![notice])
}
