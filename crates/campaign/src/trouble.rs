//! What goes wrong with one call, as the sandbox is told.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

/// A fault that strikes one call, wherever and as often as it says.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) name: &'static str,
    /// As the sandbox's admin listener takes it.
    pub(crate) fault: Value,
    /// At this host only.
    pub(crate) host: Option<&'static str>,
    /// How many attempts it strikes.
    pub(crate) times: u64,
}

impl Trouble {
    pub(crate) const NAMES: [&'static str; 21] = [
        "reset in the request",
        "reset before the work",
        "reset after the work",
        "half a reply",
        "too late",
        "slow",
        "500",
        "500 after the work",
        "503",
        "429",
        "429, Retry-After 1",
        "429, Retry-After 30",
        "wrong signature",
        "stale timestamp",
        "unknown serial",
        "probe",
        "unsigned",
        "no nonce",
        "HTML 502",
        "HTML 200",
        "signed by the certificate",
    ];

    pub(crate) fn draw(rng: &mut Rng, timeout: Duration) -> Self {
        let name = Self::NAMES[rng.usize(..Self::NAMES.len())];
        let late = timeout.as_millis() as u64;
        let system_error = json!({"code": "SYSTEM_ERROR", "message": "系统异常,请稍后重试"});
        let limited = |headers: Value| {
            let body = json!({"code": "FREQUENCY_LIMITED", "message": "频率超限"});
            json!({"kind": "status", "status": 429, "body": body, "headers": headers})
        };
        let fault = match name {
            "reset in the request" => json!({"kind": "reset", "after": "part"}),
            "reset before the work" => json!({"kind": "reset"}),
            "reset after the work" => json!({"kind": "reset", "after": "work"}),
            "half a reply" => json!({"kind": "half_reply"}),
            "too late" => json!({"kind": "delay", "ms": late + rng.u64(50..400)}),
            "slow" => json!({"kind": "delay", "ms": rng.u64(20..late / 2)}),
            "500" => json!({"kind": "status", "status": 500, "body": system_error}),
            "500 after the work" => {
                json!({"kind": "status", "status": 500, "body": system_error, "after": "work"})
            }
            "503" => json!({"kind": "status", "status": 503, "body": "", "signed": false}),
            "429" => limited(json!({})),
            "429, Retry-After 1" => limited(json!({"Retry-After": "1"})),
            "429, Retry-After 30" => limited(json!({"Retry-After": "30"})),
            "wrong signature" => json!({"kind": "wrong_signature"}),
            "stale timestamp" => json!({"kind": "stale_timestamp", "seconds": 301 + rng.i64(..86_400)}),
            "unknown serial" => json!({"kind": "unknown_serial"}),
            "probe" => json!({"kind": "signtest_probe"}),
            "unsigned" => json!({"kind": "unsigned"}),
            "no nonce" => json!({"kind": "missing_header", "name": "wechatpay-nonce"}),
            "HTML 502" => json!({"kind": "html_502"}),
            "HTML 200" => json!({
                "kind": "status", "status": 200, "body": "<html>portal</html>", "content_type": "text/html", "signed": false,
            }),
            _ => json!({"kind": "certificate_signed"}),
        };
        let host = [None, None, Some("main"), Some("backup")][rng.usize(..4)];
        let times = [1, 1, 2, 9][rng.usize(..4)];
        Self { name, fault, host, times }
    }

    /// The body of `POST /faults` that strikes the call of this number and no other.
    pub(crate) fn order(&self, number: &str) -> Value {
        let mut rule = json!({"contains": number});
        if let Some(host) = self.host {
            rule["host"] = json!(host);
        }
        json!({"match": rule, "times": self.times, "fault": self.fault})
    }
}
