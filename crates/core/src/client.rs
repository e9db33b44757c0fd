//! The client: what a merchant's engineer holds. A handle: cheap to clone, safe to share between threads and tasks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::ambient::{Ambient, System, nonce};
use crate::bind::{Bound, bind, push_pair, to_bytes};
use crate::builder::ClientBuilder;
use crate::decode::{check_json, decode, not_json};
use crate::error::Error;
use crate::limit::{Fleet, Limiter, Rates};
use crate::merchant_identity::Merchant;
use crate::merchant_key::MerchantKey;
use crate::observer::Observer;
use crate::operation::{BodyKind, Call, Method, Operation, Reply, find_operation};
use crate::options::Options;
use crate::platform_keys::PlatformKeys;
use crate::retry::{Budget, Hosts, Retry};
use crate::send::Outgoing;
use crate::sensitive::Encryption;
use crate::transport::Transport;
use crate::unknown_operation::unknown_operation;
use crate::upload::Form;

/// What a call by id or a raw request gives back: verified, and decrypted where fields were encrypted.
#[derive(Clone)]
pub struct Response {
    /// HTTP status, 2xx.
    pub status: u16,
    /// The platform's `Request-ID`, for support.
    pub request_id: Option<String>,
    /// JSON text, or the bytes of a file; empty where the operation answers without a body.
    pub body: Bytes,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A body may hold openids and decrypted fields.
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}

/// How one call differs from the client's defaults.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct CallOptions {
    /// Time for the whole call with all its attempts.
    pub timeout: Option<Duration>,
    /// What may be repeated.
    pub retry: Option<Retry>,
    /// The serial of the platform's key that the caller encrypted the marked fields with: they come as ciphertext and are
    /// sent as they are, and `Wechatpay-Serial` names that key.
    pub encrypted_with: Option<String>,
}

impl CallOptions {
    /// Sets the time for the whole call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets what may be repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets the key that the caller encrypted the marked fields with: `PUB_KEY_ID_…`, or a platform certificate's serial.
    #[must_use]
    pub fn encrypted_with(mut self, serial: impl Into<String>) -> Self {
        self.encrypted_with = Some(serial.into());
        self
    }
}

/// A client of one merchant. Clones and clients made by [`Client::for_merchant`] share one connection pool.
#[derive(Clone)]
pub struct Client {
    pub(crate) merchant: Arc<Merchant>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) encrypted_with: Option<Arc<str>>,
    /// None where nothing is limited.
    pub(crate) limiter: Option<Arc<Limiter>>,
    /// The first attempt of the next call has had its turn.
    pub(crate) has_turn: bool,
}

/// What all merchants of a process can have in common.
pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) hosts: Hosts,
    pub(crate) budget: Arc<Budget>,
    pub(crate) user_agent: http::HeaderValue,
    pub(crate) ambient: Arc<dyn Ambient>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    /// Where a fleet shares its limits.
    pub(crate) fleet: Option<Arc<Fleet>>,
}

/// What a client is given that no option can hold.
pub(crate) struct Surroundings {
    /// The merchant's key, where it lies elsewhere.
    pub(crate) key: Option<Arc<dyn MerchantKey>>,
    pub(crate) ambient: Arc<dyn Ambient>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self { key: None, ambient: Arc::new(System), observer: None }
    }
}

