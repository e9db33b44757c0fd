//! The sandbox of one language, told through its admin listener.

use std::collections::{HashMap, VecDeque};
use std::path::Path;

use serde_json::{Value, json};
use wechatpay_sandbox::{Options, Sandbox, State};

use crate::Problem;
use crate::judge::Arrival;
use crate::plan::number_in;

/// A running sandbox and what is read of its journal.
pub(crate) struct Platform {
    sandbox: Sandbox,
    http: reqwest::Client,
}

/// Seconds that clients stay away from a host: a campaign is not long, and they are to come back in it.
const COOL_DOWN: u64 = 2;
/// Requests in which every process of a language has had its turn.
const RECENT: usize = 50;

/// What came in so far.
#[derive(Default)]
pub(crate) struct Arrivals {
    by_call: HashMap<usize, Vec<Arrival>>,
    /// Of the newest entry.
    pub(crate) seq: u64,
    /// Of the newest entry that came to the main host.
    pub(crate) main_seq: u64,
    pub(crate) total: usize,
    /// The platform's keys that the newest requests name.
    recent_keys: VecDeque<String>,
}

impl Arrivals {
    /// Whether all processes know of a key by now: each names the newest that it knows.
    pub(crate) fn all_name(&self, key: &str) -> bool {
        self.recent_keys.len() == RECENT && self.recent_keys.iter().all(|named| named == key)
    }

    pub(crate) fn of(&self, n: usize) -> &[Arrival] {
        self.by_call.get(&n).map_or(&[], Vec::as_slice)
    }
}

impl Platform {
    /// A sandbox where every numeric sub-merchant exists.
    pub(crate) async fn start(folder: &Path) -> Result<Self, Problem> {
        let sandbox = Sandbox::start(Options::new(folder)).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let platform = Self { sandbox, http };
        let state = State { default_sub_merchant: Some(Default::default()), ..State::default() };
        platform.tell("PUT", "/state", &json!(state)).await?;
        Ok(platform)
    }

    /// The options of a driver's client. Its hosts have a name, so that the name can be slow to resolve.
    pub(crate) fn client_options(&self) -> Value {
        let info = self.sandbox.info();
        let named = |url: &str| url.replace("127.0.0.1", "localhost");
        json!({
            "mchid": info.mchid,
            "serial_no": info.serial_no,
            "merchant_private_key_path": info.merchant_private_key_path,
            "apiv3_key": info.apiv3_key,
            "auto_certificates": true,
            "base_url": named(&info.base_url),
            "backup_url": named(&info.backup_url),
            "timeout": 2,
            "cool_down": COOL_DOWN,
        })
    }

    pub(crate) async fn tell(&self, method: &str, path: &str, body: &Value) -> Result<Value, Problem> {
        let url = format!("{}{path}", self.sandbox.info().admin_url);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.http.request(method.parse()?, url).body(body).send().await?;
        let (status, bytes) = (reply.status(), reply.bytes().await?);
        if !status.is_success() {
            return Err(format!("{method} {path}: {}", String::from_utf8_lossy(&bytes)).into());
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Arms a fault; gives the id that takes it away.
    pub(crate) async fn arm(&self, order: &Value) -> Result<Value, Problem> {
        Ok(json!({"id": self.tell("POST", "/faults", order).await?["id"]}))
    }

    pub(crate) async fn disarm(&self, id: &Value) -> Result<(), Problem> {
        self.tell("DELETE", "/faults", id).await.map(drop)
    }

    /// Closes the listener of a host.
    pub(crate) async fn refuse(&self, host: &str) -> Result<Value, Problem> {
        self.arm(&json!({"match": {"host": host}, "fault": {"kind": "refused"}})).await
    }

    /// Reads what the journal has since the last time.
    pub(crate) async fn read_journal(&self, arrivals: &mut Arrivals) -> Result<(), Problem> {
        let entries = self.tell("GET", &format!("/journal?after={}", arrivals.seq), &Value::Null).await?;
        for entry in entries.as_array().into_iter().flatten() {
            arrivals.seq = entry["seq"].as_u64().ok_or("an entry has a seq")?;
            let texts = ["target", "body"].map(|name| entry[name].as_str().unwrap_or_default());
            let Some(n) = texts.into_iter().find_map(number_in) else { continue };
            let host = entry["host"].as_str().unwrap_or_default().to_owned();
            if host == "main" {
                arrivals.main_seq = arrivals.seq;
            }
            arrivals.total += 1;
            let arrival = Arrival {
                seq: arrivals.seq,
                host,
                executed: entry["executed"] == true,
                status: entry["status"].as_u64().and_then(|status| status.try_into().ok()),
                fault: entry["fault"].as_str().map(str::to_owned),
                key: entry["headers"]["wechatpay-serial"].as_str().unwrap_or_default().to_owned(),
            };
            arrivals.recent_keys.push_back(arrival.key.clone());
            if arrivals.recent_keys.len() > RECENT {
                arrivals.recent_keys.pop_front();
            }
            arrivals.by_call.entry(n).or_default().push(arrival);
        }
        Ok(())
    }

    pub(crate) async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }
}
