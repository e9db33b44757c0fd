//! Clients, and the calls that they make.

use napi::bindgen_prelude::Either;
use napi_derive::napi;
use wechatpay_bridge::{self as bridge, Key, Result, guard};

use crate::arrivals::Arrivals;
use crate::outcome::json;

/// A client, or the error record that says why there is none.
type Made = Either<Client, String>;

/// A client of one merchant.
#[napi]
pub struct Client(bridge::Client);

fn made(entry: impl FnOnce() -> Result<bridge::Client>) -> Made {
    guard(entry).map_or_else(|record| Either::B(json(&record)), |client| Either::A(Client(client)))
}

/// A client from a JSON object of options; `sign` and `decrypt`: whether there are functions for a key that lies elsewhere.
#[napi(catch_unwind)]
pub fn open(options: String, sign: bool, decrypt: bool) -> Made {
    made(|| bridge::Client::from_json(options.into_bytes(), Key::given(sign, decrypt)?))
}

/// A client from the `WECHATPAY_*` variables.
#[napi(catch_unwind)]
pub fn open_from_env() -> Made {
    made(bridge::Client::from_env)
}

impl Client {
    pub(crate) fn bridge(&self) -> &bridge::Client {
        &self.0
    }
}

#[napi]
impl Client {
    /// The merchant number that it signs for.
    #[napi(getter, catch_unwind)]
    pub fn mchid(&self) -> &str {
        self.0.mchid()
    }

    /// A client for another merchant over the same connections.
    #[napi(catch_unwind)]
    pub fn for_merchant(&self, options: String, sign: bool, decrypt: bool) -> Made {
        made(|| self.0.for_merchant(options.into_bytes(), Key::given(sign, decrypt)?))
    }

    /// The same client with other defaults.
    #[napi(catch_unwind)]
    pub fn with_options(&self, options: String) -> Made {
        made(|| self.0.with_options(options.as_bytes()))
    }

    /// Calls an operation; its outcome lands at `arrivals` under `token`, and so do its attempts where it is `watched`.
    #[napi(catch_unwind)]
    pub fn call(
        &self,
        arrivals: &Arrivals,
        token: u32,
        watched: bool,
        operation: String,
        params: String,
    ) -> Option<String> {
        arrivals.start(token, watched, || Ok(self.0.call(&operation, params.as_bytes())))
    }

    /// Does what is no operation, by its name.
    #[napi(catch_unwind)]
    pub fn utility(
        &self,
        arrivals: &Arrivals,
        token: u32,
        watched: bool,
        name: String,
        params: String,
    ) -> Option<String> {
        arrivals.start(token, watched, || Ok(self.0.utility(&name, params.as_bytes())))
    }

    /// Calls any path.
    #[allow(
        clippy::too_many_arguments,
        reason = "those of a call in JavaScript; napi repeats the attribute where it holds nothing"
    )]
    #[napi(catch_unwind)]
    pub fn request(
        &self,
        arrivals: &Arrivals,
        token: u32,
        watched: bool,
        method: String,
        path: String,
        query: Option<String>,
        body: Option<String>,
    ) -> Option<String> {
        let (query, body) = (query.as_deref().map(str::as_bytes), body.as_deref().map(str::as_bytes));
        arrivals.start(token, watched, || Ok(self.0.request(&method, &path, query, body)))
    }
}
