//! What operations do. One operation, one function, one line here; all others answer with an example.

mod fapiao;
mod goldplan;
mod pay;

use serde_json::Value;

use crate::platform::answer::{Answer, Refusal};
use crate::state::Business;

/// Acts on the state. The parameters (`{"path", "query", "header", "body"}`) have passed the operation's schema;
/// `merchant.mchid` is who calls.
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
