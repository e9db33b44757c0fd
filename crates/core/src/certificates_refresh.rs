//! Keeps a merchant's platform certificates current: who begins a download, who waits for it, and what it does.
//!
//! A download runs on the SDK's workers and never in the time of a call that a known key can verify. It is shared by all
//! who want it, and goes the way of every request: signed, over both hosts, within a deadline of its own.

use std::future::Future;
use std::time::Duration;

use http::HeaderMap;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::advice::not_verified;
use crate::bind::Bound;
use crate::certificates_reply::{PlatformCertificate, decrypt_certificates, verify_with_itself};
use crate::client::Client;
use crate::error::{Error, ErrorKind, Retryability};
use crate::key_ring::{Begun, Ending, LEAST_PAUSE, MAX_AGE, Reason};
use crate::operation::Method;
use crate::platform_keys::{KnownKeys, PUBLIC_KEY_PREFIX, same_serial};
use crate::refusal::api_error;
use crate::resource::no_apiv3_key;
use crate::retry::Retry;
use crate::send::Outgoing;
use crate::signature::{is_signed, verify};
use crate::transport::RawReply;

const PATH: &str = "/v3/certificates";
/// Others wait for it too: a hasty caller's deadline must not be theirs.
const TIME: Duration = Duration::from_secs(10);

impl Client {
    /// The platform's keys that this client knows, and what became of the last download. Sends nothing.
    #[must_use]
    pub fn platform_keys(&self) -> KnownKeys {
        self.merchant.platform.known(self.shared.ambient.now())
    }

    /// Downloads the platform's certificates now, unless that was begun in the last minute, and tells what is known then.
    ///
    /// # Errors
    /// Config without `auto_certificates`, and where the platform has no certificates for this merchant
    /// (`no_platform_certificates`); any kind where the download fails. The keys known before stay in use.
    pub async fn refresh_platform_keys(&self) -> Result<KnownKeys, Error> {
        let outcome = self.refreshed_as_asked().await;
        outcome.map(|()| self.platform_keys()).map_err(|error| error.with_operation("platform_keys.refresh"))
    }

    async fn refreshed_as_asked(&self) -> Result<(), Error> {
        if !self.merchant.platform.is_automatic() {
            let problem = "must be true: this client downloads no certificates, and uses the keys that it was given";
            return Err(Error::config("auto_certificates", "missing_option", problem));
        }
        match self.begin(Reason::Asked) {
            None | Some(Begun::TooSoon { .. }) => Ok(()),
            Some(Begun::Running(running)) => ended(running, self.timeout).await,
        }
    }

    /// Downloads and verifies the platform's certificates without keeping them: all that the platform lists, also those
    /// outside their validity. Needs the APIv3 key.
    ///
    /// # Errors
    /// Any kind; config (`no_platform_certificates`) where the platform has none for this merchant.
    pub async fn download_certificates(&self) -> Result<Vec<PlatformCertificate>, Error> {
        Ok(self.downloaded().await?.1)
    }

    /// Before a call: begins a refresh that is due, and waits for one only where no key is usable.
    pub(crate) async fn keys_ready(&self, started: Instant) -> Result<(), Error> {
        let ring = &self.merchant.platform;
        let usable = || ring.keys().preferred(self.shared.ambient.now()).is_some();
        if !ring.is_automatic() {
            return Ok(());
        }
        if usable() {
            self.refresh_if_old();
            return Ok(());
        }
        let left = self.timeout.saturating_sub(started.elapsed());
        let outcome = match self.begin(Reason::NoKey) {
            None => Ok(()),
            Some(Begun::Running(running)) => ended(running, left).await,
            Some(Begun::TooSoon { ago, error: Some(error) }) => {
                let next = LEAST_PAUSE - ago;
                Err(error.with_clause(format_args!("that was {ago} s ago, and is tried again in {next} s")))
            }
            Some(Begun::TooSoon { error: None, .. }) => Ok(()),
        };
        outcome.map_err(|error| error.with_clause("nothing was sent"))?;
        if usable() { Ok(()) } else { Err(none_is_valid()) }
    }

