//! One call over the wire: sign each attempt afresh, choose the host, keep the deadline, verify what came back.

use std::future::Future;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::ambient::nonce;
use crate::bind::Bound;
use crate::client::{Client, Response};
use crate::error::{Error, ErrorKind, Retryability};
use crate::operation::Method;
use crate::refusal::{api_error, is_about_ciphertext, leaves_open_status};
use crate::retry::{Next, Retry, next, pause};
use crate::signature::{is_signed, verify};
use crate::transport::{Cause, Exchange, Failure, RawReply};

/// A bound request and what must be known to send it.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) bound: Bound,
    /// A host of its own, instead of the client's.
    pub(crate) host: Option<&'static str>,
    /// Repeating it has the effect of sending it once.
    pub(crate) idempotent: bool,
    /// A reply that is not signed by contract.
    pub(crate) unsigned_reply: bool,
}

impl Client {
    /// Does the work of one call within a span that says what became of it, and never with what it holds.
    pub(crate) async fn observed<T>(
        &self,
        name: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let span = tracing::info_span!(
            "wechatpay.call",
            operation = name,
            mchid = self.mchid(),
            status = tracing::field::Empty,
            request_id = tracing::field::Empty,
            attempts = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        let started = Instant::now();
        async {
            let outcome = work.await.map_err(|error| error.with_operation(name));
            Span::current().record("duration_ms", started.elapsed().as_millis() as u64);
            match &outcome {
                Ok(_) => tracing::debug!("done"),
                Err(error) => tracing::warn!(kind = error.kind().as_str(), code = error.code(), "failed"),
            }
            outcome
        }
        .instrument(span)
        .await
    }

    /// Sends it, as often as is harmless, and verifies what comes back, all within the call's time since it `started`.
    pub(crate) async fn dispatch(&self, outgoing: Outgoing, started: Instant) -> Result<Response, Error> {
        let mut fate = Fate::Known;
        let outcome = match self.attempts(&outgoing, &mut fate, started).await {
            Ok(outcome) => self.finish(&outgoing, outcome, started).await,
            Err(error) => Err(error),
        };
        outcome.map_err(|error| self.settle(&outgoing, fate, error))
    }

    /// Sends it likewise, and leaves it to the caller to verify what comes back.
    pub(crate) async fn unverified(&self, outgoing: &Outgoing) -> Result<RawReply, Error> {
        let outcome = self.attempts(outgoing, &mut Fate::Known, Instant::now()).await?;
        received(outgoing, outcome)
    }

    /// `fate` is that of all attempts so far: a refusal of the last one says nothing of those before. The outer error is
    /// one of ours, the inner one of the network.
    async fn attempts(
        &self,
        outgoing: &Outgoing,
        fate: &mut Fate,
        started: Instant,
    ) -> Result<Result<RawReply, Failure>, Error> {
        let hosts = &self.shared.hosts;
        let own_host = outgoing.host.filter(|_| hosts.official);
        let repeatable = !outgoing.changes() || self.retry == Retry::Idempotent;
        let host_count = if own_host.is_some() { 1 } else { hosts.len() };
        let (mut attempt, mut failed, mut unsent) = (0, None, 0);
        loop {
            attempt += 1;
            Span::current().record("attempts", attempt);
            let at = hosts.choose(failed);
            let base = own_host.unwrap_or(hosts.url(at).as_str()).trim_end_matches('/');
            let headers = self.headers(outgoing, self.timeout.saturating_sub(started.elapsed())).await?;
            let left = self.timeout.saturating_sub(started.elapsed());
            // A call that can be repeated does not spend its whole deadline on a host that hangs.
            let time_left = if repeatable && self.retry != Retry::Never { left.min(self.timeout / 3) } else { left };
            // Enough is left for the other host when this one cannot be reached.
            let connect = self.shared.transport.connect_timeout().min(self.timeout.mul_f64(0.4)).min(time_left);
            let outcome = self.attempt(outgoing, headers, base, time_left, connect).await?;
            if outgoing.changes() && leaves_open(&outcome) {
                *fate = Fate::Open;
            }
            match &outcome {
                Ok(reply) => {
                    hosts.answered(at);
                    tracing::debug!(attempt, host = base, status = reply.status, "attempt");
                }
                Err(failure) => {
                    if own_host.is_none() && failure.cause == Cause::Host {
                        hosts.failed(at);
                    }
                    unsent += usize::from(!failure.sent);
                    tracing::debug!(attempt, host = base, code = failure.code, "attempt");
                }
            }
            let wait = match next(&outcome, self.retry, repeatable, attempt, unsent < host_count) {
                Next::Finish => Duration::MAX,
                Next::OtherHost => Duration::ZERO,
                Next::Again { after } => pause(&*self.shared.ambient, attempt, after),
            };
            if started.elapsed().saturating_add(wait) >= self.timeout {
                return Ok(outcome);
            }
            failed = outcome.is_err().then_some(at);
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends once. The outer error is one of ours, the inner one of the network.
    async fn attempt(
        &self,
        outgoing: &Outgoing,
        headers: HeaderMap,
        base: &str,
        time_left: Duration,
        connect: Duration,
    ) -> Result<Result<RawReply, Failure>, Error> {
        let bound = &outgoing.bound;
        let url = url::Url::parse(&format!("{base}{}", bound.target))
            .map_err(|_| Error::internal("a bound request must have a URL"))?;
        if url[url::Position::BeforePath..] != bound.target {
            return Err(Error::internal("the URL to send differs from the URL to sign; please report this"));
        }
        let exchange = Exchange {
            method: outgoing.method.as_str(),
            headers,
            body: bound.body.clone(),
            url,
            time_left,
            connect,
            host: base,
        };
        Ok(self.shared.transport.exchange(exchange).await)
    }

    /// Signs an attempt afresh, within `limit`.
    async fn headers(&self, outgoing: &Outgoing, limit: Duration) -> Result<HeaderMap, Error> {
        let ambient = &*self.shared.ambient;
        let (now, bound) = (ambient.now(), &outgoing.bound);
        let authorization = self
            .merchant
            .signer
            .authorization(outgoing.method.as_str(), &bound.target, now, &nonce(ambient), bound.signed_body(), limit)
            .await?;
        let text = |value: &str| HeaderValue::from_str(value).map_err(|_| Error::internal("a header must be ASCII"));
        let mut headers = HeaderMap::with_capacity(8);
        let mut authorization = text(&authorization)?;
        authorization.set_sensitive(true);
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, self.shared.user_agent.clone());
        if let Some(content_type) = &bound.content_type {
            headers.insert(CONTENT_TYPE, text(content_type)?);
        }
        let keys = self.merchant.platform.keys();
        let preferred = || keys.preferred(now).map(|key| key.serial.as_str());
        if let Some(serial) = bound.encrypted_with.as_deref().or_else(preferred) {
            headers.insert("wechatpay-serial", text(serial)?);
        }
        for (name, value) in &bound.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::internal("a header's name must be a token"))?;
            headers.insert(name, text(value)?);
        }
        Ok(headers)
    }

