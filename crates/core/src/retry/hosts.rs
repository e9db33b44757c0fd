//! The hosts of a client, and which of them are well.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::classify::{End, Trouble};
use super::course::Nature;
use crate::error::Error;
use crate::options::Options;
use crate::per_process::PerProcess;
use crate::transport::seconds;

#[cfg(test)]
pub(super) mod memory;

const MAIN: &str = "https://api.mch.weixin.qq.com";
const BACKUP: &str = "https://api2.mch.weixin.qq.com";
const DEFAULT_COOL_DOWN: Duration = Duration::from_secs(30);
/// The domains of WeChat Pay that files are served from.
const OFFICIAL: &[&str] = &[".weixin.qq.com", ".wechatpay.cn", ".wechat.com", ".tenpay.com"];
/// A call remembers in a word of bits which ones it has tried.
const MOST_HOSTS: usize = 64;
/// A host that stays ill is asked less and less often, at least at this multiple of the cool-down.
const LONGEST_COOL_DOWN: u32 = 8;
/// Requests without an answer, one after another, until a host counts as ill.
const STRIKES: u32 = 3;

/// In the order of preference.
pub(crate) struct Hosts {
    list: Vec<Host>,
    /// Whether these are WeChat Pay's own: only then do operations with a host of their own go there.
    official: bool,
    registry: Arc<Registry>,
    cool_down: Duration,
}

/// One host.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) url: Url,
    /// Without the slash at the end.
    pub(crate) name: Arc<str>,
    health: Arc<Health>,
}

/// How the hosts of a process are, for all of its clients.
pub(crate) struct Registry {
    start: Instant,
    hosts: Mutex<HashMap<Arc<str>, Arc<Health>>>,
}

/// Times are milliseconds since the registry began. Without a lock: a fork may come at any moment.
#[derive(Default)]
struct Health {
    /// The host is avoided until then; nought while it is well.
    ill_until: AtomicU64,
    /// Requests without an answer, one after another.
    strikes: AtomicU32,
    /// How often the host was found ill, one after another.
    relapses: AtomicU32,
    /// Somebody tries the host until then.
    probed_until: AtomicU64,
    /// When it failed last.
    failed_at: AtomicU64,
}

static REGISTRY: PerProcess<Arc<Registry>> = PerProcess::new();

impl Registry {
    pub(crate) fn new() -> Self {
        Self { start: Instant::now(), hosts: Mutex::default() }
    }

    /// That of this process.
    fn of_process() -> Arc<Self> {
        REGISTRY.with(|| Ok::<_, Infallible>(Arc::new(Self::new())), Arc::clone).unwrap_or_else(|never| match never {})
    }

    fn health(&self, name: &Arc<str>) -> Arc<Health> {
        Arc::clone(self.hosts.lock().unwrap_or_else(PoisonError::into_inner).entry(Arc::clone(name)).or_default())
    }

    fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }
}

impl Hosts {
    pub(crate) fn from_options(options: &Options) -> Result<Self, Error> {
        Self::with_registry(options, Registry::of_process())
    }

    pub(crate) fn with_registry(options: &Options, registry: Arc<Registry>) -> Result<Self, Error> {
        let official = options.base_url.is_none();
        let main = options.base_url.as_deref().unwrap_or(MAIN);
        let mut list = vec![Host::parse("base_url", main, &registry)?];
        // A client pointed elsewhere never falls back to the real platform.
        let backups = options.backup_url.as_deref().or(official.then_some(BACKUP)).unwrap_or_default();
        for backup in backups.split(',').map(str::trim).filter(|backup| !backup.is_empty()) {
            let host = Host::parse("backup_url", backup, &registry)?;
            if list.iter().any(|known| known.name == host.name) {
                let problem = format!("names {} twice, or the same host as base_url", host.name);
                return Err(Error::config("backup_url", "same_host", problem));
            }
            list.push(host);
        }
        if list.len() > MOST_HOSTS {
            let problem = format!("names too many hosts: {MOST_HOSTS} with the main one are the most");
            return Err(Error::config("backup_url", "too_many_hosts", problem));
        }
        let cool_down = seconds("cool_down", options.cool_down, DEFAULT_COOL_DOWN)?;
        Ok(Self { list, official, registry, cool_down })
    }

