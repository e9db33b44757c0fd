//! Error records as Python exceptions. The class tree stands in `wechatpay_sdk/_errors.py`.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wechatpay_bridge::{ErrorRecord, Result, guard};

/// Runs an entry; errors and panics become exceptions.
pub(crate) fn guarded<T>(py: Python<'_>, entry: impl FnOnce() -> Result<T>) -> PyResult<T> {
    guard(entry).map_err(|record| raise(py, &record))
}

pub(crate) fn raise(py: Python<'_>, record: &ErrorRecord) -> PyErr {
    // Without its exception class an error would be lost: then the failure to make it is what is raised.
    exception(py, record).map_or_else(|failure| failure, PyErr::from_value)
}

pub(crate) fn exception<'py>(py: Python<'py>, record: &ErrorRecord) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "wechatpay_sdk._errors"))?
        .getattr(intern!(py, "from_record"))?
        .call1((PyBytes::new(py, &record.to_json()),))
}

/// What an exception of the merchant's own code says, as the last line of its traceback does.
pub(crate) fn words(py: Python<'_>, raised: &PyErr) -> String {
    let class = raised.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    match raised.value(py).str().map(|text| text.to_string_lossy().into_owned()) {
        Ok(text) if !text.is_empty() => format!("{class}: {text}"),
        _ => class,
    }
}

/// Reports what must not be raised, since nobody waits for `source`, to `sys.unraisablehook`.
#[pyfunction]
pub(crate) fn unraisable(py: Python<'_>, raised: Bound<'_, PyAny>, source: Bound<'_, PyAny>) {
    PyErr::from_value(raised).write_unraisable(py, Some(&source));
}

/// The exception for an argument that cannot be read; `problem` follows its name.
#[pyfunction]
#[pyo3(signature = (operation, argument, problem))]
pub(crate) fn bad_argument<'py>(
    py: Python<'py>,
    operation: Option<&str>,
    argument: &str,
    problem: &str,
) -> PyResult<Bound<'py, PyAny>> {
    exception(py, &ErrorRecord::bad_argument(operation, argument, problem))
}

/// The exception for an option that cannot be read; `problem` follows its name.
#[pyfunction]
pub(crate) fn bad_option<'py>(py: Python<'py>, option: &str, problem: &str) -> PyResult<Bound<'py, PyAny>> {
    exception(py, &ErrorRecord::bad_option(option, problem))
}
