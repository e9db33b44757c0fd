//! Calls for asyncio: the loop watches one descriptor and drains many results at once, and what calls say meanwhile.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use wechatpay_bridge::{self as bridge, Event, KeyError, News, Said};

use crate::client::{Call, raw};
use crate::errors::{exception, guarded, words};

/// The calls of one event loop.
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

    /// `[(token, reply, exception, question, event)]`: one of the four is there.
    fn drain<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let drained = PyList::empty(py);
        for News { token, event } in guarded(py, || Ok(self.0.drain()))? {
            let (reply, error, question, event) = match event {
                Event::Done(Ok(reply)) => (Some(raw(py, reply)), None, None, None),
                Event::Done(Err(record)) => (None, Some(exception(py, &record)?), None, None),
                Event::Says(Said::Asks(question)) => (None, None, Some(Question::new(question)), None),
                Event::Says(Said::Tells(event)) => (None, None, None, Some(PyBytes::new(py, &event.to_json()))),
                Event::Says(Said::Progresses(progress)) => {
                    (None, None, None, Some(PyBytes::new(py, &progress.to_json())))
                }
            };
            drained.append((token, reply, error, question, event))?;
        }
        Ok(drained)
    }
}

/// What a call asks the merchant's key; it can be answered once, what comes later is not heard.
#[pyclass(frozen, module = "wechatpay_sdk._native")]
pub(crate) struct Question(Mutex<Option<bridge::Question>>);

impl Question {
    fn new(question: bridge::Question) -> Self {
        Self(Mutex::new(Some(question)))
    }

    fn answer(&self, answer: bridge::Answer) {
        if let Some(question) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            question.answer(answer);
        }
    }
}

#[pymethods]
impl Question {
    /// `(task, input)`; None once it is answered.
    fn asked<'py>(&self, py: Python<'py>) -> Option<(&'static str, Bound<'py, PyBytes>)> {
        let question = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        question.as_ref().map(|question| (question.task.as_str(), PyBytes::new(py, &question.input)))
    }

    /// None: the key has no function for that.
    #[pyo3(signature = (given))]
    fn give(&self, given: Option<&[u8]>) {
        self.answer(given.map(<[u8]>::to_vec).ok_or_else(KeyError::unsupported));
    }

    /// Says what was raised instead.
    fn fail(&self, py: Python<'_>, raised: Bound<'_, PyAny>) {
        self.answer(Err(KeyError::new(words(py, &PyErr::from_value(raised)))));
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
