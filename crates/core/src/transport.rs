//! Bytes out, bytes in: one HTTP exchange with one host. No redirects, no decompression, a bounded reply.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use tokio::runtime::{Handle, Id};
use url::Url;

use crate::error::Error;
use crate::options::{Options, text_or_file};
use crate::per_process::PerProcess;

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Shorter than what servers keep: a POST on a connection that the server is just closing has an unknown outcome.
const POOL_IDLE: Duration = Duration::from_secs(30);
const DEFAULT_MAX_REPLY: u64 = 10 * 1024 * 1024;

/// Runtimes that use one client at the same time: one, or two where it is blocking and async code.
const MAX_POOLS: usize = 8;

/// The connection pool, one per process and runtime, and what it is made from.
pub(crate) struct Transport {
    pools: PerProcess<Mutex<Vec<Pool>>>,
    connect_timeout: Duration,
    max_reply: u64,
    proxy: Option<reqwest::Proxy>,
    further_roots: Vec<reqwest::Certificate>,
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

/// Why nothing usable came back.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Whether the request may have reached the platform.
    pub(crate) sent: bool,
    pub(crate) timeout: bool,
}

pub(crate) struct Exchange<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) time_left: Duration,
    pub(crate) host: &'a str,
}

impl Transport {
    /// `timeout` is that of a whole call: enough of it is left for the other host when one cannot be reached.
    pub(crate) fn from_options(options: &Options, timeout: Duration) -> Result<Self, Error> {
        let proxy = options
            .proxy
            .as_deref()
            .map(|url| {
                // The URL may hold a password: the message does not repeat it.
                reqwest::Proxy::all(url)
                    .map_err(|_| Error::config("proxy", "bad_url", "must be a URL like http://host:port"))
            })
            .transpose()?;
        let ca = text_or_file("ca_pem", options.ca_pem.as_deref(), "ca_path", options.ca_path.as_deref())?;
        let further_roots = match ca {
            None => Vec::new(),
            Some(pem) => reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .ok()
                .filter(|roots| !roots.is_empty())
                .ok_or_else(|| {
                Error::config(
                    "ca_pem",
                    "bad_certificate",
                    "holds no PEM certificate; give the certificate of the authority to trust",
                )
            })?,
        };
        let transport = Self {
            pools: PerProcess::new(),
            connect_timeout: seconds("connect_timeout", options.connect_timeout, DEFAULT_CONNECT_TIMEOUT)?
                .min(timeout.mul_f64(0.4)),
            max_reply: options.max_reply_bytes.unwrap_or(DEFAULT_MAX_REPLY),
            proxy,
            further_roots,
        };
        // Built now, so that what is wrong with it is said at start-up and not at the first payment.
        transport.client()?;
        Ok(transport)
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
        if pools.len() == MAX_POOLS {
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
            .tls_certs_only(self.roots());
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder.build().map_err(|error| {
            let cause = innermost(&error);
            Error::config("ca_pem", "bad_tls", format!("or the TLS set-up of this machine is unusable: {cause}"))
        })
    }

    /// Mozilla's roots (a machine without CA certificates still works), the system's, and the caller's.
    fn roots(&self) -> Vec<reqwest::Certificate> {
        let system = rustls_native_certs::load_native_certs().certs;
        webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .chain(&system)
            .filter_map(|der| reqwest::Certificate::from_der(der).ok())
            .chain(self.further_roots.iter().cloned())
            .collect()
    }

    pub(crate) async fn exchange(&self, exchange: Exchange<'_>) -> Result<RawReply, Failure> {
        let Exchange { method, url, headers, body, time_left, host } = exchange;
        let client = self.client().map_err(|error| Failure {
            code: "no_client",
            message: error.message().to_owned(),
            sent: false,
            timeout: false,
        })?;
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("our own methods are valid");
        let request = client.request(method, url).headers(headers).body(body);
        match tokio::time::timeout(time_left, self.run(request, host)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure {
                code: "timeout",
                message: format!("{host} did not answer within the {} ms that were left", time_left.as_millis()),
                sent: true,
                timeout: true,
            }),
        }
    }

    async fn run(&self, request: reqwest::RequestBuilder, host: &str) -> Result<RawReply, Failure> {
        let mut reply = request.send().await.map_err(|error| classify(&error, host))?;
        let mut body = BytesMut::new();
        let too_large = |length: u64| length > self.max_reply;
        let refuse = || Failure {
            code: "reply_too_large",
            message: format!(
                "{host} sent a reply longer than the {} bytes that max_reply_bytes allows",
                self.max_reply
            ),
            sent: true,
            timeout: false,
        };
        if reply.content_length().is_some_and(too_large) {
            return Err(refuse());
        }
        while let Some(chunk) = reply.chunk().await.map_err(|_| Failure {
            code: "broken_reply",
            message: format!("the connection to {host} broke in the middle of the reply"),
            sent: true,
            timeout: false,
        })? {
            if too_large((body.len() + chunk.len()) as u64) {
                return Err(refuse());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(RawReply {
            status: reply.status().as_u16(),
            headers: std::mem::take(reply.headers_mut()),
            body: body.freeze(),
        })
    }
}

/// Never repeats the URL, which may hold an openid.
fn classify(error: &reqwest::Error, host: &str) -> Failure {
    let cause = innermost(error);
    if error.is_connect() {
        let (code, message) = if error.is_timeout() {
            ("connect_timeout", format!("no connection to {host} within connect_timeout; nothing was sent"))
        } else {
            ("connect_failed", format!("no connection to {host} ({cause}); nothing was sent"))
        };
        return Failure { code, message, sent: false, timeout: error.is_timeout() };
    }
    if error.is_builder() {
        return Failure {
            code: "bad_request",
            message: format!("the request cannot be built: {cause}"),
            sent: false,
            timeout: false,
        };
    }
    Failure {
        code: "connection_broken",
        message: format!("the connection to {host} broke before the reply came ({cause})"),
        sent: true,
        timeout: error.is_timeout(),
    }
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