    /// Begins a refresh in the background where the set is old.
    pub(crate) fn refresh_if_old(&self) {
        if self.merchant.platform.is_old(self.shared.ambient.now()) {
            self.begin(Reason::Old);
        }
    }

    /// For a reply under a key that is not known: waits, `left` at most, for a download that may bring it. What to add to
    /// the error if it has not; none where there is nothing to wait for.
    pub(crate) async fn learn_key(&self, headers: &HeaderMap, left: Duration) -> Option<String> {
        Some(match self.begin(Reason::UnknownSerial(unknown_certificate(headers)?))? {
            Begun::Running(running) => match ended(running, left).await {
                Ok(()) => "the certificates that were downloaded just now do not have it either".to_owned(),
                Err(error) => format!("downloading certificates did not help: {error}"),
            },
            Begun::TooSoon { ago, .. } => too_soon(ago),
        })
    }

    /// For a notification under a key that is not known: the next delivery will find it. Nobody waits.
    pub(crate) fn not_received(&self, error: Error, headers: &HeaderMap) -> Error {
        let serial = unknown_certificate(headers).filter(|_| error.code() == "unknown_serial");
        match serial.and_then(|serial| self.begin(Reason::UnknownSerial(serial))) {
            None => error,
            Some(Begun::TooSoon { ago, .. }) => error.with_clause(too_soon(ago)),
            Some(Begun::Running(_)) => error
                .with_clause(
                    "the platform's certificates are being downloaded: answer with a failure, and the notification is verified when it is delivered again",
                )
                .with_retry(Retryability::Safe),
        }
    }

    /// Begins a download unless one is under way or was begun too lately, and lets it run.
    fn begin(&self, reason: Reason<'_>) -> Option<Begun> {
        let (begun, work) = self.merchant.platform.begin(reason, self.shared.ambient.now())?;
        let Some(work) = work else { return Some(begun) };
        let wanted = match reason {
            Reason::UnknownSerial(serial) => Some(serial.to_owned()),
            _ => None,
        };
        let also_cached = reason != Reason::Asked;
        let client = Self { timeout: self.timeout.max(TIME), retry: Retry::Safe, ..self.clone() };
        let renewal = async move { work.end(client.renew(wanted.as_deref(), also_cached).await) };
        // Where it cannot run, the work is dropped, which tells those who wait.
        if let Err(error) = spawn(renewal) {
            tracing::warn!("no download of platform certificates can run: {error}");
        }
        Some(begun)
    }

    /// Takes what another process has put into the cache meanwhile, or else downloads. `wanted`: the serial that is missed.
    async fn renew(&self, wanted: Option<&str>, also_cached: bool) -> Result<(), Error> {
        if also_cached && self.take_cached(wanted) {
            return Ok(());
        }
        let (reply, certificates) = self.downloaded().await.inspect_err(|error| {
            tracing::warn!(
                code = error.code(),
                "the platform's certificates cannot be refreshed; the keys known so far stay in use: {error}"
            );
        })?;
        let ring = &self.merchant.platform;
        // Before anybody goes on: a process that ends after its call has filled the cache for the next one.
        if let Some(cache) = ring.cache() {
            cache.save(&reply.headers, &reply.body);
        }
        ring.install(&certificates, self.shared.ambient.now(), &*self.shared.ambient);
        tracing::info!(keys = ring.keys().serials(), "the platform's certificates were refreshed");
        Ok(())
    }

    fn take_cached(&self, wanted: Option<&str>) -> bool {
        let ring = &self.merchant.platform;
        let (Some(cache), Some(key)) = (ring.cache(), &self.merchant.apiv3_key) else { return false };
        let now = self.shared.ambient.now();
        let Some(cached) = cache.load(key, &ring.keys(), now) else { return false };
        let newer = Some(cached.signed_at) > ring.refreshed() && now < cached.signed_at.saturating_add(MAX_AGE);
        let found = |serial: &str| cached.certificates.iter().any(|it| same_serial(&it.certificate.serial_no, serial));
        if !newer || !wanted.is_none_or(found) {
            return false;
        }
        ring.install(&cached.certificates, cached.signed_at, &*self.shared.ambient);
        true
    }

