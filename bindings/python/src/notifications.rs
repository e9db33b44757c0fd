//! Notifications: headers and record cross as JSON, the body as it came.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wechatpay_bridge as bridge;

use crate::errors::guarded;

/// Reads notifications without a client.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Receiver(bridge::Receiver);

#[pymethods]
impl Receiver {
    #[new]
    fn new(py: Python<'_>, options: &[u8]) -> PyResult<Self> {
        guarded(py, || bridge::Receiver::from_json(options.to_vec()).map(Self))
    }

    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        guarded(py, || bridge::Receiver::from_env().map(Self))
    }

    fn parse_notification<'py>(&self, py: Python<'py>, headers: &[u8], body: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let record = guarded(py, || self.0.parse(headers, body))?;
        Ok(PyBytes::new(py, &record))
    }
}

/// The answer for a notification that has been taken, as JSON.
#[pyfunction]
pub(crate) fn ack(py: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(py, &guarded(py, || Ok(bridge::ack()))?))
}

/// The answer for one that has not, as JSON.
#[pyfunction]
pub(crate) fn failure<'py>(py: Python<'py>, message: &str) -> PyResult<Bound<'py, PyBytes>> {
    Ok(PyBytes::new(py, &guarded(py, || Ok(bridge::failure(message)))?))
}
