//! The store of processed notifications, as bindings hold it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::call::Call;
use crate::client::Reply;
use crate::error::{ErrorRecord, Result};

/// Knows which notifications have been processed; cheap to clone, shared by threads.
#[derive(Clone)]
pub struct Seen(Arc<wechatpay_sdk::Seen>);

impl Seen {
    /// A store in this process's memory. `seconds`: how long it keeps ids; None for two days.
    ///
    /// # Errors
    /// Config, naming `seconds`.
    pub fn memory(seconds: Option<f64>) -> Result<Self> {
        Ok(Self(Arc::new(wechatpay_sdk::Seen::memory(duration(seconds)?)?)))
    }

    /// A store in a Redis.
    ///
    /// # Errors
    /// Config, naming `url` or `seconds`.
    pub fn redis(url: &str, seconds: Option<f64>) -> Result<Self> {
        Ok(Self(Arc::new(wechatpay_sdk::Seen::redis(url, duration(seconds)?)?)))
    }

    /// Asks for a notification. The reply is `true`: it is the caller's; or `false`: it has been processed.
    #[must_use]
    pub fn claim(&self, id: &str) -> Call {
        self.call("claim", id, |seen, id| async move { Ok(seen.claim(&id).await?.into()) })
    }

    /// It has been processed. The reply is `null`.
    #[must_use]
    pub fn done(&self, id: &str) -> Call {
        self.call("done", id, |seen, id| async move { Ok(seen.done(&id).await?.into()) })
    }

    /// Processing failed. The reply is `null`.
    #[must_use]
    pub fn release(&self, id: &str) -> Call {
        self.call("release", id, |seen, id| async move { Ok(seen.release(&id).await?.into()) })
    }

    fn call<F>(&self, name: &str, id: &str, ask: impl FnOnce(Arc<wechatpay_sdk::Seen>, String) -> F) -> Call
    where
        F: Future<Output = Result<Value>> + Send + 'static,
    {
        let answer = ask(Arc::clone(&self.0), id.to_owned());
        // None of them changes anything at the platform.
        Call::new(format!("seen.{name}"), false, async move { Ok(Reply::utility(&answer.await?)) })
    }
}

fn duration(seconds: Option<f64>) -> Result<Duration> {
    let Some(seconds) = seconds else { return Ok(wechatpay_sdk::Seen::DEFAULT_TTL) };
    let bad = |_| ErrorRecord::bad_option("seconds", "must be a positive number of seconds, at most those of a year");
    Duration::try_from_secs_f64(seconds).map_err(bad)
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