    /// Turns the last attempt into the result: verified before anything of it is believed.
    async fn finish(
        &self,
        outgoing: &Outgoing,
        outcome: Result<RawReply, Failure>,
        started: Instant,
    ) -> Result<Response, Error> {
        let changes = outgoing.changes();
        let reply = received(outgoing, outcome)?;
        let left = self.timeout.saturating_sub(started.elapsed());
        if !(200..300).contains(&reply.status) {
            let verified = is_signed(&reply.headers) && self.verify_reply(&reply, left).await.is_ok();
            let now = self.shared.ambient.now();
            let error = api_error(reply.status, &reply.headers, &reply.body, verified, changes, now);
            return Err(if is_about_ciphertext(&error) { self.wrong_key(error, &outgoing.bound, now) } else { error });
        }
        if is_signed(&reply.headers) || !outgoing.unsigned_reply {
            self.verify_reply(&reply, left).await.map_err(|error| not_verified(error, &reply, changes))?;
        }
        let request_id = reply.request_id().map(str::to_owned);
        Ok(Response { status: reply.status, request_id, body: reply.body })
    }

    /// Verifies it; where keys are downloaded, one that is not known yet may be waited for, `left` at most.
    async fn verify_reply(&self, reply: &RawReply, left: Duration) -> Result<(), Error> {
        let now = self.shared.ambient.now();
        let verified = || verify(&reply.headers, &reply.body, &self.merchant.platform.keys(), now);
        match verified() {
            Err(error) if error.code() == "unknown_serial" => match self.learn_key(&reply.headers, left).await {
                None => Err(error),
                Some(note) => verified().map_err(|error| error.with_clause(note)),
            },
            outcome => outcome,
        }
    }

