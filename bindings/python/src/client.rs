//! Clients and calls.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wechatpay_bridge::{self as bridge, ErrorRecord, Reply, ReplyKind, Waited};

use crate::errors::{exception, guarded, raise};

/// How often a blocked call lets Python's signal handlers run.
const TICK: Duration = Duration::from_millis(50);

/// Status, Request-ID, body, and what the body is: `empty`, `json`, `file`.
pub(crate) type RawReply<'py> = (u16, Option<String>, Bound<'py, PyBytes>, &'static str);

pub(crate) fn raw(py: Python<'_>, reply: Reply) -> RawReply<'_> {
    let kind = match reply.kind {
        ReplyKind::Empty => "empty",
        ReplyKind::Json => "json",
        ReplyKind::Binary => "file",
    };
    (reply.status, reply.request_id, PyBytes::new(py, &reply.body), kind)
}

/// A client of one merchant.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Client(bridge::Client);

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, options: &[u8]) -> PyResult<Self> {
        guarded(py, || bridge::Client::from_json(options.to_vec()).map(Self))
    }

    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        guarded(py, || bridge::Client::from_env().map(Self))
    }

    fn for_merchant(&self, py: Python<'_>, options: &[u8]) -> PyResult<Self> {
        guarded(py, || self.0.for_merchant(options.to_vec()).map(Self))
    }

    fn with_options(&self, py: Python<'_>, options: &[u8]) -> PyResult<Self> {
        guarded(py, || self.0.with_options(options).map(Self))
    }

    #[getter]
    fn mchid(&self) -> &str {
        self.0.mchid()
    }

    fn call(&self, py: Python<'_>, operation: &str, params: &[u8]) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.call(operation, params))))
    }

    #[pyo3(signature = (method, path, query, body))]
    fn request(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        query: Option<&[u8]>,
        body: Option<&[u8]>,
    ) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.request(method, path, query, body))))
    }

    fn utility(&self, py: Python<'_>, name: &str, params: &[u8]) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.utility(name, params))))
    }

    /// With this merchant's keys; they are looked at here, since a property must not fail for want of one.
    fn parse_notification<'py>(&self, py: Python<'py>, headers: &[u8], body: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let record = guarded(py, || self.0.receiver()?.parse(headers, body))?;
        Ok(PyBytes::new(py, &record))
    }
}

/// A call that has not begun; it can be begun once.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Call(Mutex<Option<bridge::Call>>);

impl Call {
    pub(crate) fn new(call: bridge::Call) -> Self {
        Self(Mutex::new(Some(call)))
    }

    pub(crate) fn take(&self) -> PyResult<bridge::Call> {
        let call = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        call.ok_or_else(|| PyRuntimeError::new_err("this call has begun already"))
    }
}

#[pymethods]
impl Call {
    /// Blocks until the reply is there, without holding the GIL.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<RawReply<'py>> {
        let call = self.take()?;
        let mut signal = None;
        let keep_going = || {
            // None: the interpreter is shutting down, and nobody is left to be interrupted.
            signal = Python::try_attach(|py| py.check_signals().err()).flatten();
            signal.is_none()
        };
        match guarded(py, || py.detach(|| bridge::wait(call, TICK, keep_going)))? {
            Waited::Done(Ok(reply)) => Ok(raw(py, reply)),
            Waited::Done(Err(record)) => Err(raise(py, &record)),
            Waited::GivenUp(record) => Err(interrupted(py, signal, &record)),
        }
    }
}

/// What a signal handler raised, together with what is known of the request.
fn interrupted(py: Python<'_>, signal: Option<PyErr>, record: &ErrorRecord) -> PyErr {
    let Some(raised) = signal else { return raise(py, record) };
    if raised.is_instance_of::<PyKeyboardInterrupt>(py) && record.may_have_taken_effect {
        let with_outcome = PyKeyboardInterrupt::new_err(record.text.clone());
        with_outcome.set_cause(py, Some(raised));
        return with_outcome;
    }
    if raised.cause(py).is_none() {
        raised.set_cause(py, exception(py, record).ok().map(PyErr::from_value));
    }
    raised
}
