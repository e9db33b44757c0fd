//! The way of a request: read, fault, authorize, check, act, note, sign.

pub(crate) mod answer;
pub(crate) mod authorization;
mod intake;
mod operate;
pub(crate) mod request;
pub(crate) mod seal;
mod spoilt;
mod uploads;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::DATE;
use hyper::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use self::answer::Answer;
use self::authorization::{Authorization, Merchants};
use self::intake::NotRead;
use self::request::Request;
use self::spoilt::{changed, corrupted, gateway_page, half};
use crate::business::Business;
use crate::certificates::Certificates;
use crate::clock;
use crate::faults::{After, Fault, Faults, Seen};
use crate::host::Host;
use crate::identity::Identity;
use crate::journal::{Entry, Journal};
use crate::listener::{Body, Gate, Interrupt};
use crate::spec::{Catalog, Route};
use crate::state::State;

/// Bytes that an oversized body is sent in at a time.
const CHUNK: usize = 64 << 10;

/// Everything that the listeners share. Locks are held for a look or a change, never while signing or waiting.
pub(crate) struct Platform {
    pub(crate) identity: Identity,
    pub(crate) catalog: &'static Catalog,
    pub(crate) seed: State,
    business: Mutex<Business>,
    merchants: RwLock<Arc<Merchants>>,
    certificates: RwLock<Arc<Certificates>>,
    faults: Mutex<Faults>,
    journal: Mutex<Journal>,
    gates: [Arc<Gate>; 2],
    /// Seconds that the clock of signatures is off.
    clock_off_by: AtomicI64,
}

impl Platform {
    pub(crate) fn new(identity: Identity, catalog: &'static Catalog, seed: State) -> Self {
        let platform = Self {
            certificates: RwLock::new(Arc::new(Certificates::new(&identity))),
            identity,
            catalog,
            business: Mutex::new(Business::new(seed.clone())),
            seed,
            merchants: RwLock::default(),
            faults: Mutex::default(),
            journal: Mutex::default(),
            gates: [Arc::new(Gate::new()), Arc::new(Gate::new())],
            clock_off_by: AtomicI64::new(0),
        };
        platform.forget_merchants();
        platform
    }

    pub(crate) fn business(&self) -> MutexGuard<'_, Business> {
        self.business.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn gate(&self, host: Host) -> &Arc<Gate> {
        match host {
            Host::Main => &self.gates[0],
            Host::Backup => &self.gates[1],
        }
    }

