//! Finished calls for asyncio: the loop watches one descriptor and drains many results at once.

use pyo3::prelude::*;
use pyo3::types::PyList;
use wechatpay_bridge as bridge;

use crate::client::{Call, raw};
use crate::errors::{exception, guarded};

/// The finished calls of one event loop.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Completions(bridge::Completions);

#[pymethods]
impl Completions {
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        guarded(py, || bridge::Completions::new().map(Self))
    }

    fn fileno(&self) -> u64 {
        self.0.descriptor()
    }

    fn start(&self, py: Python<'_>, token: u64, call: &Call) -> PyResult<Ticket> {
        let call = call.take()?;
        guarded(py, || self.0.start(token, call).map(|ticket| Ticket(Some(ticket))))
    }

    /// `[(token, reply, exception)]`: one of the two is None.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let drained = PyList::empty(py);
        for done in guarded(py, || Ok(self.0.drain()))? {
            let (reply, error) = match done.result {
                Ok(reply) => (Some(raw(py, reply)), None),
                Err(record) => (None, Some(exception(py, &record)?)),
            };
            drained.append((done.token, reply, error))?;
        }
        Ok(drained)
    }
}

/// The right to cancel a call.
#[pyclass(module = "wechatpay_sdk._native")]
pub(crate) struct Ticket(Option<bridge::Ticket>);

#[pymethods]
impl Ticket {
    /// Cancels the call; harmless once it has ended.
    fn cancel(&mut self) {
        self.0 = None;
    }
}
