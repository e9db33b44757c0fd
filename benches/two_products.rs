//! A small program that calls two products: `building.py` builds it with more and more of the others.

use wechatpay_sdk::blocking::Client;
use wechatpay_sdk::goldplan::OperationType;
use wechatpay_sdk::goldplan::merchants::ChangeCustomPageStatus;
use wechatpay_sdk::pay::transactions::GetByOutTradeNo;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let page = client.send(&ChangeCustomPageStatus::new("1900000109", OperationType::Open))?;
    let order = client.send(&GetByOutTradeNo::new("TEA-1", "1900000100"))?;
    println!("{:?} {:?}", page.sub_mchid, order.trade_state);
    Ok(())
}