    async fn downloaded(&self) -> Result<(RawReply, Vec<PlatformCertificate>), Error> {
        self.observed("certificates.list", async {
            let key = self.merchant.apiv3_key.as_ref().ok_or_else(no_apiv3_key)?;
            let bound = Bound { target: PATH.to_owned(), ..Bound::default() };
            let outgoing = Outgoing::new(Method::Get, bound, None);
            let reply = self.unverified(&outgoing).await?;
            let (now, known) = (self.shared.ambient.now(), self.merchant.platform.keys());
            if !(200..300).contains(&reply.status) {
                let verified = is_signed(&reply.headers) && verify(&reply.headers, &reply.body, &known, now).is_ok();
                return Err(refused(api_error(reply.status, &reply.headers, &reply.body, verified, false, now)));
            }
            let read = decrypt_certificates(&reply.body, key)
                .map_err(|error| error.with_reply(reply.status, reply.request_id(), false));
            let certificates = read?;
            verify_with_itself(&reply.headers, &reply.body, &known, &certificates, now)
                .map_err(|error| not_verified(error, &reply, false))?;
            drop(known);
            Ok((reply, certificates))
        })
        .await
        .map_err(|error| error.with_clause("no platform certificates were downloaded"))
    }
}

/// The serial that a signature names and that only a certificate can have.
fn unknown_certificate(headers: &HeaderMap) -> Option<&str> {
    let serial = headers.get("wechatpay-serial")?.to_str().ok()?;
    (!serial.starts_with(PUBLIC_KEY_PREFIX)).then_some(serial)
}

async fn ended(mut running: watch::Receiver<Ending>, left: Duration) -> Result<(), Error> {
    let lost = || Error::internal("the download of platform certificates was lost");
    match timeout(left, running.wait_for(Option::is_some)).await {
        Ok(Ok(ending)) => ending.clone().unwrap_or_else(|| Err(lost())),
        Ok(Err(_)) => Err(lost()),
        Err(_) => {
            let message = format!("no platform certificates came within the {} ms that were left", left.as_millis());
            Err(Error::new(ErrorKind::Timeout, "timeout", message).with_effect(false))
        }
    }
}

/// New merchants have none. The platform's 404 must not pass for that of the call which only waited for certificates.
fn refused(error: Error) -> Error {
    if error.status() != Some(404) || !matches!(error.code(), "RESOURCE_NOT_EXISTS" | "NOT_FOUND") {
        return error;
    }
    let problem = format!(
        "cannot work: the platform has no certificates for this merchant ({}), which uses public key mode; configure WeChat Pay's public key (public_key_id and platform_public_key) instead",
        error.code()
    );
    Error::config("auto_certificates", "no_platform_certificates", problem)
}

fn none_is_valid() -> Error {
    let message = "none of the platform's certificates is valid by this machine's clock: check the clock, or configure WeChat Pay's public key, which never expires; nothing was sent";
    Error::new(ErrorKind::Signature, "certificate_expired", message)
}

fn too_soon(ago: i64) -> String {
    format!("certificates were downloaded {ago} s ago, and are at most every {LEAST_PAUSE} s")
}

/// On the SDK's workers.
#[cfg(feature = "blocking")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
    crate::runtimes::spawn(work, drop).map(drop)
}

/// On the application's runtime: there is no other.
#[cfg(not(feature = "blocking"))]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
    let runtime = tokio::runtime::Handle::try_current();
    let runtime = runtime.map_err(|_| Error::internal("a runtime of tokio is needed to download certificates"))?;
    drop(runtime.spawn(work));
    Ok(())
}
