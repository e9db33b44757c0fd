//! Transfers to users' change: how a bill ends, and batches of transfers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::business::Business;
use crate::notify::beijing_time;
use crate::pending::{Notice, Pending, TAKES, Work};
use crate::random;

/// Seconds that a user has for confirming a bill. Documented: 24 hours.
pub(crate) const CONFIRMED_WITHIN: i64 = 24 * 60 * 60;
const WAITING: &str = "WAIT_USER_CONFIRM";

/// Batches, each under its merchant and its `out_batch_no`.
#[derive(Default)]
pub(crate) struct Batches(BTreeMap<(String, String), Batch>);

/// One batch.
pub(crate) struct Batch {
    pub(crate) request: Value,
    /// `transfer_batch`, as the query shows it.
    pub(crate) shown: Value,
    /// Its transfers, as the queries show them.
    pub(crate) details: Vec<Value>,
}

impl Batches {
    pub(crate) fn get(&self, mchid: &str, out_batch_no: &str) -> Option<&Batch> {
        self.0.get(&(mchid.to_owned(), out_batch_no.to_owned()))
    }

    pub(crate) fn get_by_id(&self, mchid: &str, batch_id: &str) -> Option<&Batch> {
        let of_merchant = self.0.iter().filter(|((other, _), _)| other == mchid).map(|(_, batch)| batch);
        of_merchant.into_iter().find(|batch| batch.shown["batch_id"] == batch_id)
    }
}

impl Batch {
    /// Counts what has become of the transfers.
    fn count(&mut self) {
        for (status, name) in [("SUCCESS", "success"), ("FAIL", "fail")] {
            let ended = || self.details.iter().filter(|detail| detail["detail_status"] == status);
            let amount: i64 = ended().filter_map(|detail| detail["transfer_amount"].as_i64()).sum();
            let count = ended().count();
            self.shown[format!("{name}_amount")] = json!(amount);
            self.shown[format!("{name}_num")] = json!(count);
        }
    }
}

/// Takes a batch on.
pub(crate) fn begin(business: &mut Business, mchid: &str, request: &Value) -> Value {
    let now = business.now();
    let time = beijing_time(now);
    let (out_batch_no, batch_id) = (&request["out_batch_no"], format!("13100070{}", random::digits(32)));
    let mut shown = json!({
        "mchid": mchid, "out_batch_no": out_batch_no, "batch_id": batch_id, "appid": request["appid"],
        "batch_status": "ACCEPTED", "batch_type": "API", "batch_name": request["batch_name"],
        "batch_remark": request["batch_remark"], "total_amount": request["total_amount"],
        "total_num": request["total_num"], "create_time": time, "update_time": time,
    });
    if let Some(scene) = request.get("transfer_scene_id") {
        shown["transfer_scene_id"] = scene.clone();
    }
    let details = request["transfer_detail_list"].as_array().into_iter().flatten().map(|detail| {
        json!({
            "mchid": mchid, "out_batch_no": out_batch_no, "batch_id": batch_id, "appid": request["appid"],
            "out_detail_no": detail["out_detail_no"], "detail_id": format!("10400070{}", random::digits(32)),
            "detail_status": "PROCESSING", "transfer_amount": detail["transfer_amount"],
            "transfer_remark": detail["transfer_remark"], "openid": detail["openid"],
            "user_name": detail.get("user_name").cloned().unwrap_or_else(|| json!("")),
            "initiate_time": time, "update_time": time,
        })
    });
    let mut batch = Batch { request: request.clone(), shown, details: details.collect() };
    batch.count();
    let reply = json!({
        "out_batch_no": out_batch_no, "batch_id": batch_id, "create_time": time, "batch_status": "ACCEPTED",
    });
    let number = out_batch_no.as_str().unwrap_or_default().to_owned();
    business.schedule.add(Pending {
        work: Work::Batch,
        id: batch_id,
        number: number.clone(),
        due: now.saturating_add(TAKES),
        outcome: "SUCCESS",
        notify_url: request["notify_url"].as_str().unwrap_or_default().to_owned(),
    });
    business.batches.0.insert((mchid.to_owned(), number), batch);
    reply
}

