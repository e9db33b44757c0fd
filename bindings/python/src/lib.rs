//! `wechatpay_sdk._native`: the bridge as Python objects. JSON crosses as bytes; what is Pythonic is written in Python.

mod client;
mod completions;
mod errors;
mod notifications;
mod seen;

use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// The part of wechatpay_sdk that is written in Rust. Not an API.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use super::client::{Call, Client};
    #[pymodule_export]
    use super::completions::{Completions, Question, Ticket};
    #[pymodule_export]
    use super::errors::{bad_argument, bad_option, unraisable};
    #[pymodule_export]
    use super::notifications::{Receiver, ack, failure};
    #[pymodule_export]
    use super::seen::Seen;
    #[cfg(feature = "test-hooks")]
    #[pymodule_export]
    use super::test_panic;
    #[pymodule_export]
    use super::{operations, option_names, products};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}

/// The operations of a namespace, as a JSON array.
#[pyfunction]
fn operations<'py>(py: Python<'py>, namespace: &str) -> PyResult<Bound<'py, PyBytes>> {
    let json = errors::guarded(py, || Ok(wechatpay_bridge::operations_json(namespace)))?;
    Ok(PyBytes::new(py, &json))
}

/// The first segments of all operation ids.
#[pyfunction]
fn products() -> Vec<&'static str> {
    wechatpay_bridge::products()
}

/// The names of a client's options.
#[pyfunction]
fn option_names() -> Vec<&'static str> {
    wechatpay_bridge::option_names()
}

/// Panics on purpose, inside the guard that every entry has.
#[cfg(feature = "test-hooks")]
#[pyfunction]
fn test_panic(py: Python<'_>) -> PyResult<()> {
    errors::guarded(py, || panic!("a panic on purpose"))
}
