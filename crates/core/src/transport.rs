//! Bytes out, bytes in: one HTTP exchange with one host. No redirects, no decompression, a bounded reply.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::runtime::{Handle, Id};
use tokio::time::timeout;
use url::Url;

use crate::bind::Enclosed;
use crate::download::Saving;
use crate::error::Error;
use crate::options::Options;
use crate::per_process::PerProcess;
use crate::retry::Phase;
use crate::tls;
use crate::upload::CHUNK;

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than what servers keep: a POST on a connection that the server is just closing has an unknown outcome.
const POOL_IDLE: Duration = Duration::from_secs(30);
const DEFAULT_MAX_REPLY: u64 = 10 * 1024 * 1024;
/// Beyond the workers of [`crate::runtimes`]: runtimes of the application, and those that have ended.
const SPARE_POOLS: usize = 64;

/// The connection pool, one per process and runtime, and what it is made from.
pub(crate) struct Transport {
    pools: PerProcess<Mutex<Vec<Pool>>>,
    connect_timeout: Duration,
    max_reply: u64,
    proxy: Option<reqwest::Proxy>,
    tls: rustls::ClientConfig,
    /// In place of sockets.
    #[cfg(test)]
    simulated: Option<crate::simulation::Network>,
}

/// Connections live on the runtime that opened them: on another one they would wait for it to run.
struct Pool {
    /// None until the first call: a client may be built where there is no runtime.
    runtime: Option<Id>,
    client: reqwest::Client,
}

/// What came back.
pub(crate) struct RawReply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl RawReply {
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.headers.get("request-id").and_then(|id| id.to_str().ok())
    }
}

/// Why nothing usable came back.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// How far it came: beyond connecting, the request may have reached the platform.
    pub(crate) phase: Phase,
    pub(crate) timeout: bool,
    pub(crate) cause: Cause,
}

/// Whose fault it is: what is ours fails again, and at any host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    Host,
    Ours,
}

pub(crate) struct Exchange<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// What is sent behind it.
    pub(crate) enclosed: Option<Enclosed>,
    /// Where the body of a success goes; into memory otherwise.
    pub(crate) saving: Option<&'a Mutex<Saving>>,
    pub(crate) time_left: Duration,
    /// How long it may take until a connection begins to send.
    pub(crate) connect: Duration,
    pub(crate) host: &'a str,
}

impl Transport {
    pub(crate) fn from_options(options: &Options) -> Result<Self, Error> {
        let proxy = options
            .proxy
            .as_deref()
            .map(|url| {
                // The URL may hold a password: the message does not repeat it.
                reqwest::Proxy::all(url)
                    .map_err(|_| Error::config("proxy", "bad_url", "must be a URL like http://host:port"))
            })
            .transpose()?;
        let transport = Self {
            pools: PerProcess::new(),
            connect_timeout: seconds("connect_timeout", options.connect_timeout, DEFAULT_CONNECT_TIMEOUT)?,
            max_reply: options.max_reply_bytes.unwrap_or(DEFAULT_MAX_REPLY),
            proxy,
            tls: tls::config(options)?,
            #[cfg(test)]
            simulated: None,
        };
        // Built now, so that what is wrong with it is said at start-up and not at the first payment.
        transport.client()?;
        Ok(transport)
    }

    /// Over a simulated network. `tls` is not used, but costs much to make.
    #[cfg(test)]
    pub(crate) fn over(network: crate::simulation::Network, tls: rustls::ClientConfig) -> Self {
        Self {
            pools: PerProcess::new(),
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            max_reply: DEFAULT_MAX_REPLY,
            proxy: None,
            tls,
            simulated: Some(network),
        }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The client of the runtime that this is called on.
    fn client(&self) -> Result<reqwest::Client, Error> {
        let runtime = Handle::try_current().ok().map(|handle| handle.id());
        self.pools.with(|| Ok(Mutex::default()), |pools| self.client_of(runtime, pools))?
    }

    fn client_of(&self, runtime: Option<Id>, pools: &Mutex<Vec<Pool>>) -> Result<reqwest::Client, Error> {
        let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.iter_mut().find(|pool| pool.runtime.is_none() || pool.runtime == runtime) {
            pool.runtime = runtime;
            return Ok(pool.client.clone());
        }
        let client = self.build()?;
        if pools.len() == SPARE_POOLS + std::thread::available_parallelism().map_or(1, usize::from) {
            pools.remove(0);
        }
        pools.push(Pool { runtime, client: client.clone() });
        Ok(client)
    }

    fn build(&self) -> Result<reqwest::Client, Error> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(POOL_IDLE)
            .no_proxy()
            .tcp_nodelay(true)
            .tls_backend_preconfigured(self.tls.clone());
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder.build().map_err(|error| Error::internal(format!("no HTTP client can be made: {}", innermost(&error))))
    }

