//! A request as it was read from the wire.

use bytes::Bytes;
use futures_util::stream;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value};

use crate::host::Host;

/// A whole request.
pub(crate) struct Request {
    pub(crate) host: Host,
    pub(crate) method: Method,
    /// Path and query exactly as sent.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    form: Option<Form>,
}

/// The parts of a multipart body.
struct Form {
    parts: Vec<(String, Bytes)>,
}

impl Request {
    pub(crate) async fn new(host: Host, method: Method, target: String, headers: HeaderMap, body: Bytes) -> Self {
        let form = match headers.get(CONTENT_TYPE).and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok()) {
            Some(boundary) => Form::parse(&body, boundary).await,
            None => None,
        };
        Self { host, method, target, headers, body, form }
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The bytes that the signature covers as BODY: of a form only its `meta` part.
    pub(crate) fn signed_body(&self) -> &[u8] {
        match &self.form {
            Some(form) => form.parts.iter().find(|(name, _)| name == "meta").map_or(&[], |(_, meta)| meta),
            None => &self.body,
        }
    }

    /// The header, empty when missing or not text.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; a form becomes an object of its parts, `meta` parsed and files as `true`.
    pub(crate) fn json(&self) -> Result<Value, String> {
        let parse =
            |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).map_err(|error| format!("is not JSON: {error}"));
        let Some(form) = &self.form else { return parse(&self.body) };
        let mut object = Map::new();
        for (name, part) in &form.parts {
            let value = if name == "meta" { parse(part)? } else { Value::Bool(true) };
            object.insert(name.clone(), value);
        }
        Ok(Value::Object(object))
    }

    /// The media type of the body, without parameters.
    pub(crate) fn media_type(&self) -> String {
        self.header("content-type").split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

impl Form {
    async fn parse(body: &Bytes, boundary: String) -> Option<Self> {
        let whole = body.clone();
        let mut form = multer::Multipart::new(stream::iter([Ok::<_, multer::Error>(whole)]), boundary);
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.ok()? {
            let name = field.name()?.to_owned();
            parts.push((name, field.bytes().await.ok()?));
        }
        Some(Self { parts })
    }
}
