//! Profit sharing: who may receive, what was shared of which payment, and what was given back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::business::Business;
use crate::notify::beijing_time;
use crate::orders::Order;
use crate::owner::Owner;
use crate::pending::{Notice, Pending, TAKES, Work};
use crate::random;

/// What a time says that has not come yet. An assumption: the documents only say that it is there.
const NOT_YET: &str = "1970-01-01T08:00:00+08:00";

#[derive(Default)]
pub(crate) struct Sharing {
    /// `(owner, type, account)`
    pub(crate) receivers: BTreeSet<(Owner, String, String)>,
    orders: BTreeMap<(Owner, String), Shared>,
    returns: BTreeMap<(Owner, String), Returned>,
}

/// One request to share, or to release what is left.
pub(crate) struct Shared {
    pub(crate) request: Value,
    /// As the query shows it.
    pub(crate) shown: Value,
    /// Whose money it is; who is a receiver under this number gets back its own.
    payee: String,
}

/// One request to give back.
pub(crate) struct Returned {
    pub(crate) request: Value,
    pub(crate) shown: Value,
}

impl Sharing {
    pub(crate) fn order(&self, owner: &Owner, out_order_no: &str) -> Option<&Shared> {
        self.orders.get(&(owner.clone(), out_order_no.to_owned()))
    }

    pub(crate) fn order_by_id(&self, owner: &Owner, order_id: &str) -> Option<&Shared> {
        let of_owner = self.orders.iter().filter(|((other, _), _)| other == owner);
        of_owner.map(|(_, order)| order).find(|order| order.shown["order_id"] == order_id)
    }

    pub(crate) fn returned(&self, owner: &Owner, out_return_no: &str) -> Option<&Returned> {
        self.returns.get(&(owner.clone(), out_return_no.to_owned()))
    }

    /// The receivers of a payment who have got something, or are about to, and whose money it was.
    fn shares<'a>(&'a self, transaction_id: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let of_it = self.orders.values().filter(move |order| order.shown["transaction_id"] == transaction_id);
        let receivers = of_it.flat_map(|order| {
            let receivers = order.shown["receivers"].as_array().into_iter().flatten();
            receivers.map(|receiver| (order.payee.as_str(), receiver))
        });
        receivers.filter(|(_, receiver)| receiver["result"] != "CLOSED")
    }

    /// What of a payment is shared or released already.
    pub(crate) fn taken(&self, transaction_id: &str) -> i64 {
        self.shares(transaction_id).map(|(_, receiver)| cents(&receiver["amount"])).sum()
    }

    /// What of a payment others have now.
    pub(crate) fn gone(&self, owner: &Owner, transaction_id: &str) -> i64 {
        let others = self.shares(transaction_id).filter(|(payee, receiver)| receiver["account"] != *payee);
        let given: i64 = others.map(|(_, receiver)| cents(&receiver["amount"])).sum();
        let of_it = self
            .orders
            .iter()
            .filter(|((other, _), order)| other == owner && order.shown["transaction_id"] == transaction_id);
        let back: i64 = of_it.map(|(_, order)| self.given_back(owner, order, None, &["SUCCESS"])).sum();
        given - back
    }

    /// What receivers of this order, or one of them, have given back with one of these results.
    fn given_back(&self, owner: &Owner, order: &Shared, account: Option<&str>, results: &[&str]) -> i64 {
        let of_it = self.returns.iter().filter(|((other, _), returned)| {
            other == owner
                && returned.shown["order_id"] == order.shown["order_id"]
                && account.is_none_or(|account| returned.shown["return_mchid"] == account)
                && results.iter().any(|result| returned.shown["result"] == *result)
        });
        of_it.map(|(_, returned)| cents(&returned.shown["amount"])).sum()
    }

    /// What this merchant can still give back of what it got by the order.
    pub(crate) fn returnable(&self, owner: &Owner, order: &Shared, mchid: &str) -> i64 {
        let receivers = order.shown["receivers"].as_array().into_iter().flatten();
        let got = receivers.filter(|receiver| {
            receiver["type"] == "MERCHANT_ID" && receiver["account"] == mchid && receiver["result"] == "SUCCESS"
        });
        let got: i64 = got.map(|receiver| cents(&receiver["amount"])).sum();
        got - self.given_back(owner, order, Some(mchid), &["SUCCESS", "PROCESSING"])
    }
}

impl Business {
    /// What of a payment is still kept for sharing.
    pub(crate) fn unsplit(&self, order: &Order) -> i64 {
        let transaction_id = order.transaction_id();
        (order.total() - self.refunds.total(transaction_id) - self.sharing.taken(transaction_id)).max(0)
    }

    /// Takes a request to share on.
    pub(crate) fn share(&mut self, owner: &Owner, order: &Order, request: &Value, receivers: Vec<Value>) -> Value {
        let now = self.now();
        let order_id = format!("30084507{}", random::digits(20));
        let receivers: Vec<Value> = receivers.into_iter().map(|receiver| json!({
            "amount": receiver["amount"], "description": receiver["description"], "type": receiver["type"],
            "account": receiver["account"], "result": "PENDING", "detail_id": format!("36011{}", random::digits(23)),
            "create_time": beijing_time(now), "finish_time": NOT_YET,
        })).collect();
        let out_order_no = request["out_order_no"].as_str().unwrap_or_default().to_owned();
        let mut shown = json!({
            "transaction_id": order.transaction_id(), "out_order_no": out_order_no, "order_id": order_id,
            "state": "PROCESSING", "receivers": receivers,
        });
        if let Some(sub_mchid) = &owner.sub_mchid {
            shown["sub_mchid"] = json!(sub_mchid);
        }
        let shared = Shared { request: request.clone(), shown: shown.clone(), payee: owner.payee().to_owned() };
        self.sharing.orders.insert((owner.clone(), out_order_no.clone()), shared);
        self.schedule.add(pending(Work::Sharing, order_id, out_order_no, now));
        shown
    }