    pub(crate) async fn exchange(&self, exchange: Exchange<'_>) -> Result<RawReply, Failure> {
        let Exchange { method, url, headers, body, enclosed, saving, time_left, connect, host } = exchange;
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("our own methods are valid");
        let mut request = reqwest::Request::new(method, url);
        let progress = Arc::new(Progress::default());
        let body = reqwest::Body::wrap(Outgoing::new(body, enclosed, Arc::clone(&progress)));
        // Not by the builder: that puts each header into a map of its own once more.
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body);
        let sent = || progress.phase() != Phase::Connecting;
        let mut run = Box::pin(self.run(request, host, &progress, saving));
        // Connecting has a limit of its own: enough time is left for the other host.
        let mut outcome = timeout(connect, &mut run).await;
        if outcome.is_err() && sent() {
            outcome = timeout(time_left.saturating_sub(connect), &mut run).await;
        }
        if outcome.is_err() {
            // Its connection is told, and closes, before the call ends: a runtime that callers drive stands still then. A
            // task has its turn after the connection's, even where another thread drives and is about to stop.
            drop(run);
            drop(tokio::spawn(async {}).await);
        }
        let outcome = outcome.unwrap_or_else(|_| Err(too_late(host, sent(), if sent() { time_left } else { connect })));
        let outcome = match (outcome, saving) {
            (Ok(Begun::Whole(reply)), _) => Ok(reply),
            (Ok(Begun::File(reply)), Some(saving)) => save(reply, saving, host, time_left).await,
            (Ok(Begun::File(_)), None) => unreachable!("only with a file to save"),
            (Err(failure), _) => Err(failure),
        };
        outcome.map_err(|failure| Failure { phase: progress.phase(), ..failure })
    }

    async fn execute(&self, request: reqwest::Request, host: &str) -> Result<reqwest::Response, Failure> {
        #[cfg(test)]
        if let Some(network) = &self.simulated {
            return network.execute(request).await;
        }
        let client = self.client().map_err(|error| Failure {
            code: "no_client",
            message: error.message().to_owned(),
            phase: Phase::Connecting,
            timeout: false,
            cause: Cause::Ours,
        })?;
        client.execute(request).await.map_err(|error| classify(&error, host))
    }

    async fn run(
        &self,
        request: reqwest::Request,
        host: &str,
        progress: &Progress,
        saving: Option<&Mutex<Saving>>,
    ) -> Result<Begun, Failure> {
        let mut reply = self.execute(request, host).await?;
        progress.reached(Phase::Receiving);
        if saving.is_some() && reply.status().is_success() {
            return Ok(Begun::File(reply));
        }
        let mut body = BytesMut::new();
        let too_large = |length: u64| length > self.max_reply;
        let refuse = || Failure {
            code: "reply_too_large",
            message: format!(
                "{host} sent a reply longer than the {} bytes that max_reply_bytes allows",
                self.max_reply
            ),
            phase: Phase::Receiving,
            timeout: false,
            cause: Cause::Ours,
        };
        if reply.content_length().is_some_and(too_large) {
            return Err(refuse());
        }
        while let Some(chunk) = reply.chunk().await.map_err(|_| broken(host))? {
            if too_large((body.len() + chunk.len()) as u64) {
                return Err(refuse());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Begun::Whole(raw(&mut reply, body.freeze())))
    }
}

/// A reply that has come, or a file whose bytes are still to come.
enum Begun {
    Whole(RawReply),
    File(reqwest::Response),
}

fn raw(reply: &mut reqwest::Response, body: Bytes) -> RawReply {
    RawReply { status: reply.status().as_u16(), headers: std::mem::take(reply.headers_mut()), body }
}

fn broken(host: &str) -> Failure {
    Failure {
        code: "broken_reply",
        message: format!("the connection to {host} broke in the middle of the reply"),
        phase: Phase::Receiving,
        timeout: false,
        cause: Cause::Host,
    }
}

