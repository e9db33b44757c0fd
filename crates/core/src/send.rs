//! One call over the wire: sign each attempt afresh, choose the host, keep the deadline, verify what came back.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde_json::Value;
use tokio::time::Instant;
use tracing::Instrument;

use crate::ambient::nonce;
use crate::bind::Bound;
use crate::client::{Client, Response};
use crate::error::{Detail, Error, ErrorKind, Retryability};
use crate::operation::Method;
use crate::retry::{Next, Retry, next, pause};
use crate::signature::{MAX_SKEW_SECONDS, is_signed, server_date, verify};
use crate::transport::{Exchange, Failure, RawReply};

/// How late a timer may fire on a busy machine without a connect timeout being taken for the deadline.
const TIMER_LATENESS: Duration = Duration::from_millis(50);

/// A bound request and what must be known to send it.
pub(crate) struct Outgoing<'a> {
    pub(crate) name: &'a str,
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
    /// Sends it, with a span that says what became of it, and never with what it holds.
    pub(crate) async fn dispatch(&self, outgoing: Outgoing<'_>) -> Result<Response, Error> {
        let span = tracing::info_span!(
            "wechatpay.call",
            operation = outgoing.name,
            mchid = self.mchid(),
            status = tracing::field::Empty,
            request_id = tracing::field::Empty,
            attempts = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        let started = Instant::now();
        let name = outgoing.name.to_owned();
        async {
            let outcome = self.attempts(&outgoing, started).await;
            let (status, request_id) = match &outcome {
                Ok(reply) => (Some(reply.status), reply.request_id.as_deref()),
                Err(error) => (error.status(), error.request_id()),
            };
            let span = tracing::Span::current();
            span.record("duration_ms", started.elapsed().as_millis() as u64);
            status.map(|status| span.record("status", status));
            request_id.map(|id| span.record("request_id", id));
            match outcome {
                Ok(reply) => {
                    tracing::debug!("done");
                    Ok(reply)
                }
                Err(error) => {
                    let error = error.with_operation(&name);
                    tracing::warn!(kind = error.kind().as_str(), code = error.code(), "failed");
                    Err(error)
                }
            }
        }
        .instrument(span)
        .await
    }

    async fn attempts(&self, outgoing: &Outgoing<'_>, started: Instant) -> Result<Response, Error> {
        let hosts = &self.shared.hosts;
        let own_host = outgoing.host.filter(|_| hosts.official);
        let repeatable = outgoing.method == Method::Get || self.retry == Retry::Idempotent;
        let host_count = if own_host.is_some() { 1 } else { hosts.len() };
        let (mut attempt, mut failed, mut unsent) = (0, None, 0);
        loop {
            attempt += 1;
            let at = hosts.choose(failed);
            let base = own_host.unwrap_or(hosts.url(at).as_str()).trim_end_matches('/');
            let left = self.timeout.saturating_sub(started.elapsed());
            // A call that can be repeated does not spend its whole deadline on a host that hangs.
            let time_left = if repeatable && self.retry != Retry::Never { left.min(self.timeout / 3) } else { left };
            let outcome = self.attempt(outgoing, base, time_left).await?;
            let reached = match &outcome {
                Ok(reply) => {
                    hosts.answered(at);
                    tracing::debug!(attempt, host = base, status = reply.status, "attempt");
                    true
                }
                Err(failure) => {
                    if own_host.is_none() {
                        hosts.failed(at);
                    }
                    tracing::debug!(attempt, host = base, code = failure.code, "attempt");
                    failure.sent
                }
            };
            unsent += usize::from(!reached);
            let step = next(&outcome, self.retry, repeatable, attempt, unsent < host_count);
            let wait = match step {
                Next::Finish => Duration::MAX,
                Next::OtherHost => Duration::ZERO,
                Next::Again { after } => pause(&*self.shared.ambient, attempt, after),
            };
            // A further attempt needs time to connect: ended by the deadline instead, it could not tell that it never left.
            let needed =
                if reached { Duration::ZERO } else { self.shared.transport.connect_timeout() + TIMER_LATENESS };
            let too_late =
                |wait: Duration| started.elapsed().saturating_add(wait).saturating_add(needed) >= self.timeout;
            let enough = !too_late(wait) && {
                tokio::time::sleep(wait).await;
                !too_late(Duration::ZERO)
            };
            if !enough {
                tracing::Span::current().record("attempts", attempt);
                return self.finish(outgoing, outcome);
            }
            failed = outcome.is_err().then_some(at);
        }
    }

    /// Signs and sends once. The outer error is one of ours, the inner one of the network.
    async fn attempt(
        &self,
        outgoing: &Outgoing<'_>,
        base: &str,
        time_left: Duration,
    ) -> Result<Result<RawReply, Failure>, Error> {
        let bound = &outgoing.bound;
        let url = url::Url::parse(&format!("{base}{}", bound.target))
            .map_err(|_| Error::internal("a bound request must have a URL"))?;
        if url[url::Position::BeforePath..] != bound.target {
            return Err(Error::internal("the URL to send differs from the URL to sign; please report this"));
        }
        let exchange = Exchange {
            method: outgoing.method.as_str(),
            headers: self.headers(outgoing)?,
            body: bound.body.clone(),
            url,
            time_left,
            host: base,
        };
        Ok(self.shared.transport.exchange(exchange).await)
    }

    fn headers(&self, outgoing: &Outgoing<'_>) -> Result<HeaderMap, Error> {
        let ambient = &*self.shared.ambient;
        let (now, bound) = (ambient.now(), &outgoing.bound);
        let authorization = self
            .merchant
            .signer
            .authorization(outgoing.method.as_str(), &bound.target, now, &nonce(ambient), bound.signed_body())
            .map_err(|error| Error::internal(format!("the request cannot be signed: {error}")))?;
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
        let preferred = || self.merchant.platform.preferred(now).map(|key| key.serial.as_str());
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
    fn finish(&self, outgoing: &Outgoing<'_>, outcome: Result<RawReply, Failure>) -> Result<Response, Error> {
        let changes = outgoing.method != Method::Get;
        let settle = |error: Error| {
            let repeat_is_harmless = outgoing.idempotent || self.retry == Retry::Idempotent;
            let safe = error.may_have_taken_effect() && repeat_is_harmless;
            if safe { error.with_retry(Retryability::Safe) } else { error }
        };
        let reply = outcome.map_err(|failure| settle(transport_error(failure, changes)))?;
        let request_id = reply.headers.get("request-id").and_then(|id| id.to_str().ok());
        let now = self.shared.ambient.now();
        let signed = || verify(&reply.headers, &reply.body, &self.merchant.platform, now);

        if !(200..300).contains(&reply.status) {
            let verified = is_signed(&reply.headers) && signed().is_ok();
            return Err(settle(api_error(&reply, request_id, verified, changes, now)));
        }
        if is_signed(&reply.headers) || !outgoing.unsigned_reply {
            signed().map_err(|error| {
                let mut error = error.with_reply(reply.status, request_id, false);
                let fixable_here = matches!(
                    error.code(),
                    "clock_skew" | "unknown_serial" | "certificate_expired" | "unknown_signature_type"
                );
                error = error.with_effect(changes);
                settle(if fixable_here && !changes { error.with_retry(Retryability::Never) } else { error })
            })?;
        }
        Ok(Response { status: reply.status, request_id: request_id.map(str::to_owned), body: reply.body })
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
    Error::new(kind, failure.code, format!("{}{outcome}", failure.message)).with_effect(unknown)
}

/// An error reply, whatever it looks like: never dropped, never trusted blindly.
fn api_error(reply: &RawReply, request_id: Option<&str>, verified: bool, changes: bool, now: i64) -> Error {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let code = text("code").map_or_else(|| format!("HTTP_{}", reply.status), str::to_owned);
    let mut message = match text("message") {
        Some(message) => message.to_owned(),
        None if (300..400).contains(&reply.status) => {
            "the host answered with a redirect, which is never followed (is base_url right?)".to_owned()
        }
        None => format!(
            "the reply is not an error of WeChat Pay but {}: a gateway or proxy on the way answered",
            what_it_is(reply)
        ),
    };
    let skew = server_date(&reply.headers).map(|date| now - date).filter(|skew| skew.abs() > MAX_SKEW_SECONDS);
    if let Some(skew) = skew.filter(|_| reply.status == 401) {
        let direction = if skew > 0 { "ahead of" } else { "behind" };
        message
            .push_str(&format!(" (this machine's clock is {} s {direction} the server's: set it by NTP)", skew.abs()));
    }
    // 408 and 5xx leave it open whether the request was carried out; any other refusal is one.
    let open = changes && (reply.status >= 500 || reply.status == 408);
    let again = reply.status >= 500 || matches!(reply.status, 408 | 429);
    let mut error =
        Error::new(ErrorKind::Api, &code, message).with_reply(reply.status, request_id, verified).with_effect(open);
    if !again {
        error = error.with_retry(Retryability::Never);
    }
    match body.get("detail").filter(|detail| !detail.is_null()) {
        Some(detail) => error.with_detail(Detail::from_json(detail.clone())),
        None => error,
    }
}

fn what_it_is(reply: &RawReply) -> &'static str {
    let html = reply.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match reply.body.len() {
        0 => "empty",
        _ if html => "an HTML page",
        _ => "something else",
    }
}
