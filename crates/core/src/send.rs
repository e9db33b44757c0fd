//! One call over the wire: sign each attempt afresh, choose the host, keep the deadline, verify what came back.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use tracing::{Instrument, Span};
use url::Url;

use crate::advice::{not_verified, transport_error};
use crate::ambient::{nonce, up_to};
use crate::bind::Bound;
use crate::client::{Client, Response};
use crate::download::Saving;
use crate::error::Error;
use crate::observer::AttemptStart;
use crate::operation::{Method, Operation, ReplyKind};
use crate::refusal::{api_error, is_about_ciphertext};
use crate::retry::{Attempt, Course, End, Fate, Host, Hosts, Nature, Step};
use crate::signature::{is_signed, verify};
use crate::transport::{Exchange, Failure, RawReply};

/// A bound request and what must be known to send it.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) bound: Bound,
    /// None for a request outside the spec.
    pub(crate) operation: Option<&'static Operation>,
    /// Of a download by its address: which host has it.
    pub(crate) address: Option<Url>,
    /// Where the body of a success goes; into memory otherwise. It is not signed, by contract: its hash is checked.
    pub(crate) saving: Option<Mutex<Saving>>,
}

/// How the last attempt of a call ended: with a reply, or the network's failure.
type Outcome = Result<RawReply, Failure>;

