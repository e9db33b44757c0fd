//! What is called and what goes wrong with it, all of it drawn from one seed.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::trouble::Trouble;

/// Where the own numbers of calls begin: nothing else in a request is ten digits that begin with 77.
const NUMBERS: u64 = 7_700_000_000;
/// A remark that no reader takes at once: a reset finds a part of the request still on its way.
const LONG: usize = 64 << 10;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Moves money, by `request()`: nothing says that it may be repeated.
    Transfer,
    /// Sets a state, by an operation that is marked as idempotent.
    Page,
    /// Reads.
    Query,
}

/// What the caller says may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Nothing,
    Safe,
    Idempotent,
}

/// One call of the plan.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) n: usize,
    pub(crate) work: Work,
    pub(crate) repeat: Repeat,
    pub(crate) timeout: Duration,
    pub(crate) trouble: Option<Trouble>,
}

/// The calls of a seed. Each is drawn for itself, so that it is the same in a shorter run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) calls: usize,
}

impl Plan {
    /// Calls from here on have no trouble of their own: a host that is back must be found again.
    pub(crate) fn calm_from(&self) -> usize {
        self.at(0.93)
    }

    /// The number of the call at this share of the plan.
    pub(crate) fn at(&self, share: f64) -> usize {
        (self.calls as f64 * share).round() as usize
    }

    /// The call of this number; beyond the last one they are healthy, too.
    pub(crate) fn call(&self, n: usize) -> Call {
        let mut rng = Rng::with_seed(self.seed ^ (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let work = match rng.u32(..100) {
            0..55 => Work::Transfer,
            55..75 => Work::Page,
            _ => Work::Query,
        };
        let repeat = match (work, rng.u32(..100)) {
            (_, 0..10) => Repeat::Nothing,
            (Work::Transfer, 10..35) => Repeat::Idempotent,
            _ => Repeat::Safe,
        };
        let timeout = Duration::from_millis(rng.u64(300..800));
        let troubled = rng.u32(..100) < 45;
        let trouble = (troubled && n < self.calm_from()).then(|| Trouble::draw(&mut rng, timeout));
        Call { n, work, repeat, timeout, trouble }
    }
}

impl Call {
    /// The number that only this call bears, on the wire as well.
    pub(crate) fn number(&self) -> String {
        (NUMBERS + self.n as u64).to_string()
    }

    /// Whose effect may come more than once.
    pub(crate) fn may_be_repeated(&self) -> bool {
        self.work != Work::Transfer || self.repeat == Repeat::Idempotent
    }

    /// The line that a driver reads.
    pub(crate) fn line(&self, retry: &str) -> Value {
        let number = self.number();
        let call = match self.work {
            Work::Transfer => json!({"method": "POST", "path": "/v3/fund-app/mch-transfer/transfer-bills", "body": {
                "out_bill_no": number,
                "appid": "wxf636efh567hg4356",
                "openid": "o-MYE42l80oelYMDE34nYD456Xoy",
                "transfer_amount": 100,
                "transfer_remark": if self.is_cut() { "x".repeat(LONG) } else { "x".to_owned() },
                "transfer_scene_id": "1000",
                "transfer_scene_report_infos": [{"info_type": "活动名称", "info_content": "新会员有礼"}],
            }}),
            Work::Page => json!({
                "operation": "goldplan.merchants.change_custom_page_status",
                "params": {"sub_mchid": number, "operation_type": "OPEN"},
            }),
            Work::Query => json!({
                "operation": "new_tax_control_fapiao.merchant.check_status",
                "params": {"sub_mchid": number},
            }),
        };
        json!({"n": self.n, "call": call, "options": {"timeout": self.timeout.as_secs_f64(), "retry": retry}})
    }

    fn is_cut(&self) -> bool {
        self.trouble.as_ref().is_some_and(|trouble| trouble.fault["after"] == "part")
    }
}

/// The number of the call that a text of the wire is about.
pub(crate) fn number_in(text: &str) -> Option<usize> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    let mut numbers = digits.filter(|digits| digits.len() == 10).filter_map(|digits| digits.parse::<u64>().ok());
    let number = numbers.find(|number| (NUMBERS..NUMBERS + 100_000_000).contains(number))?;
    usize::try_from(number - NUMBERS).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_gives_the_same_plan_and_another_seed_another_one() {
        let plan = |seed| Plan { seed, calls: 500 };
        let lines = |seed| (0..500).map(|n| format!("{:?}", plan(seed).call(n))).collect::<Vec<_>>();
        assert_eq!(lines(1), lines(1));
        assert_ne!(lines(1), lines(2));
    }

    #[test]
    fn every_trouble_comes_and_none_at_the_end() {
        let plan = Plan { seed: 1, calls: 2000 };
        let drawn: BTreeSet<_> = (0..2000).filter_map(|n| plan.call(n).trouble).map(|trouble| trouble.name).collect();
        let all: BTreeSet<_> = Trouble::NAMES.into_iter().collect();
        assert_eq!(drawn, all);
        assert!((plan.calm_from()..2100).all(|n| plan.call(n).trouble.is_none()));
    }

    #[test]
    fn a_call_is_found_by_its_number_alone() {
        let call = Plan { seed: 7, calls: 9 }.call(5);
        assert_eq!(number_in(&call.line("safe").to_string()), Some(5));
        assert_eq!(number_in("/v3/certificates?mchid=1900000109"), None);
    }
}
