//! Clients and calls.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyException, PyKeyboardInterrupt, PyRuntimeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wechatpay_bridge::{self as bridge, ErrorRecord, Key, KeyError, Reply, ReplyKind, Said, Task, Waited};

use crate::errors::{exception, guarded, raise, words};

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
    /// `sign` and `decrypt`: whether the key that calls are given has functions for these.
    #[new]
    #[pyo3(signature = (options, sign=false, decrypt=false))]
    fn new(py: Python<'_>, options: &[u8], sign: bool, decrypt: bool) -> PyResult<Self> {
        guarded(py, || bridge::Client::from_json(options.to_vec(), Key::given(sign, decrypt)?).map(Self))
    }

    #[staticmethod]
    fn from_env(py: Python<'_>) -> PyResult<Self> {
        guarded(py, || bridge::Client::from_env().map(Self))
    }

    #[pyo3(signature = (options, sign=false, decrypt=false))]
    fn for_merchant(&self, py: Python<'_>, options: &[u8], sign: bool, decrypt: bool) -> PyResult<Self> {
        guarded(py, || self.0.for_merchant(options.to_vec(), Key::given(sign, decrypt)?).map(Self))
    }

    fn with_options(&self, py: Python<'_>, options: &[u8]) -> PyResult<Self> {
        guarded(py, || self.0.with_options(options).map(Self))
    }

    #[getter]
    fn mchid(&self) -> &str {
        self.0.mchid()
    }

    /// `key` answers what the call asks, where it is not among the options: `answer(task, input)`. `hook` is told of its
    /// attempts: `tell(event)`, with the event as JSON.
    /// `files` live until the call has ended: it may read them.
    #[pyo3(signature = (operation, params, key=None, hook=None, files=None))]
    fn call(
        &self,
        py: Python<'_>,
        operation: &str,
        params: &[u8],
        key: Option<Py<PyAny>>,
        hook: Option<Py<PyAny>>,
        files: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        guarded(py, || Ok(Call { _files: files, ..Call::new(self.0.call(operation, params), key, hook) }))
    }

    #[expect(clippy::too_many_arguments, reason = "Python names them")]
    #[pyo3(signature = (method, path, query, body, key=None, hook=None))]
    fn request(
        &self,
        py: Python<'_>,
        method: &str,
        path: &str,
        query: Option<&[u8]>,
        body: Option<&[u8]>,
        key: Option<Py<PyAny>>,
        hook: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.request(method, path, query, body), key, hook)))
    }

    #[pyo3(signature = (name, params, key=None, hook=None))]
    fn utility(
        &self,
        py: Python<'_>,
        name: &str,
        params: &[u8],
        key: Option<Py<PyAny>>,
        hook: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        guarded(py, || Ok(Call::new(self.0.utility(name, params), key, hook)))
    }

    /// With this merchant's keys; they are looked at here, since a property must not fail for want of one.
    fn parse_notification<'py>(&self, py: Python<'py>, headers: &[u8], body: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let record = guarded(py, || self.0.receiver()?.parse(headers, body))?;
        Ok(PyBytes::new(py, &record))
    }
}

/// A call that has not begun; it can be begun once.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Call {
    call: Mutex<Option<bridge::Call>>,
    key: Option<Py<PyAny>>,
    hook: Option<Py<PyAny>>,
    _files: Option<Py<PyAny>>,
}

impl Call {
    pub(crate) fn new(call: bridge::Call, key: Option<Py<PyAny>>, hook: Option<Py<PyAny>>) -> Self {
        Self { call: Mutex::new(Some(call.watched(hook.is_some()))), key, hook, _files: None }
    }

    pub(crate) fn take(&self) -> PyResult<bridge::Call> {
        let call = self.call.lock().unwrap_or_else(PoisonError::into_inner).take();
        call.ok_or_else(|| PyRuntimeError::new_err("this call has begun already"))
    }
}

#[pymethods]
impl Call {
    /// What answers for the merchant's key.
    #[getter]
    fn key(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.key.as_ref().map(|key| key.clone_ref(py))
    }

    /// What is told of the attempts.
    #[getter]
    fn hook(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.hook.as_ref().map(|hook| hook.clone_ref(py))
    }

    /// Blocks until the reply is there, without holding the GIL. What the call asks the merchant's key is answered here,
    /// and what it tells is heard here.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<RawReply<'py>> {
        let call = self.take()?;
        let (mut signal, mut failure) = (None, None);
        // What the key or the hook raised may be no failure, but the end of the program.
        let ends = AtomicBool::new(false);
        let keep_going = || {
            // None: the interpreter is shutting down, and nobody is left to be interrupted.
            signal = Python::try_attach(|py| py.check_signals().err()).flatten();
            signal.is_none() && !ends.load(Ordering::Relaxed)
        };
        let (key, hook) = (self.key.as_ref(), self.hook.as_ref());
        let hear = |said| {
            // None: the interpreter is shutting down. A question that is dropped fails its call.
            Python::try_attach(|py| match said {
                Said::Asks(question) => {
                    let given = ask(py, key, question.task, &question.input).map_err(|raised| {
                        let told = words(py, &raised);
                        ends.fetch_or(!raised.is_instance_of::<PyException>(py), Ordering::Relaxed);
                        failure = Some(raised);
                        KeyError::new(told)
                    });
                    question.answer(given.and_then(|given| given.ok_or_else(KeyError::unsupported)));
                }
                Said::Tells(_) | Said::Progresses(_) => {
                    if let Err(raised) = tell(py, hook, &said) {
                        ends.store(true, Ordering::Relaxed);
                        failure = Some(raised);
                    }
                }
            });
        };
        match guarded(py, || py.detach(|| bridge::wait(call, TICK, keep_going, hear)))? {
            // As if it had been raised right after the call.
            Waited::Done(Ok(_)) if ends.into_inner() => {
                Err(failure.unwrap_or_else(|| PyKeyboardInterrupt::new_err(())))
            }
            Waited::Done(Ok(reply)) => Ok(raw(py, reply)),
            Waited::Done(Err(record)) => Err(failed(py, failure, &record)),
            Waited::GivenUp(record) => Err(interrupted(py, signal.or(failure), &record)),
        }
    }
}

/// None: the key has no function for that.
fn ask(py: Python<'_>, key: Option<&Py<PyAny>>, task: Task, input: &[u8]) -> PyResult<Option<Vec<u8>>> {
    let Some(key) = key else { return Ok(None) };
    key.call_method1(py, intern!(py, "answer"), (task.as_str(), PyBytes::new(py, input)))?.extract(py)
}

/// Errors are those that end a program: the hook deals with others itself.
fn tell(py: Python<'_>, hook: Option<&Py<PyAny>>, said: &Said) -> PyResult<()> {
    let event = match said {
        Said::Tells(event) => event.to_json(),
        Said::Progresses(progress) => progress.to_json(),
        Said::Asks(_) => return Ok(()),
    };
    let Some(hook) = hook else { return Ok(()) };
    hook.call_method1(py, intern!(py, "tell"), (PyBytes::new(py, &event),)).map(drop)
}

/// What the merchant's key raised is the cause of our exception; but what ends a program is raised as it is.
fn failed(py: Python<'_>, raised: Option<PyErr>, record: &ErrorRecord) -> PyErr {
    match raised {
        Some(raised) if !raised.is_instance_of::<PyException>(py) => interrupted(py, Some(raised), record),
        raised => {
            let error = raise(py, record);
            if record.is_of_key() {
                error.set_cause(py, raised);
            }
            error
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
