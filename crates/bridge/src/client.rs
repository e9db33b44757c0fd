//! The client as bindings hold it: JSON in, bytes out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use wechatpay_sdk::operation::{Method, ReplyKind, find_operation};
use wechatpay_sdk::{CallOptions, ClientBuilder, Options, Response};
use zeroize::Zeroizing;

use crate::attempts::ToDesk;
use crate::call::Call;
use crate::error::{ErrorRecord, Result};
use crate::signer::Elsewhere;

/// A client of one merchant; cheap to clone, shared by threads. With its key, where that lies elsewhere.
#[derive(Clone)]
pub struct Client(wechatpay_sdk::Client, Option<Arc<Elsewhere>>);

/// Where the merchant's key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Among the options.
    InOptions,
    /// With whoever waits for the calls, who answers their [`crate::Question`]s.
    Elsewhere,
}

impl Key {
    fn of_client(self) -> Option<Arc<Elsewhere>> {
        (self == Self::Elsewhere).then(|| Arc::new(Elsewhere::new()))
    }

    /// By which functions a binding was given.
    ///
    /// # Errors
    /// Config, where one only decrypts.
    pub fn given(sign: bool, decrypt: bool) -> Result<Self> {
        match (sign, decrypt) {
            (true, _) => Ok(Self::Elsewhere),
            (false, false) => Ok(Self::InOptions),
            (false, true) => Err(ErrorRecord::bad_option("decrypt", "is given without sign; the two are one key's")),
        }
    }
}

/// A verified reply.
pub struct Reply {
    /// HTTP status, 2xx; 0 for a utility.
    pub status: u16,
    /// The platform's `Request-ID`.
    pub request_id: Option<String>,
    /// JSON text, the bytes of a file, or nothing.
    pub body: Bytes,
    /// Which of these it is: documented for an operation, judged by the content for a raw request.
    pub kind: ReplyKind,
}

impl Client {
    /// A client from a JSON object of options (their names: [`crate::option_names`]). The text is wiped. `key` says where
    /// the merchant's key is.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_json(options: Vec<u8>, key: Key) -> Result<Self> {
        let (options, key) = (read_options(options)?, key.of_client());
        Ok(Self(core_client(options, key.clone())?, key))
    }

    /// A client from the `WECHATPAY_*` variables.
    ///
    /// # Errors
    /// Config, naming the variable or option.
    pub fn from_env() -> Result<Self> {
        Ok(Self(core_client(Options::from_env()?, None)?, None))
    }

    /// A client for another merchant over the same connections; options as JSON, which is wiped.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn for_merchant(&self, options: Vec<u8>, key: Key) -> Result<Self> {
        let (options, key) = (read_options(options)?, key.of_client());
        let core = match key.clone() {
            None => self.0.for_merchant(&options)?,
            Some(key) => self.0.for_merchant_with_key(&options, key)?,
        };
        Ok(Self(core, key))
    }

    /// The same client with other defaults: `{"timeout": seconds, "retry": "off" | "safe" | "idempotent",
    /// "encrypted_with": serial}`, each optional.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn with_options(&self, options: &[u8]) -> Result<Self> {
        let mut changed = CallOptions::default();
        let options: Map<String, Value> =
            serde_json::from_slice(options).map_err(|_| ErrorRecord::bad_option("options", "must be an object"))?;
        for (name, value) in &options {
            changed = match (name.as_str(), value) {
                ("timeout" | "retry" | "encrypted_with", Value::Null) => changed,
                ("timeout", value) => changed.timeout(seconds(value)?),
                ("retry", value) => {
                    let retry = value.as_str().unwrap_or_default().parse();
                    changed.retry(retry.map_err(|problem: String| ErrorRecord::bad_option("retry", problem))?)
                }
                ("encrypted_with", value) => changed.encrypted_with(serial(value)?),
                _ => {
                    let problem = "is not an option of a call: timeout, retry and encrypted_with are";
                    return Err(ErrorRecord::bad_option(name, problem));
                }
            };
        }
        Ok(Self(self.0.with_options(changed), self.1.clone()))
    }

    /// The merchant number that this client signs for.
    #[must_use]
    pub fn mchid(&self) -> &str {
        self.0.mchid()
    }

    pub(crate) fn core(&self) -> &wechatpay_sdk::Client {
        &self.0
    }

    /// The merchant's key, where it lies elsewhere.
    pub(crate) fn key(&self) -> Option<&Arc<Elsewhere>> {
        self.1.as_ref()
    }

    /// A call of an operation with a flat JSON object of parameters. It is read, checked and sent when it runs.
    #[must_use]
    pub fn call(&self, operation: &str, params: &[u8]) -> Call {
        let found = find_operation(operation);
        let changes = found.is_some_and(|operation| operation.method != Method::Get);
        let (client, operation, params) = (self.0.clone(), operation.to_owned(), params.to_vec());
        Call::new(operation.clone(), changes, async move {
            let params = serde_json::from_slice(&params)
                .map_err(|_| ErrorRecord::bad_argument(Some(&operation), "params", "must be a JSON object"))?;
            let response = client.call(&operation, params).await?;
            Ok(Reply::new(response, found.map(|operation| operation.reply)))
        })
        .with_key(self.key())
    }

    /// A call of any path. `query` is a JSON object of texts, numbers, booleans, or lists of them; `body` is JSON.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, query: Option<&[u8]>, body: Option<&[u8]>) -> Call {
        let changes = !method.eq_ignore_ascii_case("GET");
        let (client, method, path) = (self.0.clone(), method.to_owned(), path.to_owned());
        let (query, body) = (query.map(<[u8]>::to_vec), body.map(<[u8]>::to_vec));
        Call::new(method.to_ascii_uppercase(), changes, async move {
            let bad = |argument, problem| ErrorRecord::bad_argument(None, argument, problem);
            let method: Method = method.parse().map_err(|problem: String| bad("method", problem))?;
            let query = pairs(query.as_deref())?;
            let body: Option<Value> = body
                .map(|body| serde_json::from_slice(&body).map_err(|_| bad("body", "must be JSON".to_owned())))
                .transpose()?;
            let response = client.request(method, &path, &query, body.as_ref()).await?;
            Ok(Reply::new(response, None))
        })
        .with_key(self.key())
    }
}

