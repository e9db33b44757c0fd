//! Receivers of notifications, and what is answered to the platform.

use napi::bindgen_prelude::{BufferSlice, Either};
use napi_derive::napi;
use wechatpay_bridge::{self as bridge, Result, guard};

use crate::client::Client;
use crate::outcome::{Outcome, json, text};

/// A receiver, or the error record that says why there is none.
type Made = Either<Receiver, String>;

/// Receives the notifications of one merchant.
#[napi]
pub struct Receiver(bridge::Receiver);

fn made(entry: impl FnOnce() -> Result<bridge::Receiver>) -> Made {
    guard(entry).map_or_else(|record| Either::B(json(&record)), |receiver| Either::A(Receiver(receiver)))
}

/// A receiver from a JSON object of options.
#[napi(catch_unwind)]
pub fn open_receiver(options: String) -> Made {
    made(|| bridge::Receiver::from_json(options.into_bytes()))
}

/// A receiver from the `WECHATPAY_*` variables.
#[napi(catch_unwind)]
pub fn open_receiver_from_env() -> Made {
    made(bridge::Receiver::from_env)
}

#[napi]
impl Client {
    /// A receiver with this client's keys.
    #[napi(catch_unwind)]
    pub fn receiver(&self) -> Made {
        made(|| self.bridge().receiver())
    }
}

#[napi]
impl Receiver {
    /// Reads a notification: its headers as a JSON object, its body byte for byte. It gives the record as JSON, without
    /// an object around it, whose members would cost as much as reading the headers.
    #[napi(catch_unwind)]
    pub fn parse(&self, headers: String, body: BufferSlice<'_>) -> Either<String, Outcome> {
        let read = guard(|| self.0.parse(headers.as_bytes(), &body));
        read.map_or_else(|record| Either::B(Err(record).into()), |json| Either::A(text(json)))
    }
}

/// The answer where a notification has been taken, as JSON.
#[napi(catch_unwind)]
pub fn ack() -> String {
    text(bridge::ack())
}

/// The answer where it has not, as JSON.
#[napi(catch_unwind)]
pub fn failure(message: String) -> String {
    text(bridge::failure(&message))
}
