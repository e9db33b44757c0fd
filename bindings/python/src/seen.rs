//! The store of processed notifications: its questions are calls like any other.

use pyo3::prelude::*;
use wechatpay_bridge as bridge;

use crate::client::Call;
use crate::errors::guarded;

/// Knows which notifications have been processed.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Seen(bridge::Seen);

#[pymethods]
impl Seen {
    #[staticmethod]
    fn memory(py: Python<'_>, seconds: f64) -> PyResult<Self> {
        guarded(py, || bridge::Seen::memory(Some(seconds)).map(Self))
    }

    #[staticmethod]
    fn redis(py: Python<'_>, url: &str, seconds: f64) -> PyResult<Self> {
        guarded(py, || bridge::Seen::redis(url, Some(seconds)).map(Self))
    }

    fn claim(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.claim(id), None, None)))
    }

    fn done(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.done(id), None, None)))
    }

    fn release(&self, py: Python<'_>, id: &str) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.release(id), None, None)))
    }
}
