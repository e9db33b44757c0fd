//! Delivery of notifications: once, or until the receiver has taken it, as often as the platform tries.

use std::time::Duration;

use hyper::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

/// The platform waits no longer for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Seconds between a delivery that was not taken and the next one.
/// Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>
const SCHEDULE: [u32; 15] = [15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600];

/// How much faster the platform's day goes by.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redeliver {
    /// What a second of the schedule lasts, in seconds.
    scale: f64,
}

/// How the names of headers are written. Receivers must not care.
#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HeaderCase {
    #[default]
    Lower,
    Title,
}

/// Where deliveries go, and how.
pub(crate) struct Delivery<'a> {
    client: reqwest::Client,
    url: &'a str,
}

impl<'a> Delivery<'a> {
    pub(crate) fn new(url: &'a str, case: HeaderCase) -> Result<Self, String> {
        let mut client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // Each delivery of the platform comes from another of its machines.
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE);
        if matches!(case, HeaderCase::Title) {
            client = client.http1_title_case_headers();
        }
        Ok(Self { client: client.build().map_err(|error| error.to_string())?, url })
    }

    /// Delivers what `make` makes, anew each time: `[{"after_seconds", "answer"}]`, in seconds of the schedule. It ends
    /// with the first answer that takes the notification; without `redeliver` with the first one.
    pub(crate) async fn run(
        &self,
        redeliver: Option<Redeliver>,
        mut make: impl FnMut() -> Result<(HeaderMap, String), String>,
    ) -> Result<Vec<Value>, String> {
        let scale = redeliver.map_or(0.0, |redeliver| redeliver.scale);
        if !(0.0..=1.0).contains(&scale) {
            return Err("redeliver.scale must be between 0 and 1".to_owned());
        }
        let further = if redeliver.is_some() { &SCHEDULE[..] } else { &[] };
        let (mut deliveries, mut after) = (Vec::new(), 0);
        for pause in std::iter::once(&0).chain(further) {
            after += pause;
            sleep(Duration::from_secs(u64::from(*pause)).mul_f64(scale)).await;
            let (headers, body) = make()?;
            let answer = self.post(headers, body).await?;
            let taken = answer["taken"] == true;
            deliveries.push(json!({"after_seconds": after, "answer": answer}));
            if taken {
                break;
            }
        }
        Ok(deliveries)
    }

    async fn post(&self, headers: HeaderMap, body: String) -> Result<Value, String> {
        let request = self.client.post(self.url).headers(headers).body(body);
        match self.client.execute(request.build().map_err(|error| format!("url: {error}"))?).await {
            Err(error) => Ok(json!({"error": error.to_string()})),
            Ok(reply) => {
                let status = reply.status().as_u16();
                let text = reply.text().await.unwrap_or_default();
                Ok(json!({"status": status, "body": text, "taken": (200..300).contains(&status)}))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SCHEDULE;

    #[test]
    fn the_platform_tries_for_a_day() {
        assert_eq!((SCHEDULE.len(), SCHEDULE.iter().sum::<u32>()), (15, 24 * 3600 + 4 * 60));
    }
}
