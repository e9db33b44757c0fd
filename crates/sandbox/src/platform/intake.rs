//! Reads a request off the wire, unless a fault cuts it off in the middle.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use serde_json::Value;

use super::Platform;
use crate::faults::Seen;
use crate::host::Host;
use crate::journal::Entry;
use crate::spec::Route;

/// The largest request body that is read.
const LARGEST_REQUEST: usize = 64 << 20;

/// Why a body was not read to its end.
pub(super) enum NotRead {
    TooLong,
    Broken,
}

/// Path and query as sent.
pub(super) fn target(head: &Parts) -> &str {
    head.uri.path_and_query().map_or("/", |target| target.as_str())
}

impl Platform {
    pub(super) async fn read(&self, host: Host, head: &Parts, mut body: Incoming) -> Result<Bytes, NotRead> {
        let mut read = BytesMut::new();
        let mut whole = false;
        let mut asked = false;
        while !whole {
            match body.frame().await {
                None => whole = true,
                Some(Err(_)) => return Err(NotRead::Broken),
                Some(Ok(frame)) => read.extend_from_slice(&frame.into_data().unwrap_or_default()),
            }
            if read.len() > LARGEST_REQUEST {
                return Err(NotRead::TooLong);
            }
            if !asked && self.cut_off(host, head, &read) {
                return Err(NotRead::Broken);
            }
            asked = true;
        }
        Ok(read.freeze())
    }

    /// Whether a fault strikes now that only this part of the body is there. The journal has the request all the same.
    fn cut_off(&self, host: Host, head: &Parts, part: &[u8]) -> bool {
        if !self.faults().early() {
            return false;
        }
        let route = self.catalog.route(&head.method, head.uri.path());
        let operation = match &route {
            Route::Operation(endpoint) => Some(endpoint.operation.id.as_str()),
            _ => None,
        };
        let seen = Seen { host, method: head.method.as_str(), target: target(head), operation, body: part };
        let Some(fault) = self.faults().take(&seen, true) else { return false };
        self.journal().add(Entry {
            host,
            method: head.method.to_string(),
            target: target(head).to_owned(),
            headers: head.headers.clone(),
            authorization: Value::Null,
            body: Bytes::copy_from_slice(part),
            operation: operation.map(str::to_owned),
            mchid: None,
            authorized: false,
            executed: false,
            status: None,
            fault: Some(fault.kind.clone()),
            understood: None,
            form: None,
        });
        true
    }
}