impl Client {
    /// Starts building a client.
    #[must_use]
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client from the `WECHATPAY_*` variables of the environment; see [`Options`] for the names.
    ///
    /// # Errors
    /// Config, naming the variable or option.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_options(&Options::from_env()?)
    }

    /// A client from a record of options.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_options(options: &Options) -> Result<Self, Error> {
        Self::build(options, Surroundings::default())
    }

    /// A client from a record of options whose merchant's key lies elsewhere.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_options_with_key(options: &Options, key: Arc<dyn MerchantKey>) -> Result<Self, Error> {
        Self::build(options, Surroundings { key: Some(key), ..Surroundings::default() })
    }

    pub(crate) fn build(options: &Options, surroundings: Surroundings) -> Result<Self, Error> {
        const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
        let Surroundings { key, ambient, observer } = surroundings;
        let merchant = Merchant::from_options(options, key, &*ambient)?;
        let timeout = crate::transport::seconds("timeout", options.timeout, DEFAULT_TIMEOUT)?;
        let retry = options.retry.as_deref().map(str::parse).transpose();
        let retry = retry.map_err(|problem: String| Error::config("retry", "bad_retry", problem))?.unwrap_or_default();
        let shared = Shared {
            hosts: Hosts::from_options(options)?,
            budget: Arc::default(),
            user_agent: user_agent(options.user_agent_suffix.as_deref())?,
            transport: Transport::from_options(options)?,
            ambient,
            observer,
            fleet: options.rate_limit_redis.as_deref().map(Fleet::new).transpose()?.map(Arc::new),
        };
        let limiter = limiter(options, None, shared.fleet.as_ref())?;
        if limiter.is_none() && shared.fleet.is_some() {
            let problem = "is required with rate_limit_redis: it says what a fleet may send";
            return Err(Error::config("rate_limit", "missing_option", problem));
        }
        let (merchant, shared) = (Arc::new(merchant), Arc::new(shared));
        Ok(Self { merchant, shared, timeout, retry, encrypted_with: None, limiter, has_turn: false })
    }

    /// A client for another merchant over the same connections, hosts and timeouts. `options` names only what belongs
    /// to the merchant: its number, keys, certificates and serials, and its `rate_limit`, if it is another one; the
    /// platform counts each merchant's calls by themselves, and so does a client.
    ///
    /// # Errors
    /// Config, naming the option; `shared_option` where an option belongs to the shared part.
    pub fn for_merchant(&self, options: &Options) -> Result<Self, Error> {
        self.derive(options, None)
    }

    /// [`Client::for_merchant`] where that merchant's key lies elsewhere.
    ///
    /// # Errors
    /// As [`Client::for_merchant`].
    pub fn for_merchant_with_key(&self, options: &Options, key: Arc<dyn MerchantKey>) -> Result<Self, Error> {
        self.derive(options, Some(key))
    }

    fn derive(&self, options: &Options, key: Option<Arc<dyn MerchantKey>>) -> Result<Self, Error> {
        if let Some(option) = options.first_shared() {
            return Err(Error::config(
                option,
                "shared_option",
                "is shared by all merchants of a client: set it on the first one",
            ));
        }
        let merchant = Arc::new(Merchant::from_options(options, key, &*self.shared.ambient)?);
        let limiter = limiter(options, self.limiter.as_deref(), self.shared.fleet.as_ref())?;
        // What was encrypted under a key of one merchant says nothing of another's, nor does a turn.
        Ok(Self { merchant, encrypted_with: None, limiter, has_turn: false, ..self.clone() })
    }

    /// The same client with other defaults for its calls.
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self {
            timeout: options.timeout.unwrap_or(self.timeout),
            retry: options.retry.unwrap_or(self.retry),
            encrypted_with: options.encrypted_with.map(Arc::from).or_else(|| self.encrypted_with.clone()),
            ..self.clone()
        }
    }

    /// The merchant number that this client signs for.
    #[must_use]
    pub fn mchid(&self) -> &str {
        &self.merchant.signer.mchid
    }

    /// Makes a typed call: checks it, signs it, sends it, verifies the reply and parses it.
    ///
    /// # Errors
    /// Any kind; see [`Error`].
    pub async fn send<C: Call>(&self, call: &C) -> Result<C::Reply, Error> {
        let record = self.record_of(call)?;
        self.invoke(C::operation(), record, |reply| C::Reply::decode(reply.body).map_err(|_| not_json())).await
    }

    /// Makes a call by operation id with a flat record of parameters.
    ///
    /// # Errors
    /// Any kind; invalid request (`unknown_operation`) where the id is not in the spec, or its table not built in.
    pub async fn call(&self, operation: &str, params: Map<String, Value>) -> Result<Response, Error> {
        self.invoke(Self::operation_of(operation)?, params, Ok).await
    }

    pub(crate) fn operation_of(operation: &str) -> Result<&'static Operation, Error> {
        find_operation(operation).ok_or_else(|| unknown_operation(operation))
    }

    pub(crate) fn record_of<C: Call>(&self, call: &C) -> Result<Map<String, Value>, Error> {
        match serde_json::to_value(call) {
            Ok(Value::Object(record)) => Ok(record),
            _ => Err(Error::internal("a typed request must be an object").with_operation(C::operation().id)),
        }
    }

    /// Sends any request, signed and verified like an operation: for paths that are not in the spec.
    ///
    /// `path` begins with `/`; `query` is encoded here; `body` is JSON.
    ///
    /// # Errors
    /// Any kind.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<Response, Error> {
        let name = method.as_str();
        self.observed(name, async {
            let started = Instant::now();
            let mut bound = Bound {
                target: target(path, query)?,
                body: body.map(to_bytes).unwrap_or_default(),
                content_type: body.map(|_| "application/json".to_owned()),
                ..Bound::default()
            };
            self.keys_ready(started).await?;
            if let Encryption::Callers(key) = self.encryption(&self.merchant.platform.keys())? {
                bound.name_key(Some(key), true);
            }
            self.dispatch(&Outgoing::new(method, bound, None), started).await
        })
        .await
    }

    /// Who encrypts the marked fields of the next request, and under which key.
    pub(crate) fn encryption<'a>(&self, keys: &'a PlatformKeys) -> Result<Encryption<'a>, Error> {
        Encryption::of(keys, self.encrypted_with.as_deref(), self.shared.ambient.now())
    }

    pub(crate) async fn invoke<T>(
        &self,
        operation: &'static Operation,
        mut record: Map<String, Value>,
        read: impl FnOnce(Response) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.observed(operation.id, async {
            let started = Instant::now();
            let ambient = &*self.shared.ambient;
            self.keys_ready(started).await?;
            let form = match operation.body {
                BodyKind::Multipart => Form::open(operation, &mut record, nonce(ambient)).await?,
                BodyKind::None | BodyKind::Json => None,
            };
            let bound = bind(operation, record, self.encryption(&self.merchant.platform.keys())?, form.as_ref())?;
            let reply = self.dispatch(&Outgoing::new(operation.method, bound, Some(operation)), started).await?;
            let (status, request_id) = (reply.status, reply.request_id.clone());
            let left = || self.timeout.saturating_sub(started.elapsed());
            decode(operation, reply.body, &self.merchant.signer.key, left)
                .await
                .and_then(|body| read(Response { status, request_id: request_id.clone(), body }))
                .map_err(|error| unreadable(error, operation, status, request_id.as_deref()))
                .map_err(|error| self.advise(Some(operation), error))
        })
        .await
    }
}

