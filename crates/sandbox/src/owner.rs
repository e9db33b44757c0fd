//! Whose orders, refunds and shares they are.

use serde_json::{Map, Value, json};

/// Who an order belongs to: the merchant, and the sub-merchant of a service provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) mchid: String,
    pub(crate) sub_mchid: Option<String>,
}

impl Owner {
    /// The owner that parameters of an operation name: `mchid`, or `sp_mchid` and `sub_mchid`.
    pub(crate) fn named_in(parameters: &Value) -> Self {
        let text = |name: &str| parameters[name].as_str().map(str::to_owned);
        match text("sp_mchid") {
            Some(mchid) => Self { mchid, sub_mchid: text("sub_mchid") },
            None => Self { mchid: text("mchid").unwrap_or_default(), sub_mchid: None },
        }
    }

    /// As notifications name it: `mchid`, or `sp_mchid` and `sub_mchid`.
    pub(crate) fn named(&self) -> Map<String, Value> {
        let named = match &self.sub_mchid {
            Some(sub_mchid) => json!({"sp_mchid": self.mchid, "sub_mchid": sub_mchid}),
            None => json!({"mchid": self.mchid}),
        };
        named.as_object().cloned().unwrap_or_default()
    }

    /// Who gets the money of its orders.
    pub(crate) fn payee(&self) -> &str {
        self.sub_mchid.as_deref().unwrap_or(&self.mchid)
    }
}
