//! Notifications as bindings receive them: headers as JSON, body as bytes, a JSON object back.

use std::fmt;

use serde::Serialize;
use wechatpay_sdk::Options;
use wechatpay_sdk::notification::{self, Answer, Notification, Notifications};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::error::Result;
use crate::headers::header_map;
use crate::readable::Readable;

/// Receives the notifications of a merchant.
#[derive(Clone)]
pub struct Receiver(Notifications);

impl Receiver {
    /// A receiver from a JSON object of options, which is wiped: the platform's keys and the APIv3 key are enough.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_json(options: Vec<u8>) -> Result<Self> {
        Ok(Self(Notifications::from_options(&Options::from_json(&Zeroizing::new(options))?)?))
    }

    /// A receiver from the `WECHATPAY_*` variables.
    ///
    /// # Errors
    /// Config, naming the variable or option.
    pub fn from_env() -> Result<Self> {
        Ok(Self(Notifications::from_options(&Options::from_env()?)?))
    }

    /// Verifies, parses and decrypts. `headers` is a JSON object of texts (or lists of them), their names in any case, or
    /// as CGI has them (`HTTP_WECHATPAY_SERIAL`). What comes back is
    /// `{"id", "create_time", "event_type", "resource_type", "summary", "original_type", "resource"}`.
    ///
    /// # Errors
    /// Signature, integrity and decrypt; invalid request where the headers cannot be read.
    pub fn parse(&self, headers: &[u8], body: &[u8]) -> Result<Vec<u8>> {
        record(&self.0.parse(&header_map(headers)?, body)?)
    }
}

/// What to answer where a notification has been taken: `{"status", "headers", "body"}`.
#[must_use]
pub fn ack() -> Vec<u8> {
    answer(&notification::ack())
}

/// What to answer where it has not, so that it comes again: `{"status", "headers", "body"}`.
#[must_use]
pub fn failure(message: &str) -> Vec<u8> {
    answer(&notification::failure(message))
}

fn answer(answer: &Answer) -> Vec<u8> {
    serde_json::to_vec(answer).expect("a record of texts can be written")
}

impl Client {
    /// A receiver with this merchant's keys.
    ///
    /// # Errors
    /// Config (`missing_option`) without an APIv3 key.
    pub fn receiver(&self) -> Result<Receiver> {
        Ok(Receiver(self.core().notifications()?))
    }
}

/// Everything but the resource.
#[derive(Serialize)]
struct Head<'a> {
    id: &'a str,
    create_time: &'a str,
    event_type: &'a str,
    resource_type: Option<&'a str>,
    summary: Option<&'a str>,
    original_type: Option<&'a str>,
}

/// The resource goes in as it was decrypted: JSON within JSON needs no second writing.
fn record(notification: &Notification) -> Result<Vec<u8>> {
    notification.resource::<Readable>()?;
    let head = Head {
        id: &notification.id,
        create_time: &notification.create_time,
        event_type: &notification.event_type,
        resource_type: notification.resource_type.as_deref(),
        summary: notification.summary.as_deref(),
        original_type: notification.original_type.as_deref(),
    };
    let resource = notification.resource_json().trim_ascii();
    let mut record = Vec::with_capacity(256 + resource.len());
    serde_json::to_writer(&mut record, &head).expect("a record of texts can be written");
    let end = record.pop();
    debug_assert_eq!(end, Some(b'}'));
    record.extend_from_slice(b",\"resource\":");
    record.extend_from_slice(resource);
    record.push(b'}');
    Ok(record)
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
