//! What a call asks the merchant's key, where that lies elsewhere.

use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use wechatpay_bridge::{self as bridge, KeyError};

/// One question; it can be answered once, what comes later is not heard. Collected without an answer, it fails the call.
#[napi]
pub struct Question(Mutex<Option<bridge::Question>>);

impl Question {
    pub(crate) fn new(question: bridge::Question) -> Self {
        Self(Mutex::new(Some(question)))
    }

    fn take(&self) -> Option<bridge::Question> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[napi]
impl Question {
    /// `sign` or `decrypt`.
    #[napi(getter, catch_unwind)]
    pub fn task(&self) -> Option<&'static str> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|question| question.task.as_str())
    }

    /// What is to be signed or decrypted: a copy.
    #[napi(getter, catch_unwind)]
    pub fn input(&self) -> Option<Buffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|question| question.input.clone().into())
    }

    /// Answers it; without bytes: the key has no function for that.
    #[napi(catch_unwind)]
    pub fn give(&self, bytes: Option<Buffer>) {
        if let Some(question) = self.take() {
            question.answer(bytes.map(|bytes| bytes.to_vec()).ok_or_else(KeyError::unsupported));
        }
    }

    /// Says what went wrong.
    #[napi(catch_unwind)]
    pub fn fail(&self, problem: String) {
        if let Some(question) = self.take() {
            question.answer(Err(KeyError::new(problem)));
        }
    }
}