impl Response {
    /// Parses the JSON body.
    ///
    /// # Errors
    /// Integrity (`empty_reply`, `not_json`).
    pub fn json(&self) -> Result<Value, Error> {
        check_json(&self.body)?;
        serde_json::from_slice(&self.body).map_err(|_| not_json())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("mchid", &self.mchid())
            .field("serial_no", &self.merchant.signer.serial_no)
            .field("platform_keys", &self.merchant.platform.keys().serials())
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

/// The limits of a merchant: its own, or such as another one has.
fn limiter(
    options: &Options,
    like: Option<&Limiter>,
    fleet: Option<&Arc<Fleet>>,
) -> Result<Option<Arc<Limiter>>, Error> {
    let own = options.rate_limit.as_deref().map(Rates::parse).transpose()?.map(Arc::new);
    let rates = own.or_else(|| like.map(|limiter| Arc::clone(limiter.rates())));
    Ok(rates.map(|rates| Arc::new(Limiter::new(rates, fleet.cloned()))))
}

/// A verified success that cannot be read: asking again gives the same, and a change has been made.
fn unreadable(error: Error, operation: &Operation, status: u16, request_id: Option<&str>) -> Error {
    let error = error.with_reply(status, request_id, true);
    if operation.method == Method::Get { error } else { error.with_effect(true) }
}

/// Path and query as they will be sent. Whatever a URL parser would change is changed now, before signing, or refused.
fn target(path: &str, query: &[(String, String)]) -> Result<String, Error> {
    let bad = |problem: &str| Error::invalid("path", "bad_path_value", problem);
    if !path.starts_with("/") || path.starts_with("//") {
        return Err(bad("must begin with one /, like /v3/certificates; the host is the client's"));
    }
    if path.contains(char::is_control) || path.trim() != path {
        return Err(bad("must not contain control characters or end in a space; percent-encode them"));
    }
    if path.contains('#') {
        return Err(bad("must not contain #; write %23"));
    }
    let mut full = path.to_owned();
    let mut pairs = String::new();
    for (name, value) in query {
        push_pair(&mut pairs, name, value);
    }
    if !pairs.is_empty() {
        full.push(if path.contains('?') { '&' } else { '?' });
        full.push_str(&pairs);
    }
    let url = url::Url::parse(&format!("https://host{full}")).map_err(|_| bad("cannot be read as a URL's path"))?;
    let segments = path.split('?').next().unwrap_or_default().split('/').count();
    let dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    if path.split('?').next().unwrap_or_default().split('/').any(dots) || url.path().split('/').count() != segments {
        return Err(bad("must not contain the segments . and .., nor a backslash"));
    }
    Ok(url[url::Position::BeforePath..].to_owned())
}

fn user_agent(suffix: Option<&str>) -> Result<http::HeaderValue, Error> {
    let own =
        format!("wechatpay-sdk/{} ({}; {})", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    let full = suffix.map_or_else(|| own.clone(), |suffix| format!("{own} {suffix}"));
    http::HeaderValue::from_str(&full)
        .map_err(|_| Error::config("user_agent_suffix", "wrong_type", "must be printable ASCII"))
}