/// Takes a file as it comes. It may take any time as long as something comes: each chunk has `limit`.
async fn save(
    mut reply: reqwest::Response,
    saving: &Mutex<Saving>,
    host: &str,
    limit: Duration,
) -> Result<RawReply, Failure> {
    let locked = || saving.lock().unwrap_or_else(PoisonError::into_inner);
    locked().begin(reply.content_length())?;
    loop {
        let chunk = timeout(limit, reply.chunk()).await.map_err(|_| {
            let message = format!("{host} stopped in the middle of a file: nothing came for {} ms", limit.as_millis());
            Failure { code: "timeout", message, phase: Phase::Receiving, timeout: true, cause: Cause::Host }
        })?;
        match chunk.map_err(|_| broken(host))? {
            Some(chunk) => locked().take(&chunk)?,
            None => return Ok(raw(&mut reply, Bytes::new())),
        }
    }
}

#[cfg(feature = "blocking")]
impl Drop for Transport {
    /// The last client that used these connections has gone.
    fn drop(&mut self) {
        self.pools = PerProcess::new();
        crate::runtimes::sweep();
    }
}

/// How far an exchange has come.
#[derive(Default)]
struct Progress(AtomicU8);

impl Progress {
    fn reached(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
    }

    fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.0.load(Ordering::Relaxed))]
    }
}

/// A body that notes when a connection takes it: until then nothing of the request has left.
struct Outgoing {
    bytes: Bytes,
    enclosed: Option<Enclosed>,
    /// What of the enclosed file has been read.
    offset: u64,
    progress: Arc<Progress>,
}

impl Outgoing {
    fn new(bytes: Bytes, enclosed: Option<Enclosed>, progress: Arc<Progress>) -> Self {
        Self { bytes, enclosed, offset: 0, progress }
    }

    /// What comes next; nothing only at the end.
    fn next(&mut self) -> io::Result<Bytes> {
        if self.bytes.is_empty()
            && let Some(Enclosed { file, after }) = &self.enclosed
        {
            if self.offset < file.length {
                let bytes = file.read(self.offset, CHUNK)?;
                self.offset += bytes.len() as u64;
                return Ok(bytes);
            }
            self.bytes = after.clone();
            self.enclosed = None;
        }
        Ok(std::mem::take(&mut self.bytes))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.progress.reached(Phase::Waiting);
        let next = self.next();
        Poll::Ready(match next {
            Ok(bytes) if bytes.is_empty() => None,
            next => Some(next.map(Frame::data)),
        })
    }

    /// A connection asks this when it takes the request; of an empty body it asks nothing more.
    fn is_end_stream(&self) -> bool {
        self.progress.reached(Phase::Waiting);
        self.bytes.is_empty() && self.enclosed.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let enclosed = self.enclosed.as_ref();
        let enclosed = enclosed.map_or(0, |it| it.file.length - self.offset + it.after.len() as u64);
        SizeHint::with_exact(self.bytes.len() as u64 + enclosed)
    }
}

fn too_late(host: &str, sent: bool, limit: Duration) -> Failure {
    let limit = limit.as_millis();
    let (code, message) = if sent {
        ("timeout", format!("{host} did not answer within the {limit} ms that were left"))
    } else {
        ("connect_timeout", format!("no connection to {host} within {limit} ms; nothing was sent"))
    };
    Failure { code, message, phase: Phase::Waiting, timeout: true, cause: Cause::Host }
}

/// Never repeats the URL, which may hold an openid.
fn classify(error: &reqwest::Error, host: &str) -> Failure {
    let cause = innermost(error);
    let failure =
        |code, message, cause| Failure { code, message, phase: Phase::Waiting, timeout: error.is_timeout(), cause };
    if error.is_connect() && error.is_timeout() {
        let message = format!("no connection to {host} within connect_timeout; nothing was sent");
        return failure("connect_timeout", message, Cause::Host);
    }
    if error.is_connect() {
        return failure("connect_failed", format!("no connection to {host} ({cause}); nothing was sent"), Cause::Host);
    }
    if error.is_builder() {
        return failure("bad_request", format!("the request cannot be built: {cause}"), Cause::Ours);
    }
    let message = format!("the connection to {host} broke before the reply came ({cause})");
    failure("connection_broken", message, Cause::Host)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A number of seconds given as an option.
pub(crate) fn seconds(option: &str, value: Option<f64>, default: Duration) -> Result<Duration, Error> {
    match value {
        None => Ok(default),
        Some(value) => Duration::try_from_secs_f64(value)
            .ok()
            .filter(|duration| !duration.is_zero())
            .ok_or_else(|| Error::config(option, "wrong_type", "must be a positive number of seconds")),
    }
}
