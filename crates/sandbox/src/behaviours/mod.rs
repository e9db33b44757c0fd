//! What operations do. One operation, one function, one line here; all others answer with an example.

mod applyment4sub;
mod complaint_notifications;
mod complaints;
mod fapiao;
mod goldplan;
mod pay;
mod profitsharing;
mod refunds;
mod transfer_batches;
mod transfer_bills;

use serde_json::Value;

use crate::business::Business;
use crate::owner::Owner;
use crate::platform::answer::{Answer, Refusal};
use crate::spec::Problem;

/// Acts on the state. The parameters (`{"path", "query", "header", "body"}`) have passed the operation's schema; fields
/// that travel encrypted are in plain text here, and so they are in the answer. `merchant.mchid` is who calls.
pub(crate) type Behaviour = fn(&mut Business, &Value) -> Result<Answer, Refusal>;

/// The behaviour of the operation with this id.
pub(crate) fn behaviour(id: &str) -> Option<Behaviour> {
    Some(match id {
        "goldplan.merchants.change_gold_plan_status" => goldplan::change_gold_plan_status,
        "goldplan.merchants.change_custom_page_status" => goldplan::change_custom_page_status,
        "goldplan.merchants.set_advertising_industry_filter" => goldplan::set_advertising_industry_filter,
        "goldplan.merchants.open_advertising_show" => goldplan::open_advertising_show,
        "goldplan.merchants.close_advertising_show" => goldplan::close_advertising_show,
        "new_tax_control_fapiao.merchant.check_status" => fapiao::check_status,
        "fund_app.mch_transfer.transfer_bills.create" => transfer_bills::create,
        "fund_app.mch_transfer.transfer_bills.get_by_out_bill_no" => transfer_bills::get_by_out_bill_no,
        "fund_app.mch_transfer.transfer_bills.get_by_transfer_bill_no" => transfer_bills::get_by_transfer_bill_no,
        "fund_app.mch_transfer.transfer_bills.cancel_by_out_bill_no" => transfer_bills::cancel_by_out_bill_no,
        "merchant_service.complaints_v2.list" => complaints::list,
        "merchant_service.complaints_v2.get" => complaints::get,
        "applyment4sub.applyment.create" => applyment4sub::create,
        "applyment4sub.applyment.get_by_business_code" => applyment4sub::get_by_business_code,
        "applyment4sub.applyment.get_by_applyment_id" => applyment4sub::get_by_applyment_id,
        "pay.transactions.jsapi.create"
        | "pay.partner.transactions.jsapi.create"
        | "pay.partner.transactions.mini_program.create" => pay::jsapi,
        "pay.transactions.app.create" | "pay.partner.transactions.app.create" => pay::app,
        "pay.transactions.native.create" | "pay.partner.transactions.native.create" => pay::native,
        "pay.transactions.h5.create" | "pay.partner.transactions.h5.create" => pay::h5,
        "pay.transactions.get_by_out_trade_no" | "pay.partner.transactions.get_by_out_trade_no" => {
            pay::get_by_out_trade_no
        }
        "pay.transactions.get_by_id" | "pay.partner.transactions.get_by_id" => pay::get_by_id,
        "pay.transactions.close_by_out_trade_no" | "pay.partner.transactions.close_by_out_trade_no" => pay::close,
        "pay.transactions.reverse_by_out_trade_no" | "pay.partner.transactions.reverse_by_out_trade_no" => pay::reverse,
        "refund.domestic.refunds.create" => refunds::create,
        "refund.domestic.refunds.get" => refunds::get,
        "refund.domestic.refunds.apply_abnormal" => refunds::apply_abnormal,
        "profitsharing.receivers.add" => profitsharing::add_receiver,
        "profitsharing.receivers.delete" => profitsharing::delete_receiver,
        "profitsharing.orders.create" => profitsharing::create,
        "profitsharing.orders.get" => profitsharing::get,
        "profitsharing.orders.unfreeze" => profitsharing::unfreeze,
        "profitsharing.return_orders.create" => profitsharing::create_return,
        "profitsharing.return_orders.get" => profitsharing::get_return,
        "profitsharing.transactions.amounts.get" => profitsharing::amounts,
        "transfer.batches.create" => transfer_batches::create,
        "transfer.batches.get_by_out_batch_no" => transfer_batches::get_by_out_batch_no,
        "transfer.batches.get_by_batch_id" => transfer_batches::get_by_batch_id,
        "transfer.batches.details.get_by_out_detail_no" => transfer_batches::get_by_out_detail_no,
        "transfer.batches.details.get_by_detail_id" => transfer_batches::get_by_detail_id,
        "merchant_service.complaints_v2.negotiation_histories.list" => complaints::histories,
        "merchant_service.complaints_v2.response" => complaints::response,
        "merchant_service.complaints_v2.complete" => complaints::complete,
        "merchant_service.complaints_v2.update_refund_progress" => complaints::update_refund_progress,
        "merchant_service.complaint_notifications.create" => complaint_notifications::create,
        "merchant_service.complaint_notifications.get" => complaint_notifications::get,
        "merchant_service.complaint_notifications.replace" => complaint_notifications::replace,
        "merchant_service.complaint_notifications.delete" => complaint_notifications::delete,
        _ => return None,
    })
}

/// Who calls, and for which sub-merchant where one is named.
fn caller(parameters: &Value, sub_mchid: &Value) -> Owner {
    Owner {
        mchid: parameters["merchant"]["mchid"].as_str().unwrap_or_default().to_owned(),
        sub_mchid: sub_mchid.as_str().map(str::to_owned),
    }
}

fn path<'a>(parameters: &'a Value, name: &str) -> &'a str {
    parameters["path"][name].as_str().unwrap_or_default()
}

fn wrong(field: &str, value: Option<Value>, issue: &str) -> Refusal {
    Problem::new(field, value, issue).into()
}

fn invalid_request(reason: &str) -> Refusal {
    Refusal::new(400, "INVALID_REQUEST", reason)
}
