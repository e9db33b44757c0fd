//! A request as it was read from the wire.

use bytes::Bytes;
use futures_util::stream;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method};
use serde_json::{Map, Value, json};

use crate::files::digest;
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
    parts: Vec<Part>,
}

/// One of them; a file has a file name.
pub(super) struct Part {
    name: String,
    pub(super) filename: Option<String>,
    content_type: Option<String>,
    pub(super) bytes: Bytes,
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
            Some(form) => form.parts.iter().find(|part| part.name == "meta").map_or(&[], |meta| &meta.bytes),
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
        for Part { name, bytes, .. } in &form.parts {
            let value = if name == "meta" { parse(bytes)? } else { Value::Bool(true) };
            object.insert(name.clone(), value);
        }
        Ok(Value::Object(object))
    }

    /// The files of a form.
    pub(super) fn files(&self) -> impl Iterator<Item = &Part> {
        self.form.iter().flat_map(|form| &form.parts).filter(|part| part.filename.is_some())
    }

    /// A form for people: texts, `meta` parsed, and of a file its name, type, length and SHA-256.
    pub(super) fn form_shown(&self) -> Option<Value> {
        let show = |part: &Part| match &part.filename {
            None => serde_json::from_slice(&part.bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&part.bytes))),
            Some(filename) => json!({
                "filename": filename,
                "content_type": part.content_type,
                "bytes": part.bytes.len(),
                "sha256": digest("SHA256", &part.bytes),
            }),
        };
        Some(self.form.as_ref()?.parts.iter().map(|part| (part.name.clone(), show(part))).collect())
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
            parts.push(Part {
                name: field.name()?.to_owned(),
                filename: field.file_name().map(str::to_owned),
                content_type: field.content_type().map(ToString::to_string),
                bytes: field.bytes().await.ok()?,
            });
        }
        Some(Self { parts })
    }
}