/// Ends one as `SUCCESS`, `FAIL` (no transfer succeeds), `PARTIAL` (the last one fails) or `CLOSED`.
pub(crate) fn end_batch(business: &mut Business, pending: &Pending, outcome: &str) -> Option<Vec<Notice>> {
    let time = beijing_time(business.now());
    let batch = business.batches.0.values_mut().find(|batch| batch.shown["batch_id"] == pending.id.as_str())?;
    let last = batch.details.len().saturating_sub(1);
    for (at, detail) in batch.details.iter_mut().enumerate() {
        let succeeds = match outcome {
            "SUCCESS" => true,
            "PARTIAL" => at < last,
            "FAIL" | "CLOSED" => false,
            _ => return None,
        };
        detail["detail_status"] = json!(if succeeds { "SUCCESS" } else { "FAIL" });
        detail["update_time"] = json!(time);
        if !succeeds {
            detail["fail_reason"] = json!(if outcome == "CLOSED" { "OVERDUE_CLOSE" } else { "OPENID_INVALID" });
        }
    }
    batch.count();
    let closed = outcome == "CLOSED";
    batch.shown["batch_status"] = json!(if closed { "CLOSED" } else { "FINISHED" });
    batch.shown["update_time"] = json!(time);
    let mut names = vec!["out_batch_no", "batch_id", "batch_status", "total_num", "total_amount", "update_time"];
    if closed {
        batch.shown["close_reason"] = json!("OVERDUE_CLOSE");
        names.extend(["mchid", "close_reason"]);
    } else {
        names.extend(["success_amount", "success_num", "fail_amount", "fail_num"]);
    }
    let (event_type, summary) = if closed {
        ("MCHTRANSFER.BATCH.CLOSED", "商家转账批次关闭")
    } else {
        ("MCHTRANSFER.BATCH.FINISHED", "商家转账批次完成")
    };
    Some(vec![notice(event_type, summary, &batch.shown, &names, &pending.notify_url)])
}

/// Ends a bill that waits for its user, who confirms it (`SUCCESS`) or does not (`FAIL`). One that the state has ended
/// meanwhile stays so.
pub(crate) fn end_bill(business: &mut Business, pending: &Pending, outcome: &str) -> Option<Vec<Notice>> {
    let state = ["SUCCESS", "FAIL"].into_iter().find(|state| *state == outcome)?;
    let time = beijing_time(business.now());
    let waiting = business.state.transfer_bills.get_mut(&pending.number).filter(|bill| bill["state"] == WAITING);
    let Some(bill) = waiting else { return Some(Vec::new()) };
    (bill["state"], bill["update_time"]) = (json!(state), json!(time));
    if state == "FAIL" {
        bill["fail_reason"] = json!("OVERDUE_CLOSE");
    }
    Some(vec![bill_notice(bill, &pending.notify_url)])
}

/// What a merchant is told of a bill that has ended.
pub(crate) fn bill_notice(bill: &Value, url: &str) -> Notice {
    let names = [
        "out_bill_no",
        "transfer_bill_no",
        "state",
        "mch_id",
        "transfer_amount",
        "openid",
        "fail_reason",
        "create_time",
        "update_time",
    ];
    notice("MCHTRANSFER.BILL.FINISHED", "商家转账单据终态", bill, &names, url)
}

fn notice(event_type: &'static str, summary: &'static str, shown: &Value, names: &[&str], url: &str) -> Notice {
    let told = names.iter().filter_map(|name| Some(((*name).to_owned(), shown.get(*name)?.clone())));
    Notice { event_type, original_type: "mch_payment", summary, resource: told.collect(), url: url.to_owned() }
}