    pub(crate) fn merchants(&self) -> Arc<Merchants> {
        Arc::clone(&self.merchants.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change_merchants(&self, change: impl FnOnce(&mut Merchants)) {
        change(Arc::make_mut(&mut self.merchants.write().unwrap_or_else(PoisonError::into_inner)));
    }

    /// Knows the merchant of the directory and no other.
    pub(crate) fn forget_merchants(&self) {
        let Identity { mchid, merchant_certificate, .. } = &self.identity;
        self.change_merchants(|merchants| {
            *merchants = Merchants::default();
            merchants.register(mchid, &merchant_certificate.serial_no, merchant_certificate.public_key.clone());
        });
    }

    pub(crate) fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change_certificates<T>(&self, change: impl FnOnce(&mut Certificates) -> T) -> T {
        change(Arc::make_mut(&mut self.certificates.write().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Has the certificate of the directory and no other.
    pub(crate) fn forget_certificates(&self) {
        self.change_certificates(|certificates| *certificates = Certificates::new(&self.identity));
    }

    pub(crate) fn clock_off_by(&self) -> i64 {
        self.clock_off_by.load(Ordering::Relaxed)
    }

    pub(crate) fn set_clock_off_by(&self, seconds: i64) {
        self.clock_off_by.store(seconds, Ordering::Relaxed);
    }

    /// Unix seconds, as the platform signs and checks signatures by.
    fn now(&self) -> i64 {
        clock::now().saturating_add(self.clock_off_by())
    }

    /// Answers one request of the main or the backup listener.
    pub(crate) async fn serve(
        &self,
        host: Host,
        request: hyper::Request<Incoming>,
    ) -> Result<Response<Body>, Interrupt> {
        let (head, body) = request.into_parts();
        let body = match self.read(host, &head, body).await {
            Ok(body) => body,
            Err(NotRead::TooLong) => {
                let answer = gateway_page(StatusCode::PAYLOAD_TOO_LARGE, "413 Request Entity Too Large");
                return Ok(self.reply(&answer, HeaderMap::new(), false));
            }
            Err(NotRead::Broken) => return Err(Interrupt::Reset),
        };
        let target = intake::target(&head).to_owned();
        let request = Request::new(host, head.method, target, head.headers, body).await;
        self.answer(&request).await
    }

    async fn answer(&self, request: &Request) -> Result<Response<Body>, Interrupt> {
        let route = self.catalog.route(&request.method, request.path());
        let operation = match &route {
            Route::Operation(endpoint) => Some(endpoint.operation.id.as_str()),
            _ => None,
        };
        let seen = Seen {
            host: request.host,
            method: request.method.as_str(),
            target: &request.target,
            operation,
            body: &request.body,
        };
        let armed = self.faults().take(&seen, false);
        let fault = armed.as_ref().map(|armed| &armed.fault);
        if let Some(Fault::Replay(_)) = fault {
            clock::early_in_a_second().await;
        }
        let now = self.now();
        let authorization = Authorization::of(request);
        let merchant = self.merchants().authorize(request, authorization.as_ref().map_err(|issue| *issue), now);
        let key = self.key(request.header("wechatpay-serial"));
        let mut entry = Entry {
            host: request.host,
            method: request.method.to_string(),
            target: request.target.clone(),
            headers: request.headers.clone(),
            authorization: authorization.as_ref().map_or(Value::Null, Authorization::redacted),
            body: request.body.clone(),
            operation: operation.map(str::to_owned),
            mchid: authorization.as_ref().ok().map(|fields| fields.get("mchid").to_owned()),
            authorized: merchant.is_ok(),
            executed: false,
            status: None,
            fault: armed.as_ref().map(|armed| armed.kind.clone()),
            understood: None,
            form: request.form_shown(),
        };

        // Nothing is awaited from here until the entry is in the journal: a client that hangs up cannot undo half of it.
        let answer = match fault {
            Some(Fault::Reset { after: After::Read }) => None,
            Some(Fault::Html502) => Some(gateway_page(StatusCode::BAD_GATEWAY, "502 Bad Gateway")),
            Some(Fault::Status { answer, after: After::Read }) => Some(answer.clone()),
            Some(Fault::Replay(replay)) => Some(replay.answer(now)),
            _ => {
                let work = merchant
                    .and_then(|merchant| self.operate(request, &route, &merchant, key.as_ref(), fault, &mut entry));
                entry.executed = work.as_ref().is_ok_and(|answer| answer.status.is_success());
                changed(work.unwrap_or_else(Answer::from), fault)
            }
        };
        entry.status = answer.as_ref().map(|answer| answer.status);
        self.journal().add(entry);
        let Some(answer) = answer else { return Err(Interrupt::Reset) };

        if let Some(Fault::Delay { ms }) = fault {
            tokio::time::sleep(Duration::from_millis(*ms)).await;
        }
        let key = match (key, fault) {
            (Some(key), fault) if !matches!(fault, Some(Fault::CertificateSigned)) => key,
            _ => self.certificates().signing().clone(),
        };
        let mut headers = seal::headers(&answer, &key, fault, self.now());
        let answer = if matches!(fault, Some(Fault::Corrupt)) { corrupted(answer) } else { answer };
        if self.clock_off_by() != 0 {
            // The server would set this machine's.
            headers.insert(DATE, clock::http_date(self.now()).parse().expect("a date is ASCII"));
        }
        match fault {
            Some(Fault::HalfReply) => Err(Interrupt::After(half(&answer, &headers))),
            _ => Ok(self.reply(&answer, headers, matches!(fault, Some(Fault::OversizedBody { .. })))),
        }
    }

    fn reply(&self, answer: &Answer, headers: HeaderMap, streamed: bool) -> Response<Body> {
        let body = answer.body.clone();
        let mut response = Response::new(if streamed {
            let chunks = (0..body.len()).step_by(CHUNK).map(move |at| body.slice(at..body.len().min(at + CHUNK)));
            StreamBody::new(stream::iter(chunks.map(|chunk| Ok(Frame::data(chunk))))).boxed()
        } else {
            Full::new(body).boxed()
        });
        *response.status_mut() = answer.status;
        *response.headers_mut() = headers;
        response
    }
}
