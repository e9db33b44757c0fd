//! Bills in the layouts of the documents: a head, a row for each booking, the head and the row of the totals.
//!
//! Every value has a backtick before it, against spreadsheets; amounts are in yuan. The text begins with a byte order mark.

use std::fmt::Write as _;

use serde_json::Value;

const ALL: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
                   货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,\
                   商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const SUCCESS: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
                       货币种类,应结订单金额,代金券金额,商品名称,商户数据包,手续费,费率,订单金额,费率备注";
const REFUND: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,\
                      货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,\
                      充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";
const TOTALS: &str = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额";
const FUND_FLOW: &str = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),\
                         资金变更提交申请人,备注,业务凭证号";
const FUND_FLOW_TOTALS: &str = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
/// The columns of this one are an assumption: the document only says that there are details and totals.
const SHARING: &str = "分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,订单金额,分账接收方,\
                       分账金额,业务类型,处理状态,分账描述,备注";
const SHARING_TOTALS: &str = "总单数,分账总金额";

/// Whose bill it is, and of which day.
struct Bill<'a> {
    date: &'a str,
    mchid: &'a str,
    sub_mchid: &'a str,
    text: String,
}

/// The bill that this operation is asked for; what is neither of trades nor of profit sharing is one of funds.
pub(super) fn bill(operation: &str, parameters: &Value, rows: usize) -> String {
    let query = &parameters["query"];
    let bill = Bill {
        date: query["bill_date"].as_str().unwrap_or("2019-06-11"),
        mchid: parameters["merchant"]["mchid"].as_str().unwrap_or_default(),
        sub_mchid: query["sub_mchid"].as_str().unwrap_or("0"),
        text: "\u{feff}".to_owned(),
    };
    if operation.contains("trade_bill") {
        bill.trades(query["bill_type"].as_str().unwrap_or("ALL"), rows)
    } else if operation.starts_with("profitsharing.") {
        bill.sharing(rows)
    } else {
        bill.fund_flow(rows)
    }
}

