//! The same client for code without async: one runtime per process, made at the first call, and anew after a fork.

use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};
use tokio::runtime::Runtime;

use crate::error::Error;
use crate::operation::{Call, Method};
use crate::per_process::PerProcess;
use crate::{CallOptions, Options, Response};

static RUNTIME: PerProcess<Arc<Runtime>> = PerProcess::new();

/// The runtime of this process.
///
/// # Errors
/// Internal, where the operating system gives no threads.
pub fn runtime() -> Result<Arc<Runtime>, Error> {
    let make =
        || tokio::runtime::Builder::new_multi_thread().enable_all().thread_name("wechatpay").build().map(Arc::new);
    RUNTIME.with(make, Clone::clone).map_err(|error| Error::internal(format!("no runtime can be started: {error}")))
}

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
}

impl From<crate::Client> for Client {
    fn from(client: crate::Client) -> Self {
        Self(client)
    }
}

/// Waits on this thread while the runtime does the work. Unlike the runtime's own `block_on` it does not panic inside
/// async code: there it only blocks, which is what the caller asked for.
fn wait<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = runtime()?;
    let _inside = runtime.enter();
    pollster::block_on(future)
}
