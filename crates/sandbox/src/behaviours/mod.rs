//! What operations do. One operation, one function, one line here; all others answer with an example.

mod applyment4sub;
mod complaints;
mod fapiao;
mod goldplan;
mod pay;
mod transfer_bills;

use serde_json::Value;

use crate::business::Business;
use crate::platform::answer::{Answer, Refusal};

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
        _ => return None,
    })
}