    /// Those of an operation, which may have a host of its own.
    pub(crate) fn of_operation(&self, own: Option<&'static str>) -> Result<Cow<'_, [Host]>, Error> {
        match own.filter(|_| self.official) {
            None => Ok(Cow::Borrowed(&self.list)),
            Some(own) => Ok(Cow::Owned(vec![Host::parse("base_url", own, &self.registry)?])),
        }
    }

    /// Whether a download may be asked for there: at these hosts, or at one of WeChat Pay's.
    pub(crate) fn may_serve(&self, url: &Url) -> bool {
        let theirs = |host: &str| OFFICIAL.iter().any(|domain| host.ends_with(domain));
        // Of a client that is pointed elsewhere only the path counts.
        !self.official || self.has(url) || url.scheme() == "https" && url.host_str().is_some_and(theirs)
    }

    fn has(&self, url: &Url) -> bool {
        self.list.iter().any(|host| host.url.origin() == url.origin())
    }

    /// Those that have what is at this address.
    pub(crate) fn of_url(&self, url: &Url) -> Result<Cow<'_, [Host]>, Error> {
        if !self.official || self.has(url) {
            return Ok(Cow::Borrowed(&self.list));
        }
        let host = &url[..url::Position::BeforePath];
        Ok(Cow::Owned(vec![Host::parse("url", host, &self.registry)?]))
    }

    /// Which of them (bits) are not known to be ill.
    pub(crate) fn well(hosts: &[Host]) -> u64 {
        let bit = |(at, host): (usize, &Host)| u64::from(host.health.ill_until.load(Relaxed) == 0) << at;
        hosts.iter().enumerate().map(bit).sum()
    }

    /// The first host that is well and not among the `tried` ones (bits); an ill one only to see if it has recovered, or if
    /// there is no other: then in turn, so that one which has recovered is found by the next calls.
    pub(crate) fn choose(&self, hosts: &[Host], tried: u64, nature: Nature) -> usize {
        self.choose_at(self.registry.now(), hosts, tried, nature)
    }

    pub(super) fn choose_at(&self, now: u64, hosts: &[Host], tried: u64, nature: Nature) -> usize {
        let untried = |at: &usize| tried & (1 << at) == 0;
        let candidates = || (0..hosts.len()).filter(untried);
        candidates()
            .find(|at| hosts[*at].health.is_usable(now, millis(self.cool_down), nature))
            .or_else(|| candidates().min_by_key(|at| hosts[*at].health.failed_at.load(Relaxed)))
            .unwrap_or(0)
    }

    /// An attempt has ended there.
    pub(crate) fn ended(&self, host: &Host, end: End) {
        self.ended_at(|| self.registry.now(), host, end);
    }

    pub(super) fn ended_at(&self, now: impl FnOnce() -> u64, host: &Host, end: End) {
        match (end, end.trouble()) {
            (_, Some(trouble)) => host.health.failed(trouble, now(), millis(self.cool_down)),
            (End::Reply { .. }, None) => host.health.answered(),
            // Ours: it says nothing of the host.
            (End::Broken { .. }, None) => {}
        }
    }
}

impl Health {
    /// Whether a call may go there. Of an ill host whose time is up, one call at a time finds out; preferably one that may
    /// be repeated, since a host may take a request and not answer. So others wait for as long again.
    fn is_usable(&self, now: u64, cool_down: u64, nature: Nature) -> bool {
        let until = self.ill_until.load(Relaxed);
        if until == 0 {
            return true;
        }
        let patience = if nature == Nature::Repeatable { 0 } else { cool_down };
        let probed = self.probed_until.load(Relaxed);
        now >= until.saturating_add(patience)
            && now >= probed
            && self.probed_until.compare_exchange(probed, now + cool_down, Relaxed, Relaxed).is_ok()
    }

    fn failed(&self, trouble: Trouble, now: u64, cool_down: u64) {
        self.failed_at.store(now, Relaxed);
        let until = self.ill_until.load(Relaxed);
        let strikes = self.strikes.fetch_add(1, Relaxed) + 1;
        let tolerated = trouble == Trouble::Unanswered && until == 0 && strikes < STRIKES;
        // Those that were under way when it fell ill say nothing new.
        if tolerated || now < until {
            return;
        }
        let relapses = self.relapses.fetch_add(1, Relaxed);
        let factor = 1_u32.checked_shl(relapses).unwrap_or(LONGEST_COOL_DOWN).min(LONGEST_COOL_DOWN);
        self.ill_until.store((now + cool_down * u64::from(factor)).max(1), Relaxed);
        self.probed_until.store(0, Relaxed);
    }

    fn answered(&self) {
        // Mostly there is nothing to forget, and a write would take the line from the other processors.
        if self.strikes.load(Relaxed) != 0 || self.ill_until.load(Relaxed) != 0 {
            self.strikes.store(0, Relaxed);
            self.relapses.store(0, Relaxed);
            self.ill_until.store(0, Relaxed);
        }
    }
}

impl Host {
    fn parse(option: &str, text: &str, registry: &Registry) -> Result<Self, Error> {
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
        let name: Arc<str> = url.as_str().trim_end_matches('/').into();
        Ok(Self { health: registry.health(&name), url, name })
    }
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}