impl Bill<'_> {
    fn head(&mut self, names: &str) {
        self.text.push_str(names);
        self.text.push_str("\r\n");
    }

    fn row(&mut self, values: &[&str]) {
        for (at, value) in values.iter().enumerate() {
            write!(self.text, "{}`{value}", if at == 0 { "" } else { "," }).expect("writing to a String");
        }
        self.text.push_str("\r\n");
    }

    fn time(&self, n: usize) -> String {
        format!("{} {:02}:{:02}:{:02}", self.date, n / 3600 % 24, n / 60 % 60, n % 60)
    }

    /// Payments, and after every fourth one a refund.
    fn trades(mut self, bill_type: &str, rows: usize) -> String {
        let columns = match bill_type {
            "SUCCESS" => SUCCESS,
            "REFUND" => REFUND,
            _ => ALL,
        };
        let names: Vec<&str> = columns.split(',').collect();
        self.head(columns);
        let (mut paid, mut refunded, mut fees) = (0, 0, 0);
        for n in 0..rows {
            let refund = bill_type == "REFUND" || bill_type != "SUCCESS" && n % 5 == 4;
            let amount = 100 + i64::try_from(n % 900).expect("below 900");
            let (payment, back) = if refund { (0, amount) } else { (amount, 0) };
            // Six per mille, which a refund gives back.
            let fee = (payment - back) * 6;
            (paid, refunded, fees) = (paid + payment, refunded + back, fees + fee);
            let (time, number) = (self.time(n), format!("{n:018}"));
            let values: Vec<String> = names
                .iter()
                .map(|name| match *name {
                    "交易时间" | "退款申请时间" | "退款成功时间" => time.clone(),
                    "公众账号ID" => "wxd678efh567hg6787".to_owned(),
                    "商户号" => self.mchid.to_owned(),
                    "特约商户号" => self.sub_mchid.to_owned(),
                    "微信订单号" => format!("4200000001{number}"),
                    "商户订单号" => format!("SANDBOX{number}"),
                    "用户标识" => "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o".to_owned(),
                    "交易类型" => "JSAPI".to_owned(),
                    "交易状态" => if refund { "REFUND" } else { "SUCCESS" }.to_owned(),
                    "付款银行" => "OTHERS".to_owned(),
                    "货币种类" => "CNY".to_owned(),
                    "应结订单金额" | "订单金额" => yuan(payment),
                    "代金券金额" | "充值券退款金额" => yuan(0),
                    "退款金额" | "申请退款金额" => yuan(back),
                    "微信退款单号" if refund => format!("5030000001{number}"),
                    "商户退款单号" if refund => format!("REFUND{number}"),
                    "微信退款单号" | "商户退款单号" => "0".to_owned(),
                    "退款类型" if refund => "ORIGINAL".to_owned(),
                    "退款状态" if refund => "SUCCESS".to_owned(),
                    "商品名称" => format!("腾讯充值中心-QQ会员充值{n}"),
                    "手续费" => fee_yuan(fee),
                    "费率" => "0.60%".to_owned(),
                    _ => String::new(),
                })
                .collect();
            self.row(&values.iter().map(String::as_str).collect::<Vec<_>>());
        }
        self.head(TOTALS);
        let (paid, refunded) = (yuan(paid), yuan(refunded));
        self.row(&[&rows.to_string(), &paid, &refunded, &yuan(0), &fee_yuan(fees), &paid, &refunded]);
        self.text
    }

    /// Two incomes, then an expense.
    fn fund_flow(mut self, rows: usize) -> String {
        self.head(FUND_FLOW);
        let (mut incomes, mut income, mut expense) = (0_usize, 0, 0);
        for n in 0..rows {
            let amount = 100 + i64::try_from(n % 900).expect("below 900");
            let comes = n % 3 != 2;
            if comes {
                (incomes, income) = (incomes + 1, income + amount);
            } else {
                expense += amount;
            }
            let (business, kind, direction) =
                if comes { ("交易", "交易", "收入") } else { ("退款", "退款", "支出") };
            let (time, number) = (self.time(n), format!("{n:018}"));
            let (order, flow) = (format!("5030000001{number}"), format!("4200000001{number}"));
            let balance = yuan(100_000 + income - expense);
            let voucher = format!("SANDBOX{number}");
            self.row(&[
                &time,
                &order,
                &flow,
                business,
                kind,
                direction,
                &yuan(amount),
                &balance,
                "system",
                "缺货",
                &voucher,
            ]);
        }
        self.head(FUND_FLOW_TOTALS);
        let (all, outs) = (rows.to_string(), (rows - incomes).to_string());
        self.row(&[&all, &incomes.to_string(), &yuan(income), &outs, &yuan(expense)]);
        self.text
    }

    fn sharing(mut self, rows: usize) -> String {
        self.head(SHARING);
        let mut total = 0;
        for n in 0..rows {
            let amount = 100 + i64::try_from(n % 900).expect("below 900");
            total += amount;
            let (time, number) = (self.time(n), format!("{n:018}"));
            let [transaction, order, detail] =
                ["4200000001", "3008450740", "3601104190"].map(|first| first.to_owned() + &number);
            let (own, mchid) = (format!("P{number}"), self.mchid.to_owned());
            self.row(&[
                &time,
                &mchid,
                &mchid,
                &transaction,
                &order,
                &detail,
                &own,
                &yuan(amount * 10),
                "1900000110",
                &yuan(amount),
                "分账",
                "成功",
                "分给商户",
                "",
            ]);
        }
        self.head(SHARING_TOTALS);
        self.row(&[&rows.to_string(), &yuan(total)]);
        self.text
    }
}

/// Of cents.
fn yuan(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

/// Fees are told to five digits.
fn fee_yuan(fee: i64) -> String {
    format!("{}{}.{:05}", if fee < 0 { "-" } else { "" }, fee.abs() / 100_000, fee.abs() % 100_000)
}