    /// Takes a request to give back on.
    pub(crate) fn give_back(
        &mut self,
        owner: &Owner,
        order_id: &Value,
        out_order_no: &Value,
        request: &Value,
    ) -> Value {
        let now = self.now();
        let return_id = format!("30092800{}", random::digits(20));
        let out_return_no = request["out_return_no"].as_str().unwrap_or_default().to_owned();
        let mut shown = json!({
            "order_id": order_id, "out_order_no": out_order_no, "out_return_no": out_return_no,
            "return_id": return_id, "return_mchid": request["return_mchid"], "amount": request["amount"],
            "description": request["description"], "result": "PROCESSING", "create_time": beijing_time(now),
            "finish_time": NOT_YET,
        });
        if let Some(sub_mchid) = &owner.sub_mchid {
            shown["sub_mchid"] = json!(sub_mchid);
        }
        let returned = Returned { request: request.clone(), shown: shown.clone() };
        self.sharing.returns.insert((owner.clone(), out_return_no.clone()), returned);
        self.schedule.add(pending(Work::Return, return_id, out_return_no, now));
        shown
    }
}

/// Nobody is told by a URL of the request: receivers name theirs to the platform in words.
fn pending(work: Work, id: String, number: String, now: i64) -> Pending {
    Pending { work, id, number, due: now.saturating_add(TAKES), outcome: "SUCCESS", notify_url: String::new() }
}

/// Ends one as `SUCCESS`, or `CLOSED`: nobody has got anything, and the money is there to be shared again.
pub(crate) fn end(business: &mut Business, pending: &Pending, outcome: &str) -> Option<Vec<Notice>> {
    let time = beijing_time(business.now());
    let result = ["SUCCESS", "CLOSED"].into_iter().find(|result| *result == outcome)?;
    let mut orders = business.sharing.orders.iter_mut();
    let ((owner, _), order) = orders.find(|(_, order)| order.shown["order_id"] == pending.id.as_str())?;
    order.shown["state"] = json!("FINISHED");
    for receiver in order.shown["receivers"].as_array_mut().into_iter().flatten() {
        (receiver["result"], receiver["finish_time"]) = (json!(result), json!(time));
        if result == "CLOSED" {
            receiver["fail_reason"] = json!("ACCOUNT_ABNORMAL");
        }
    }
    let shown = &order.shown;
    let receivers = shown["receivers"].as_array().into_iter().flatten();
    let got =
        receivers.filter(|receiver| receiver["result"] == "SUCCESS" && receiver["account"] != order.payee.as_str());
    let notices = got.map(|receiver| {
        notice(
            "PROFITSHARING.SUCCESS",
            "分账",
            owner,
            shown,
            json!({
                "type": receiver["type"], "account": receiver["account"], "amount": receiver["amount"],
                "description": receiver["description"],
            }),
            &time,
        )
    });
    Some(notices.collect())
}

/// Ends one as `SUCCESS`, or `FAILED`: the merchant has too little money.
pub(crate) fn end_return(business: &mut Business, pending: &Pending, outcome: &str) -> Option<Vec<Notice>> {
    let time = beijing_time(business.now());
    let result = ["SUCCESS", "FAILED"].into_iter().find(|result| *result == outcome)?;
    let Sharing { orders, returns, .. } = &mut business.sharing;
    let mut all = returns.iter_mut();
    let ((owner, _), returned) = all.find(|(_, returned)| returned.shown["return_id"] == pending.id.as_str())?;
    (returned.shown["result"], returned.shown["finish_time"]) = (json!(result), json!(time));
    if result == "FAILED" {
        returned.shown["fail_reason"] = json!("BALANCE_NOT_ENOUGH");
        return Some(Vec::new());
    }
    let order = orders.values().find(|order| order.shown["order_id"] == returned.shown["order_id"])?;
    let receiver = json!({
        "type": "MERCHANT_ID", "account": returned.shown["return_mchid"], "amount": returned.shown["amount"],
        "description": returned.shown["description"],
    });
    Some(vec![notice("PROFITSHARING.RETURN", "分账回退", owner, &order.shown, receiver, &time)])
}

fn notice(
    event_type: &'static str,
    summary: &'static str,
    owner: &Owner,
    shown: &Value,
    receiver: Value,
    time: &str,
) -> Notice {
    let mut resource = owner.named();
    for name in ["transaction_id", "order_id", "out_order_no"] {
        resource.insert(name.to_owned(), shown[name].clone());
    }
    resource.insert("receiver".to_owned(), receiver);
    resource.insert("success_time".to_owned(), json!(time));
    let resource = resource.into();
    Notice { event_type, original_type: "profitsharing", summary, resource, url: String::new() }
}

pub(crate) fn cents(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}