/// What became of the attempts of a call.
struct Log {
    /// Of all attempts together.
    fate: Fate,
    before: Vec<Attempt>,
    last: Option<Attempt>,
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
            // As tracing-opentelemetry reads them: a span of a client, and whether it failed.
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
        );
        let started = Instant::now();
        async {
            let outcome = work.await.map_err(|error| error.with_operation(name));
            Span::current().record("duration_ms", started.elapsed().as_millis() as u64);
            match &outcome {
                Ok(_) => tracing::debug!("done"),
                Err(error) => {
                    Span::current().record("otel.status_code", "error");
                    tracing::warn!(kind = error.kind().as_str(), code = error.code(), "failed");
                }
            }
            outcome
        }
        .instrument(span)
        .await
    }

    /// Sends it, as often as is harmless, and verifies what comes back, all within the call's time since it `started`.
    pub(crate) async fn dispatch(&self, outgoing: &Outgoing, started: Instant) -> Result<Response, Error> {
        let mut log = Log::new();
        let outcome = match self.attempts(outgoing, &mut log, started).await {
            Ok(outcome) => self.finish(outgoing, outcome, started).await,
            Err(error) => Err(error),
        };
        outcome.map_err(|error| {
            let error = if log.fate == Fate::Open { error.after_open_attempt() } else { error };
            self.advise(outgoing.operation, error.with_attempts(log.attempts()))
        })
    }

    /// Sends it likewise, and leaves it to the caller to verify what comes back.
    pub(crate) async fn unverified(&self, outgoing: &Outgoing) -> Result<RawReply, Error> {
        let mut log = Log::new();
        let outcome = self.attempts(outgoing, &mut log, Instant::now()).await?;
        received(outgoing, outcome).map_err(|error| error.with_attempts(log.attempts()))
    }

    /// Attempt after attempt, never two at once. The outer error is one of ours, the inner one of the network.
    async fn attempts(&self, outgoing: &Outgoing, log: &mut Log, started: Instant) -> Result<Outcome, Error> {
        let shared = &*self.shared;
        let hosts = match &outgoing.address {
            Some(url) => shared.hosts.of_url(url)?,
            None => shared.hosts.of_operation(outgoing.operation.and_then(|operation| operation.host))?,
        };
        let mut course = Course::new(self.retry, outgoing.nature(), hosts.len() as u32);
        shared.budget.deposit();
        if !self.has_turn {
            self.await_turn(outgoing.operation, started).await?;
        }
        loop {
            let number = course.begin();
            Span::current().record("attempts", number);
            let at = shared.hosts.choose(&hosts, course.tried(), course.nature());
            let headers = self.headers(outgoing, self.timeout.saturating_sub(started.elapsed())).await?;
            let left = self.timeout.saturating_sub(started.elapsed());
            // A call that can be repeated does not spend its whole deadline on a host that hangs.
            let time_left = if course.repeats() { left.min(self.timeout / 3) } else { left };
            let (attempt, outcome) = self.attempt(outgoing, headers, &hosts[at], number, time_left).await?;
            let end = End::of(&outcome);
            shared.hosts.ended(&hosts[at], end);
            if matches!(end, End::Reply { slow_down: true, .. }) {
                self.slow_down(outgoing.operation, started).await;
            }
            let jitter = |most| up_to(&*shared.ambient, most);
            let allowed = || shared.budget.withdraw();
            let step = course.end(at as u32, end, Hosts::well(&hosts), jitter, allowed);
            if outgoing.changes() {
                log.fate = course.fate();
            }
            log.before.extend(log.last.replace(attempt));
            let Step::Send { pause } = step else { return Ok(outcome) };
            if started.elapsed().saturating_add(pause) >= self.timeout {
                return Ok(outcome);
            }
            tokio::time::sleep(pause).await;
            if self.await_turn(outgoing.operation, started).await.is_err() {
                return Ok(outcome);
            }
        }
    }

    /// Sends once. The outer error is one of ours, the inner one of the network.
    async fn attempt(
        &self,
        outgoing: &Outgoing,
        headers: HeaderMap,
        host: &Host,
        number: u32,
        time_left: Duration,
    ) -> Result<(Attempt, Outcome), Error> {
        let bound = &outgoing.bound;
        let url = host.url.join(&bound.target).map_err(|_| Error::internal("a bound request must have a URL"))?;
        if url[url::Position::BeforePath..] != bound.target {
            return Err(Error::internal("the URL to send differs from the URL to sign; please report this"));
        }
        let start = AttemptStart { operation: outgoing.name(), mchid: self.mchid(), host: &host.name, number };
        let observer = self.shared.observer.as_deref();
        if let Some(observer) = observer {
            observer.before(&start);
        }
        let began = Instant::now();
        // Enough is left for the other host when this one cannot be reached.
        let connect = self.shared.transport.connect_timeout().min(self.timeout.mul_f64(0.4)).min(time_left);
        let exchange = Exchange {
            method: outgoing.method.as_str(),
            headers,
            body: bound.body.clone(),
            enclosed: bound.enclosed.clone(),
            saving: outgoing.saving.as_ref(),
            url,
            time_left,
            connect,
            host: &host.name,
        };
        let outcome = self.shared.transport.exchange(exchange).await;
        let attempt = Attempt::new(number, &host.name, began.elapsed(), &outcome);
        tracing::debug!(
            attempt = number,
            host = &*host.name,
            phase = attempt.phase.as_str(),
            status = attempt.status,
            code = attempt.code,
            request_id = attempt.request_id(),
            duration_ms = attempt.duration.as_millis() as u64,
            "attempt"
        );
        if let Some(observer) = observer {
            observer.after(&start, &attempt);
        }
        Ok((attempt, outcome))
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
        let no_ascii = |_| Error::internal("a header must be ASCII");
        let text = |value: &str| HeaderValue::from_str(value).map_err(no_ascii);
        let mut headers = HeaderMap::with_capacity(8);
        let mut authorization = HeaderValue::try_from(authorization).map_err(no_ascii)?;
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
    async fn finish(&self, outgoing: &Outgoing, outcome: Outcome, started: Instant) -> Result<Response, Error> {
        let changes = outgoing.changes();
        let reply = received(outgoing, outcome)?;
        let left = self.timeout.saturating_sub(started.elapsed());
        if !(200..300).contains(&reply.status) {
            let verified = is_signed(&reply.headers) && self.verify_reply(&reply, left).await.is_ok();
            let now = self.shared.ambient.now();
            let error = api_error(reply.status, &reply.headers, &reply.body, verified, changes, now);
            return Err(if is_about_ciphertext(&error) { self.wrong_key(error, &outgoing.bound, now) } else { error });
        }
        if outgoing.saving.is_none() && (is_signed(&reply.headers) || !outgoing.has_unsigned_reply()) {
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
}

impl Log {
    fn new() -> Self {
        Self { fate: Fate::Known, before: Vec::new(), last: None }
    }

    fn attempts(mut self) -> Vec<Attempt> {
        self.before.extend(self.last);
        self.before
    }
}

impl Outgoing {
    pub(crate) fn new(method: Method, bound: Bound, operation: Option<&'static Operation>) -> Self {
        Self { method, bound, operation, address: None, saving: None }
    }

    fn changes(&self) -> bool {
        self.method != Method::Get
    }

    fn nature(&self) -> Nature {
        Nature::of(self.changes(), self.operation)
    }

    fn name(&self) -> &'static str {
        self.operation.map_or_else(|| self.method.as_str(), |operation| operation.id)
    }

    /// Not signed by contract: downloads.
    fn has_unsigned_reply(&self) -> bool {
        self.operation.is_some_and(|operation| operation.reply == ReplyKind::Binary)
    }
}

/// What came, if anything did.
fn received(outgoing: &Outgoing, outcome: Outcome) -> Result<RawReply, Error> {
    let reply = outcome.map_err(|failure| transport_error(failure, outgoing.changes()))?;
    Span::current().record("status", reply.status);
    if let Some(id) = reply.request_id() {
        Span::current().record("request_id", id);
    }
    Ok(reply)
}
