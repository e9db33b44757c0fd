//! A request as the sandbox's journal has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value};

use crate::Problem;

/// What came in.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) path: String,
    /// As sent, still percent-encoded.
    pub(crate) query: Option<String>,
    pub(crate) headers: Map<String, Value>,
    pub(crate) authorized: bool,
    pub(crate) body: Bytes,
    /// Of `multipart/form-data`.
    pub(crate) form: Option<Vec<Part>>,
    /// What the platform read once it had decrypted; null where nothing was encrypted.
    pub(crate) understood: Value,
}

/// One part of a form.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) filename: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) content: Bytes,
}

impl Arrival {
    /// Reads an entry of the journal.
    pub(crate) async fn read(entry: &Value) -> Result<Self, Problem> {
        let text = |name: &str| entry[name].as_str().ok_or_else(|| format!("an entry of the journal has no {name}"));
        let target = text("target")?;
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let headers = entry["headers"].as_object().ok_or("an entry of the journal has no headers")?.clone();
        let body = match entry.get("body_base64") {
            Some(bytes) => Bytes::from(STANDARD.decode(bytes.as_str().unwrap_or_default())?),
            None => text("body")?.to_owned().into(),
        };
        let boundary = headers.get("content-type").and_then(|value| multer::parse_boundary(value.as_str()?).ok());
        let form = match boundary {
            Some(boundary) => Some(parts(body.clone(), boundary).await?),
            None => None,
        };
        Ok(Self {
            method: text("method")?.to_owned(),
            path: path.to_owned(),
            query,
            headers,
            authorized: entry["authorized"] == true,
            body,
            form,
            understood: entry["understood"].clone(),
        })
    }
}

async fn parts(body: Bytes, boundary: String) -> Result<Vec<Part>, Problem> {
    let mut form = multer::Multipart::new(stream::iter([Ok::<_, multer::Error>(body)]), boundary);
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await? {
        parts.push(Part {
            name: field.name().unwrap_or_default().to_owned(),
            filename: field.file_name().map(str::to_owned),
            media_type: field.content_type().map(|it| it.to_string()),
            content: field.bytes().await?,
        });
    }
    Ok(parts)
}
