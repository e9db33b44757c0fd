//! The same client, and the same store of notification ids, for code without async; what drives it is in [`runtimes`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::{Call, Method};
use crate::platform_keys::KnownKeys;
use crate::{
    AppRecord, CallOptions, Encrypted, JsapiRecord, MerchantKey, Options, Paged, PlatformCertificate, Response, SaveTo,
    SavedFile, Sensitive, runtimes,
};

/// A blocking client. In async code it would hold up the executor: use [`crate::Client`] there.
#[derive(Debug, Clone)]
pub struct Client(crate::Client);

impl Client {
    /// Wraps an async client.
    #[must_use]
    pub fn new(client: crate::Client) -> Self {
        Self(client)
    }

    /// See [`crate::Client::from_env`].
    ///
    /// # Errors
    /// Config.
    pub fn from_env() -> Result<Self, Error> {
        crate::Client::from_env().map(Self)
    }

    /// See [`crate::Client::for_merchant`].
    ///
    /// # Errors
    /// Config.
    pub fn for_merchant(&self, options: &Options) -> Result<Self, Error> {
        self.0.for_merchant(options).map(Self)
    }

    /// See [`crate::Client::for_merchant_with_key`].
    ///
    /// # Errors
    /// Config.
    pub fn for_merchant_with_key(&self, options: &Options, key: Arc<dyn MerchantKey>) -> Result<Self, Error> {
        self.0.for_merchant_with_key(options, key).map(Self)
    }

    /// See [`crate::Client::with_options`].
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self(self.0.with_options(options))
    }

    /// See [`crate::Client::send`].
    ///
    /// # Errors
    /// Any kind.
    pub fn send<C: Call>(&self, call: &C) -> Result<C::Reply, Error> {
        wait(self.0.send(call))
    }

    /// See [`crate::Client::call`].
    ///
    /// # Errors
    /// Any kind.
    pub fn call(&self, operation: &str, params: Map<String, Value>) -> Result<Response, Error> {
        wait(self.0.call(operation, params))
    }

    /// See [`crate::Client::download`].
    ///
    /// # Errors
    /// Any kind.
    pub fn download<C: Call>(&self, call: &C, to: impl Into<SaveTo>) -> Result<Vec<SavedFile>, Error> {
        wait(self.0.download(call, to))
    }

    /// See [`crate::Client::download_by_id`].
    ///
    /// # Errors
    /// Any kind.
    pub fn download_by_id(
        &self,
        operation: &str,
        params: Map<String, Value>,
        to: impl Into<SaveTo>,
    ) -> Result<Vec<SavedFile>, Error> {
        wait(self.0.download_by_id(operation, params, to))
    }

    /// See [`crate::Client::download_url`].
    ///
    /// # Errors
    /// Any kind.
    pub fn download_url(&self, url: &str, to: impl Into<SaveTo>) -> Result<SavedFile, Error> {
        wait(self.0.download_url(url, to))
    }

    /// See [`crate::Client::iterate`].
    pub fn iterate<C: Paged>(&self, call: &C) -> impl Iterator<Item = Result<C::Item, Error>> {
        Items(Box::pin(self.0.iterate(call)))
    }

    /// See [`crate::Client::iterate_by_id`].
    pub fn iterate_by_id(
        &self,
        operation: &str,
        params: Map<String, Value>,
    ) -> impl Iterator<Item = Result<Value, Error>> {
        Items(Box::pin(self.0.iterate_by_id(operation, params)))
    }

    /// See [`crate::Client::request`].
    ///
    /// # Errors
    /// Any kind.
    pub fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Result<Response, Error> {
        wait(self.0.request(method, path, query, body))
    }

    /// See [`crate::Client::encrypt`].
    ///
    /// # Errors
    /// Invalid request.
    pub fn encrypt(&self, plaintext: &str) -> Result<Encrypted, Error> {
        wait(self.0.encrypt(plaintext))
    }

    /// See [`crate::Client::decrypt`].
    ///
    /// # Errors
    /// Decrypt.
    pub fn decrypt(&self, ciphertext: &str) -> Result<Sensitive, Error> {
        wait(self.0.decrypt(ciphertext))
    }

    /// See [`crate::Client::platform_keys`].
    #[must_use]
    pub fn platform_keys(&self) -> KnownKeys {
        self.0.platform_keys()
    }

    /// See [`crate::Client::refresh_platform_keys`].
    ///
    /// # Errors
    /// Any kind.
    pub fn refresh_platform_keys(&self) -> Result<KnownKeys, Error> {
        wait(self.0.refresh_platform_keys())
    }

    /// See [`crate::Client::download_certificates`].
    ///
    /// # Errors
    /// Any kind.
    pub fn download_certificates(&self) -> Result<Vec<PlatformCertificate>, Error> {
        wait(self.0.download_certificates())
    }

    /// See [`crate::Client::invocation`].
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        Invocation(self.0.invocation())
    }
}

/// Signs what front ends need; see [`crate::Invocation`].
#[derive(Debug, Clone)]
pub struct Invocation(crate::Invocation);

impl Invocation {
    /// See [`crate::Invocation::jsapi`].
    ///
    /// # Errors
    /// Invalid request.
    pub fn jsapi(&self, appid: &str, prepay_id: &str) -> Result<JsapiRecord, Error> {
        wait(self.0.jsapi(appid, prepay_id))
    }

    /// See [`crate::Invocation::mini_program`].
    ///
    /// # Errors
    /// Invalid request.
    pub fn mini_program(&self, appid: &str, prepay_id: &str) -> Result<JsapiRecord, Error> {
        wait(self.0.mini_program(appid, prepay_id))
    }

    /// See [`crate::Invocation::app`].
    ///
    /// # Errors
    /// Invalid request.
    pub fn app(&self, appid: &str, partnerid: &str, prepay_id: &str) -> Result<AppRecord, Error> {
        wait(self.0.app(appid, partnerid, prepay_id))
    }
}

/// [`crate::Seen`] for code without async.
#[derive(Debug)]
pub struct Seen(crate::Seen);

impl Seen {
    /// Wraps a store.
    #[must_use]
    pub fn new(seen: crate::Seen) -> Self {
        Self(seen)
    }

    /// See [`crate::Seen::claim`].
    ///
    /// # Errors
    /// Transport and timeout.
    pub fn claim(&self, id: &str) -> Result<bool, Error> {
        wait(self.0.claim(id))
    }

    /// See [`crate::Seen::done`].
    ///
    /// # Errors
    /// Transport and timeout.
    pub fn done(&self, id: &str) -> Result<(), Error> {
        wait(self.0.done(id))
    }

    /// See [`crate::Seen::release`].
    ///
    /// # Errors
    /// Transport and timeout.
    pub fn release(&self, id: &str) -> Result<(), Error> {
        wait(self.0.release(id))
    }
}

impl From<crate::Client> for Client {
    fn from(client: crate::Client) -> Self {
        Self(client)
    }
}

/// A list that is waited for, item by item.
struct Items<S>(Pin<Box<S>>);

impl<T, S: Stream<Item = Result<T, Error>>> Iterator for Items<S> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        runtimes::wait(self.0.next()).unwrap_or_else(|error| Some(Err(error)))
    }
}

fn wait<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    runtimes::wait(call)?
}
