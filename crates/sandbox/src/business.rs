//! What the platform acts on: the state, what calls have made of it, and the clock that its rules go by.

use bytes::Bytes;

use crate::clock;
use crate::complaints::Complaints;
use crate::files::Files;
use crate::orders::Orders;
use crate::pending::Schedule;
use crate::refunds::Refunds;
use crate::sharing::Sharing;
use crate::state::{State, SubMerchant};
use crate::transfers::Batches;

/// Rows of a bill, unless the state says otherwise.
const BILL_ROWS: usize = 20;

/// The state together with the clock that its rules go by.
pub(crate) struct Business {
    pub(crate) state: State,
    pub(crate) advanced_seconds: i64,
    pub(crate) orders: Orders,
    pub(crate) files: Files,
    pub(crate) refunds: Refunds,
    pub(crate) sharing: Sharing,
    pub(crate) batches: Batches,
    pub(crate) complaints: Complaints,
    pub(crate) schedule: Schedule,
}

impl Business {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state,
            advanced_seconds: 0,
            orders: Orders::default(),
            files: Files::default(),
            refunds: Refunds::default(),
            sharing: Sharing::default(),
            batches: Batches::default(),
            complaints: Complaints::default(),
            schedule: Schedule::default(),
        }
    }

    /// Unix seconds of the business clock.
    pub(crate) fn now(&self) -> i64 {
        clock::now().saturating_add(self.advanced_seconds)
    }

    /// The sub-merchant, made from the template if there is one.
    pub(crate) fn sub_merchant(&mut self, sub_mchid: &str) -> Option<&mut SubMerchant> {
        let State { sub_merchants, default_sub_merchant, .. } = &mut self.state;
        if let Some(template) = default_sub_merchant
            && !sub_merchants.contains_key(sub_mchid)
            && !sub_mchid.is_empty()
            && sub_mchid.bytes().all(|byte| byte.is_ascii_digit())
        {
            sub_merchants.insert(sub_mchid.to_owned(), template.clone());
        }
        sub_merchants.get_mut(sub_mchid)
    }

    /// Keeps a file for as long as a download URL lives; its token.
    pub(crate) fn keep_file(&mut self, bytes: Bytes) -> String {
        let now = self.now();
        self.files.keep(bytes, now)
    }

    /// Rows of a bill.
    pub(crate) fn bill_rows(&self) -> usize {
        self.state.bill_rows.unwrap_or(BILL_ROWS)
    }
}
