//! Which host, how often, how long: retries that never double-charge.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::ambient::{Ambient, up_to};
use crate::error::Error;
use crate::options::Options;
use crate::transport::{Cause, Failure, RawReply};

const MAIN: &str = "https://api.mch.weixin.qq.com";
const BACKUP: &str = "https://api2.mch.weixin.qq.com";
const COOL_DOWN: Duration = Duration::from_secs(30);
const MAX_ATTEMPTS: u32 = 4;
const BACKOFF_BASE: Duration = Duration::from_millis(200);
const BACKOFF_CAP: Duration = Duration::from_secs(5);

/// What may be repeated when the fate of a request is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Retry {
    /// Nothing, not even where the request was never sent.
    Never,
    /// GETs; and any request that was provably never sent goes to the other host.
    #[default]
    Safe,
    /// This request too: the caller says that repeating it is harmless, since it carries its own `out_…_no`.
    Idempotent,
}

impl std::str::FromStr for Retry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self::Never),
            "safe" => Ok(Self::Safe),
            "idempotent" => Ok(Self::Idempotent),
            _ => Err("must be one of never, safe, idempotent".to_owned()),
        }
    }
}

/// The main host and its backup, and which of them lately failed.
pub(crate) struct Hosts {
    hosts: Vec<Host>,
    /// Whether these are WeChat Pay's own: only then do operations with a host of their own go there.
    pub(crate) official: bool,
    start: Instant,
}

struct Host {
    url: Url,
    /// Milliseconds since `start` until which this host is avoided.
    avoid_until: AtomicU64,
}

impl Hosts {
    pub(crate) fn from_options(options: &Options) -> Result<Self, Error> {
        let official = options.base_url.is_none();
        let mut hosts = vec![Host::parse("base_url", options.base_url.as_deref().unwrap_or(MAIN))?];
        // A client pointed elsewhere never falls back to the real platform.
        let backup = options.backup_url.as_deref().or(official.then_some(BACKUP));
        if let Some(backup) = backup {
            hosts.push(Host::parse("backup_url", backup)?);
        }
        Ok(Self { hosts, official, start: Instant::now() })
    }

    fn millis(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    /// The first host that is not avoided, other than the one that just failed; if all are, the first.
    pub(crate) fn choose(&self, failed: Option<usize>) -> usize {
        let now = self.millis();
        let usable = |at: &usize| self.hosts[*at].avoid_until.load(Ordering::Relaxed) <= now;
        (0..self.hosts.len())
            .filter(|at| Some(*at) != failed)
            .find(usable)
            .unwrap_or_else(|| (0..self.hosts.len()).find(|at| Some(*at) != failed).unwrap_or(0))
    }

    pub(crate) fn url(&self, at: usize) -> &Url {
        &self.hosts[at].url
    }

    pub(crate) fn len(&self) -> usize {
        self.hosts.len()
    }

    pub(crate) fn failed(&self, at: usize) {
        let until = self.millis() + COOL_DOWN.as_millis() as u64;
        self.hosts[at].avoid_until.store(until, Ordering::Relaxed);
    }

    pub(crate) fn answered(&self, at: usize) {
        self.hosts[at].avoid_until.store(0, Ordering::Relaxed);
    }
}

impl Host {
    fn parse(option: &str, text: &str) -> Result<Self, Error> {
        let bad = |problem: &str| Error::config(option, "bad_url", problem);
        let url = Url::parse(text).map_err(|_| bad("must be a URL like https://api.mch.weixin.qq.com"))?;
        let loopback = match url.host_str() {
            None => return Err(bad("must be a URL like https://api.mch.weixin.qq.com")),
            Some(host) => {
                matches!(host, "localhost" | "[::1]")
                    || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            }
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(bad("must begin with https:// (plain http is accepted for loopback addresses only)")),
        }
        if !matches!(url.path(), "" | "/")
            || url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(bad("must be scheme, host and port only: the path belongs to the operation"));
        }
        Ok(Self { url, avoid_until: AtomicU64::new(0) })
    }
}

/// What an attempt's end means for the next one.
pub(crate) enum Next {
    /// This is the result.
    Finish,
    /// The other host, at once.
    OtherHost,
    /// Once more, after a pause (at least this long, if the platform said so).
    Again { after: Option<Duration> },
}

/// Decides after an attempt. `repeatable`: GET, or said to be idempotent by the caller.
pub(crate) fn next(
    outcome: &Result<RawReply, Failure>,
    retry: Retry,
    repeatable: bool,
    attempt: u32,
    untried_host: bool,
) -> Next {
    if retry == Retry::Never || attempt >= MAX_ATTEMPTS {
        return Next::Finish;
    }
    match outcome {
        Err(failure) if failure.cause == Cause::Ours => Next::Finish,
        Err(failure) if !failure.sent && untried_host => Next::OtherHost,
        Err(failure) if !failure.sent || repeatable => Next::Again { after: None },
        Ok(reply) if repeatable && (reply.status >= 500 || reply.status == 429) => {
            Next::Again { after: retry_after(reply) }
        }
        _ => Next::Finish,
    }
}

fn retry_after(reply: &RawReply) -> Option<Duration> {
    let seconds: u64 = reply.headers.get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Exponential backoff with full jitter; what the platform asks for is the least.
pub(crate) fn pause(ambient: &dyn Ambient, attempt: u32, after: Option<Duration>) -> Duration {
    let ceiling = BACKOFF_BASE.saturating_mul(1 << attempt.min(10)).min(BACKOFF_CAP);
    let jitter = Duration::from_millis(up_to(ambient, ceiling.as_millis() as u64));
    jitter.max(after.unwrap_or_default())
}