    /// Which key the fields were sent under that the platform cannot decrypt, and whose choice it was.
    fn wrong_key(&self, error: Error, bound: &Bound, now: i64) -> Error {
        let keys = self.merchant.platform.keys();
        let preferred = || keys.preferred(now).map(|key| key.serial.as_str());
        let Some(serial) = bound.encrypted_with.as_deref().or_else(preferred) else { return error };
        let remedy = match &bound.encrypted_with {
            Some(_) if bound.encrypted_by_caller => "encrypted_with must name the key that they were encrypted with",
            Some(_) => {
                "the key that is configured for it is another one's; compare it with the merchant console, or download it again"
            }
            None => "encrypt them under it, or name their key by the call option encrypted_with",
        };
        error.with_clause(format_args!(
            "the request names the platform's key {serial}, but its encrypted fields cannot be decrypted with that: {remedy}"
        ))
    }

    /// What the caller is to make of an error, given all attempts of the call and whether repeating it is harmless.
    fn settle(&self, outgoing: &Outgoing, fate: Fate, error: Error) -> Error {
        let error = match fate {
            Fate::Open if !error.may_have_taken_effect() => error.after_open_attempt(),
            _ => error,
        };
        self.repeatable(outgoing.idempotent, error)
    }

    /// What may have taken effect is safe to repeat where that has the effect of sending it once.
    pub(crate) fn repeatable(&self, idempotent: bool, error: Error) -> Error {
        let harmless = idempotent || self.retry == Retry::Idempotent;
        if harmless && error.may_have_taken_effect() { error.with_retry(Retryability::Safe) } else { error }
    }
}

/// Whether an attempt may have changed something, for all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Known,
    Open,
}

impl Outgoing {
    fn changes(&self) -> bool {
        self.method != Method::Get
    }
}

/// What came, if anything did.
fn received(outgoing: &Outgoing, outcome: Result<RawReply, Failure>) -> Result<RawReply, Error> {
    let reply = outcome.map_err(|failure| transport_error(failure, outgoing.changes()))?;
    Span::current().record("status", reply.status);
    if let Some(id) = reply.request_id() {
        Span::current().record("request_id", id);
    }
    Ok(reply)
}

/// A success whose signature does not hold: it may be one all the same.
pub(crate) fn not_verified(error: Error, reply: &RawReply, changes: bool) -> Error {
    let error = error.with_reply(reply.status, reply.request_id(), false).with_effect(changes);
    let fixable_here =
        matches!(error.code(), "clock_skew" | "unknown_serial" | "certificate_expired" | "unknown_signature_type");
    if fixable_here && !changes { error.with_retry(Retryability::Never) } else { error }
}

/// Whether this end of an attempt leaves it open if the request was carried out.
fn leaves_open(outcome: &Result<RawReply, Failure>) -> bool {
    match outcome {
        Ok(reply) => leaves_open_status(reply.status),
        Err(failure) => failure.sent,
    }
}

fn transport_error(failure: Failure, changes: bool) -> Error {
    let kind = match failure.code {
        "reply_too_large" => ErrorKind::Integrity,
        _ if failure.timeout => ErrorKind::Timeout,
        _ => ErrorKind::Transport,
    };
    let unknown = failure.sent && changes;
    let outcome =
        if unknown { "; whether the request took effect is unknown: query its result before repeating it" } else { "" };
    let error = Error::new(kind, failure.code, format!("{}{outcome}", failure.message)).with_effect(unknown);
    match failure.cause {
        // The same request would fail the same way.
        Cause::Ours if !unknown => error.with_retry(Retryability::Never),
        _ => error,
    }
}
