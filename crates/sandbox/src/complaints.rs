//! Complaints of users: what was said about each, and whom the platform tells.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::business::Business;
use crate::notify::beijing_time;
use crate::pending::Notice;
use crate::random;
use crate::state::merge_patch;

/// What comes with complaints; they themselves are in the state.
#[derive(Default)]
pub(crate) struct Complaints {
    /// Where a merchant wants to be told.
    pub(crate) urls: BTreeMap<String, String>,
    /// What was done about a complaint after it was filed, the oldest first.
    histories: BTreeMap<String, Vec<Value>>,
}

impl Business {
    pub(crate) fn complaint(&mut self, complaint_id: &str) -> Option<&mut Value> {
        self.state.complaints.iter_mut().find(|complaint| complaint["complaint_id"] == complaint_id)
    }

    /// Everything that was said about a complaint, the newest first as the platform lists it; the user's own words are
    /// the last.
    pub(crate) fn history(&self, complaint: &Value) -> Vec<Value> {
        let id = complaint["complaint_id"].as_str().unwrap_or_default();
        let filed = json!({
            "log_id": format!("{id}0"),
            "operator": "投诉人",
            "operate_time": complaint["complaint_time"],
            "operate_type": "USER_CREATE_COMPLAINT",
            "operate_details": complaint["complaint_detail"],
        });
        let after = self.complaints.histories.get(id).into_iter().flatten().rev().cloned();
        after.chain([filed]).collect()
    }

    /// Notes what a merchant did, and tells `mchid` of it.
    pub(crate) fn note(&mut self, complaint_id: &str, mchid: &str, noted: Noted) {
        let operate_time = beijing_time(self.now());
        let history = self.complaints.histories.entry(complaint_id.to_owned()).or_default();
        let mut entry = json!({
            "log_id": format!("{complaint_id}{}", history.len() + 1),
            "operator": mchid,
            "operate_time": operate_time,
            "operate_type": noted.operate_type,
            "operate_details": noted.details,
        });
        if noted.images.is_array() {
            entry["image_list"] = noted.images;
        }
        history.push(entry);
        let notice = self.complaint_notice("COMPLAINT.STATE_CHANGE", mchid, complaint_id, noted.action_type);
        self.schedule.tell(notice);
    }

    /// A user files a complaint about the merchant; what is not given is as usual.
    pub(crate) fn file_complaint(&mut self, given: Value, mchid: &str) -> Value {
        let mut complaint = json!({
            "complaint_id": format!("2002018{}", random::digits(20)),
            "complaint_time": beijing_time(self.now()),
            "complaint_detail": "商家不发货",
            "complaint_state": "PENDING",
            "complainted_mchid": mchid,
            "payer_phone": "18500000001",
            "payer_openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            "complaint_full_refunded": false,
            "incoming_user_response": false,
            "problem_description": "不满意商家服务",
            "user_complaint_times": 1,
        });
        merge_patch(&mut complaint, given);
        self.state.complaints.push(complaint.clone());
        let id = complaint["complaint_id"].as_str().unwrap_or_default().to_owned();
        let notice = self.complaint_notice("COMPLAINT.CREATE", mchid, &id, "CREATE_COMPLAINT");
        self.schedule.tell(notice);
        complaint
    }

    fn complaint_notice(
        &self,
        event_type: &'static str,
        mchid: &str,
        complaint_id: &str,
        action_type: &'static str,
    ) -> Notice {
        Notice {
            event_type,
            original_type: "complaint",
            summary: if event_type == "COMPLAINT.CREATE" { "产生新投诉" } else { "投诉单状态变化" },
            resource: json!({"complaint_id": complaint_id, "action_type": action_type}),
            url: self.complaints.urls.get(mchid).cloned().unwrap_or_default(),
        }
    }
}

/// What a merchant did about a complaint.
pub(crate) struct Noted {
    pub(crate) operate_type: &'static str,
    /// The same, as notifications call it.
    pub(crate) action_type: &'static str,
    pub(crate) details: Value,
    /// Media ids, where there are any.
    pub(crate) images: Value,
}
