//! The requests that came, the newest of them.

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

use crate::host::Host;

const MOST_ENTRIES: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;
/// A form beyond this is shown by its parts only.
const LARGEST_FORM: usize = 64 << 10;

/// One request and what became of it.
pub(crate) struct Entry {
    pub(crate) host: Host,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// The parsed `Authorization` without its signature; null when it could not be parsed.
    pub(crate) authorization: Value,
    pub(crate) body: Bytes,
    pub(crate) operation: Option<String>,
    pub(crate) mchid: Option<String>,
    pub(crate) authorized: bool,
    /// Whether what it asks for was done, whatever was answered.
    pub(crate) executed: bool,
    /// `None` when the connection was cut instead.
    pub(crate) status: Option<StatusCode>,
    pub(crate) fault: Option<String>,
    /// Of a request with encrypted fields its parameters after they were opened, as JSON.
    pub(crate) understood: Option<Bytes>,
    /// Of a form what its parts hold, files by name, size and hash.
    pub(crate) form: Option<Value>,
}

/// The newest entries.
#[derive(Default)]
pub(crate) struct Journal {
    entries: VecDeque<(u64, Entry)>,
    bytes: usize,
    last_seq: u64,
}

impl Journal {
    pub(crate) fn add(&mut self, mut entry: Entry) {
        if entry.form.is_some() && entry.body.len() > LARGEST_FORM {
            entry.body = Bytes::new();
        }
        self.last_seq += 1;
        self.bytes += entry.size();
        self.entries.push_back((self.last_seq, entry));
        while self.entries.len() > MOST_ENTRIES || self.bytes > MOST_BYTES {
            let Some((_, oldest)) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// Forgets all entries; `seq` goes on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.bytes = 0;
    }

    /// Those that came after the one with this `seq`.
    pub(crate) fn list(&self, after: u64) -> Value {
        let newer = self.entries.iter().filter(|(seq, _)| *seq > after);
        newer.map(|(seq, entry)| entry.show(*seq)).collect()
    }
}

impl Entry {
    fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        self.target.len() + self.body.len() + headers + self.understood.as_ref().map_or(0, Bytes::len)
    }

    fn show(&self, seq: u64) -> Value {
        let mut headers = Map::new();
        for name in self.headers.keys() {
            let values: Vec<_> =
                self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            headers.insert(name.as_str().to_owned(), json!(values.join(", ")));
        }
        if let Some(value) = headers.get_mut(AUTHORIZATION.as_str()) {
            *value = self.authorization.clone();
        }
        let mut shown = json!({
            "seq": seq,
            "host": self.host,
            "method": self.method,
            "target": self.target,
            "headers": headers,
            "operation": self.operation,
            "mchid": self.mchid,
            "authorized": self.authorized,
            "executed": self.executed,
            "status": self.status.map(|status| status.as_u16()),
            "fault": self.fault,
            "understood": self.understood.as_ref().and_then(|text| serde_json::from_slice::<Value>(text).ok()),
        });
        if let Some(form) = &self.form {
            shown["form"] = form.clone();
            if self.body.is_empty() {
                return shown;
            }
        }
        match std::str::from_utf8(&self.body) {
            Ok(text) => shown["body"] = json!(text),
            Err(_) => shown["body_base64"] = json!(STANDARD.encode(&self.body)),
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: Bytes) -> Entry {
        Entry {
            host: Host::Main,
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: HeaderMap::new(),
            authorization: Value::Null,
            body,
            operation: None,
            mchid: None,
            authorized: false,
            executed: false,
            status: None,
            fault: None,
            understood: None,
            form: None,
        }
    }

    #[test]
    fn only_the_newest_stay() {
        let mut journal = Journal::default();
        for _ in 0..MOST_ENTRIES + 5 {
            journal.add(entry(Bytes::new()));
        }
        assert_eq!(journal.entries.len(), MOST_ENTRIES);
        assert_eq!(journal.entries[0].0, 6);

        let large = Bytes::from(vec![b' '; MOST_BYTES / 2]);
        journal.add(entry(large.clone()));
        journal.add(entry(large.clone()));
        assert!(journal.bytes <= MOST_BYTES);
        assert_eq!(journal.entries.len(), 1);

        journal.clear();
        journal.add(entry(Bytes::from_static(&[0xff])));
        let shown = journal.list(0);
        assert_eq!(shown[0]["seq"], MOST_ENTRIES + 8);
        assert_eq!(journal.list(MOST_ENTRIES as u64 + 8), json!([]));
        assert_eq!(shown[0]["body_base64"], "/w==");
    }
}
