//! What the platform remembers about the service provider and its sub-merchants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The business state of the platform; a seed file, `GET /state` and `PUT /state` all have this shape.
///
/// ```json
/// {
///   "service_provider": {"gold_plan": true, "receipt_link": true, "punished": false, "busy": false},
///   "sub_merchants": {
///     "1900000109": {
///       "punished": false,
///       "gold_plan": {"status": "CLOSE", "pay_scene": null, "closed_at": null},
///       "custom_page": "CLOSE",
///       "advertising": {"show": false, "filters": []},
///       "fapiao": {"authorized": true, "frequency_limited": false, "third_mode": null, "digital_tax_mode": null}
///     }
///   },
///   "default_sub_merchant": null,
///   "transfer_bills": {"plfk2020042013": {"transfer_bill_no": "1330…", "state": "WAIT_USER_CONFIRM", "user_name": "张三"}},
///   "complaints": [{"complaint_id": "200201820200101080076610000", "payer_phone": "18500000000"}],
///   "applyments": {"1900013511_10000": {"applyment_id": 2000002124775691, "applyment_state": "APPLYMENT_STATE_AUDITING"}},
///   "files": {"6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2wMMR8cNXqaA": "a file that has no reply"},
///   "bill_rows": 20
/// }
/// ```
/// Every member may be left out and then has the value shown here (no `sub_merchants`, `transfer_bills`, `complaints`,
/// `applyments`, `files`: none); other names are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The service provider whose calls are answered.
    #[serde(default)]
    pub service_provider: ServiceProvider,
    /// Its sub-merchants, by `sub_mchid`.
    #[serde(default)]
    pub sub_merchants: BTreeMap<String, SubMerchant>,
    /// When present, any other numeric `sub_mchid` exists too and starts as this one.
    #[serde(default)]
    pub default_sub_merchant: Option<SubMerchant>,
    /// Transfers to users by `out_bill_no`, as the queries answer them; names stand here in plain text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub transfer_bills: BTreeMap<String, Value>,
    /// Complaints, the first listed first, as the queries answer them; telephone numbers stand here in plain text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complaints: Vec<Value>,
    /// Applications of sub-merchants by `business_code`, as the queries answer them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub applyments: BTreeMap<String, Value>,
    /// Texts that downloads find by these tokens, besides the files that replies lead to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// Rows of each bill; 20 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_rows: Option<usize>,
}

/// What decides whether a service provider may manage the Gold Plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceProvider {
    /// It takes part in the Gold Plan.
    pub gold_plan: bool,
    /// It has configured the link of its receipt page.
    pub receipt_link: bool,
    /// It is under penalty.
    pub punished: bool,
    /// Every operation fails for the moment.
    pub busy: bool,
}

/// One sub-merchant.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubMerchant {
    /// It is under penalty.
    pub punished: bool,
    /// Its Gold Plan.
    pub gold_plan: GoldPlan,
    /// Its own receipt page.
    pub custom_page: Switch,
    /// Advertisements after a payment.
    pub advertising: Advertising,
    /// Electronic invoices.
    pub fapiao: Fapiao,
}

/// `OPEN` or `CLOSE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Switch {
    /// On.
    Open,
    /// Off.
    #[default]
    Close,
}

/// Where a Gold Plan page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayScene {
    /// After JSAPI payments.
    Jsapi,
    /// After mini program payments.
    Miniprogram,
    /// After both.
    JsapiAndMiniprogram,
}

/// The Gold Plan of a sub-merchant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GoldPlan {
    /// Whether it is open for any scene.
    pub status: Switch,
    /// The scenes it is open for; null when closed.
    pub pay_scene: Option<PayScene>,
    /// When it was last closed by a call, in Unix seconds of the business clock.
    pub closed_at: Option<i64>,
}

/// Advertisements after a payment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Advertising {
    /// Whether they are shown.
    pub show: bool,
    /// Industries whose advertisements are kept away.
    pub filters: Vec<String>,
}

/// Electronic invoices of a sub-merchant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fapiao {
    /// It has opened the interface and authorised this service provider.
    pub authorized: bool,
    /// Calls come too often.
    pub frequency_limited: bool,
    /// As in the reply; null leaves it out.
    pub third_mode: Option<Value>,
    /// As in the reply; null leaves it out.
    pub digital_tax_mode: Option<Value>,
}

impl Default for ServiceProvider {
    fn default() -> Self {
        Self { gold_plan: true, receipt_link: true, punished: false, busy: false }
    }
}

impl Default for Fapiao {
    fn default() -> Self {
        Self { authorized: true, frequency_limited: false, third_mode: None, digital_tax_mode: None }
    }
}

impl Default for State {
    /// The built-in seed: `1900000109` is in good standing and has both invoice modes, `1900000110` is new,
    /// `1900000111` is under penalty, `1900000112` has not authorised invoices, `1900000113` is asked too often. There are
    /// a file with the token `t` and three complaints of January 2020, the last one without a telephone number.
    fn default() -> Self {
        serde_json::from_str(include_str!("seed.json")).expect("a test parses it")
    }
}

/// RFC 7396.
pub(crate) fn merge_patch(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let target = target.as_object_mut().expect("made one just now");
    for (name, value) in patch {
        if value.is_null() {
            target.remove(&name);
        } else {
            merge_patch(target.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_documented_example_is_what_left_out_members_mean() {
        let full = json!({
            "service_provider": {"gold_plan": true, "receipt_link": true, "punished": false, "busy": false},
            "sub_merchants": {"1900000109": {
                "punished": false,
                "gold_plan": {"status": "CLOSE", "pay_scene": null, "closed_at": null},
                "custom_page": "CLOSE",
                "advertising": {"show": false, "filters": []},
                "fapiao": {"authorized": true, "frequency_limited": false, "third_mode": null, "digital_tax_mode": null}
            }},
            "default_sub_merchant": null
        });
        let short: State = serde_json::from_value(json!({
            "service_provider": {}, "sub_merchants": {"1900000109": {}}, "default_sub_merchant": null
        }))
        .unwrap();
        assert_eq!(serde_json::to_value(&short).unwrap(), full);
        assert!(State::default().sub_merchants.contains_key("1900000109"));
    }

    #[test]
    fn merge_patch_follows_the_table_of_its_rfc() {
        // The examples of appendix A.
        for (mut target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            merge_patch(&mut target, patch);
            assert_eq!(target, result);
        }
    }
}
