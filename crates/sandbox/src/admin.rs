//! The admin listener: state, clock, merchants, faults and journal, as JSON.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use wechatpay_sdk::crypto::Certificate;

use crate::business::Business;
use crate::cashier;
use crate::certificates::Made;
use crate::faults::Fault;
use crate::host::Host;
use crate::info::Info;
use crate::listener::Body;
use crate::notify::notify;
use crate::platform::Platform;
use crate::settle;
use crate::state::{State, merge_patch};

/// The largest body that is read.
const LARGEST_REQUEST: usize = 64 << 20;

/// Answers the requests of the admin listener.
pub(crate) struct Admin {
    pub(crate) platform: Arc<Platform>,
    pub(crate) info: Info,
}

/// A status and why.
type Refusal = (StatusCode, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance_seconds: Option<i64>,
    /// How far the clock that signatures are made and checked by is off; stays as it is where it is left out.
    off_by_seconds: Option<i64>,
}

/// The body of `DELETE /faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disarm {
    id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merchant {
    mchid: String,
    certificate_pem: String,
}

impl Admin {
    pub(crate) async fn serve(&self, request: Request<Incoming>) -> Response<Body> {
        let (status, body) = match self.answer(request).await {
            Ok(value) => (StatusCode::OK, value),
            Err((status, message)) => (status, json!({"error": message})),
        };
        let mut response = Response::new(Full::from(body.to_string()).boxed());
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Value, Refusal> {
        let (head, body) = request.into_parts();
        let body =
            Limited::new(body, LARGEST_REQUEST).collect().await.map_err(|error| bad(error.to_string()))?.to_bytes();
        let platform = &self.platform;
        match (head.method.as_str(), head.uri.path()) {
            ("GET", "/") => Ok(json!(self.info)),
            ("POST", "/reset") => self.reset().await,
            ("GET", "/state") => Ok(json!(platform.business().state)),
            ("PUT", "/state") => {
                let state: State = parse(&body)?;
                platform.business().state = state;
                Ok(json!(platform.business().state))
            }
            ("PATCH", "/state") => {
                let patch: Value = parse(&body)?;
                let mut business = platform.business();
                let mut state = json!(business.state);
                merge_patch(&mut state, patch);
                business.state = serde_json::from_value(state).map_err(|error| bad(error.to_string()))?;
                Ok(json!(business.state))
            }
            ("POST", "/clock") => {
                let Clock { advance_seconds, off_by_seconds } = parse(&body)?;
                if advance_seconds.or(off_by_seconds).is_none() {
                    return Err(bad("body: advance_seconds or off_by_seconds is missing"));
                }
                if let Some(seconds) = off_by_seconds {
                    platform.set_clock_off_by(seconds);
                }
                let (mut shown, notices) = {
                    let mut business = platform.business();
                    business.advanced_seconds =
                        business.advanced_seconds.saturating_add(advance_seconds.unwrap_or_default());
                    business.end_due();
                    let shown = json!({
                        "now": business.now(),
                        "advanced_seconds": business.advanced_seconds,
                        "off_by_seconds": platform.clock_off_by(),
                    });
                    (shown, business.take_notices())
                };
                if !notices.is_empty() {
                    shown["notifications"] = settle::send_all(platform, notices).await.map_err(bad)?.into();
                }
                Ok(shown)
            }
            ("POST", "/merchants") => {
                let Merchant { mchid, certificate_pem } = parse(&body)?;
                if mchid.is_empty() {
                    return Err(bad("mchid must not be empty"));
                }
                let Certificate { serial_no, public_key, .. } = Certificate::from_pem(&certificate_pem)
                    .map_err(|error| bad(format!("certificate_pem: {error}")))?;
                platform.change_merchants(|merchants| merchants.register(&mchid, &serial_no, public_key));
                Ok(json!({"mchid": mchid, "serial_no": serial_no}))
            }
            ("GET", "/faults") => Ok(platform.faults().list()),
            ("POST", "/faults") => {
                let order = parse(&body)?;
                let armed = platform.faults().arm(order, |id| platform.catalog.knows(id));
                let (id, named) = armed.map_err(bad)?;
                if let Fault::Refused { host } = named.fault {
                    platform.gate(host).refuse(true).await;
                }
                Ok(json!({"id": id}))
            }
            ("DELETE", "/faults") => match if body.is_empty() { None } else { parse::<Disarm>(&body)?.id } {
                Some(id) => {
                    let reopened = platform.faults().disarm(id);
                    if let Some(host) = reopened {
                        platform.gate(host).refuse(false).await;
                    }
                    Ok(json!({}))
                }
                None => self.clear_faults().await,
            },
            ("GET", "/journal") => {
                let after = match head.uri.query().map(|query| query.strip_prefix("after=").map(str::parse)) {
                    None => 0,
                    Some(Some(Ok(after))) => after,
                    Some(_) => return Err(bad("the query of /journal is after=SEQ")),
                };
                Ok(platform.journal().list(after))
            }
            ("DELETE", "/journal") => {
                platform.journal().clear();
                Ok(json!({}))
            }
            ("GET", "/orders") => {
                let business = platform.business();
                Ok(business.orders.list(business.now()))
            }
            ("POST", "/cashier") => cashier::open(&parse(&body)?, platform).map_err(bad),
            ("POST", "/orders/pay") => cashier::pay(parse(&body)?, platform).await.map_err(bad),
            ("POST", "/settle") => settle::settle(parse(&body)?, platform).await.map_err(bad),
            ("POST", "/complaints") => settle::file(parse(&body)?, platform).await.map_err(bad),
            ("POST", "/notifications") => {
                let certificate = platform.certificates().signing().clone();
                notify(parse(&body)?, &platform.identity, &certificate).await.map_err(bad)
            }
            ("GET", "/certificates") => Ok(platform.certificates().shown()),
            ("POST", "/certificates") => {
                let order = parse(&body)?;
                let made = tokio::task::spawn_blocking(move || Made::new(&order)).await;
                let made = made.map_err(|error| bad(error.to_string()))?.map_err(bad)?;
                platform.change_certificates(|certificates| certificates.add(&made)).map_err(bad)
            }
            ("PATCH", "/certificates") => {
                let change = parse(&body)?;
                platform.change_certificates(|certificates| certificates.change(&change)).map_err(bad)
            }
            ("DELETE", "/certificates") => {
                let removal = parse(&body)?;
                platform.change_certificates(|certificates| certificates.remove(&removal)).map_err(bad)
            }
            (method, path) => Err(unknown(method, path)),
        }
    }

    async fn reset(&self) -> Result<Value, Refusal> {
        *self.platform.business() = Business::new(self.platform.seed.clone());
        self.platform.forget_merchants();
        self.platform.forget_certificates();
        self.platform.journal().clear();
        self.platform.set_clock_off_by(0);
        self.clear_faults().await
    }

    async fn clear_faults(&self) -> Result<Value, Refusal> {
        self.platform.faults().clear();
        for host in Host::ALL {
            self.platform.gate(host).refuse(false).await;
        }
        Ok(json!({}))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let value: Value = serde_json::from_slice(body).map_err(|error| bad(format!("body: {error}")))?;
    if !value.is_object() {
        return Err(bad("body must be a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| bad(format!("body: {error}")))
}

fn bad(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

fn unknown(method: &str, path: &str) -> Refusal {
    const PATHS: [(&str, &[Method]); 14] = [
        ("/", &[Method::GET]),
        ("/reset", &[Method::POST]),
        ("/state", &[Method::GET, Method::PUT, Method::PATCH]),
        ("/clock", &[Method::POST]),
        ("/merchants", &[Method::POST]),
        ("/faults", &[Method::GET, Method::POST, Method::DELETE]),
        ("/journal", &[Method::GET, Method::DELETE]),
        ("/orders", &[Method::GET]),
        ("/orders/pay", &[Method::POST]),
        ("/cashier", &[Method::POST]),
        ("/settle", &[Method::POST]),
        ("/complaints", &[Method::POST]),
        ("/notifications", &[Method::POST]),
        ("/certificates", &[Method::GET, Method::POST, Method::PATCH, Method::DELETE]),
    ];
    match PATHS.iter().find(|(known, _)| *known == path) {
        Some((_, methods)) => {
            let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
            (StatusCode::METHOD_NOT_ALLOWED, format!("{method} {path}: use {}", methods.join(", ")))
        }
        None => {
            let paths = PATHS.map(|(path, _)| path).join(" ");
            (StatusCode::NOT_FOUND, format!("{path} is unknown: there are {paths}"))
        }
    }
}