impl Reply {
    /// What no host sent as a reply.
    pub(crate) fn utility(value: &Value) -> Self {
        let body = serde_json::to_vec(value).expect("a JSON value can always be written").into();
        Self { status: 0, request_id: None, body, kind: ReplyKind::Json }
    }

    fn new(response: Response, documented: Option<ReplyKind>) -> Self {
        let kind = documented.unwrap_or_else(|| judge(&response.body));
        Self { status: response.status, request_id: response.request_id, body: response.body, kind }
    }
}

/// What a body is where no document says so. A text that merely starts like JSON stays the bytes that it is.
fn judge(body: &[u8]) -> ReplyKind {
    let structured = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    match body {
        [] => ReplyKind::Empty,
        _ if structured && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() => ReplyKind::Json,
        _ => ReplyKind::Binary,
    }
}

fn core_client(options: Options, key: Option<Arc<Elsewhere>>) -> Result<wechatpay_sdk::Client> {
    let builder = ClientBuilder::from(options).observer(Arc::new(ToDesk));
    Ok(match key {
        None => builder,
        Some(key) => builder.merchant_key(key),
    }
    .build()?)
}

fn read_options(json: Vec<u8>) -> Result<Options> {
    Ok(Options::from_json(&Zeroizing::new(json))?)
}

fn seconds(value: &Value) -> Result<Duration> {
    value
        .as_f64()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| ErrorRecord::bad_option("timeout", "must be a positive number of seconds"))
}

fn serial(value: &Value) -> Result<&str> {
    let serial = value.as_str().filter(|serial| !serial.is_empty());
    serial.ok_or_else(|| {
        let problem = "must be the serial of the platform's key that the fields were encrypted with: PUB_KEY_ID_…, or a certificate's";
        ErrorRecord::bad_option("encrypted_with", problem)
    })
}

fn pairs(query: Option<&[u8]>) -> Result<Vec<(String, String)>> {
    let Some(query) = query else { return Ok(Vec::new()) };
    let bad = |problem: String| ErrorRecord::bad_argument(None, "query", problem);
    let query: Map<String, Value> =
        serde_json::from_slice(query).map_err(|_| bad("must be an object of names and values".to_owned()))?;
    let mut pairs = Vec::with_capacity(query.len());
    for (name, value) in query {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        for value in values {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return Err(bad(format!("holds {name}, which must be a text, a number, a boolean or a list"))),
            };
            pairs.push((name.clone(), text));
        }
    }
    Ok(pairs)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Reply {
    /// Without the body, which may hold openids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("request_id", &self.request_id)
            .field("kind", &self.kind)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .finish()
    }
}
