//! Ends what is pending, by the clock and on command, and tells merchants of it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::notify::notify;
use crate::pending::Notice;
use crate::platform::Platform;

/// How often the clock is looked at.
const TICK: Duration = Duration::from_millis(250);

/// The body of `POST /settle`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settlement {
    /// The merchant's number of a refund, a request to share or to give back, a bill or a batch; all, where it is left out.
    number: Option<String>,
    outcome: Option<String>,
}

/// The body of `POST /complaints`: the complaint, or what of it is not as usual.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filing {
    #[serde(default = "nothing")]
    complaint: Value,
    /// Who is told; the sandbox's merchant, where it is left out.
    mchid: Option<String>,
}

fn nothing() -> Value {
    json!({})
}

/// Ends what is wanted now: `{"notifications": [{"id", "headers", "body", "answer"}]}`.
pub(crate) async fn settle(settlement: Settlement, platform: &Platform) -> Result<Value, String> {
    let Settlement { number, outcome } = settlement;
    let notices = {
        let mut business = platform.business();
        business.end_now(number.as_deref(), outcome.as_deref())?;
        business.take_notices()
    };
    Ok(json!({"notifications": send_all(platform, notices).await?}))
}

/// A user files a complaint: `{"complaint", "notifications"}`.
pub(crate) async fn file(filing: Filing, platform: &Platform) -> Result<Value, String> {
    let Filing { complaint, mchid } = filing;
    let mchid = mchid.unwrap_or_else(|| platform.identity.mchid.clone());
    if !complaint.is_object() {
        return Err("complaint must be an object".to_owned());
    }
    let (complaint, notices) = {
        let mut business = platform.business();
        let id = complaint["complaint_id"].as_str().unwrap_or_default();
        if business.complaint(id).is_some() {
            return Err(format!("there is a complaint {id} already"));
        }
        (business.file_complaint(complaint, &mchid), business.take_notices())
    };
    Ok(json!({"complaint": complaint, "notifications": send_all(platform, notices).await?}))
}

/// Sends notices in order. What another URL than one of loopback would get is in the answer only: nothing ever leaves this
/// machine.
pub(crate) async fn send_all(platform: &Platform, notices: Vec<Notice>) -> Result<Vec<Value>, String> {
    let mut sent = Vec::new();
    for notice in notices {
        sent.push(send(platform, notice).await?);
    }
    Ok(sent)
}

pub(crate) async fn send(platform: &Platform, notice: Notice) -> Result<Value, String> {
    let Notice { event_type, original_type, summary, resource, url } = notice;
    let order = json!({
        "event_type": event_type,
        "original_type": original_type,
        "resource": resource,
        "envelope": {"summary": summary},
        "url": is_loopback(&url).then_some(url),
    });
    let order = serde_json::from_value(order).expect("written as an order of a notification");
    let certificate = platform.certificates().signing().clone();
    notify(order, &platform.identity, &certificate).await
}

/// Ends what is due for as long as the task lives.
pub(crate) fn by_the_clock(platform: Arc<Platform>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            let notices = {
                let mut business = platform.business();
                business.end_due();
                business.take_notices()
            };
            if let Err(error) = send_all(&platform, notices).await {
                tracing::error!(%error, "a notification could not be made");
            }
        }
    })
}

fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_is_notified() {
        for url in ["http://127.0.0.1:80/n", "http://[::1]:8080/n", "http://localhost/n", "https://127.1.2.3/n"] {
            assert!(is_loopback(url), "{url}");
        }
        for url in ["https://shop.example/n", "http://192.168.0.1/n", "http://127.0.0.1.example/n", "localhost", ""] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
