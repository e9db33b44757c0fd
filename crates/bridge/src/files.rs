//! Downloads and pages, as utilities.

use serde::Serialize;
use serde_json::{Map, Value, json};
use wechatpay_sdk::operation::{Method, find_operation};
use wechatpay_sdk::{Client, SaveTo, SavedFile};

use crate::desk::{self, Said};
use crate::error::{ErrorRecord, Result};

/// How far a download is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Progress {
    /// Bytes that have come.
    pub received: u64,
    /// Bytes that will come, where the platform says so.
    pub total: Option<u64>,
}

impl Progress {
    /// As JSON, for languages that read it themselves. It has `received`, which no event of an attempt has.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record of numbers can be written")
    }
}

/// Whether a utility changes something: one that calls an operation may.
pub(crate) fn changes(name: &str, params: &[u8]) -> bool {
    if !["download", "page"].contains(&name) {
        return false;
    }
    let params: Value = serde_json::from_slice(params).unwrap_or_default();
    let operation = params["operation"].as_str().and_then(find_operation);
    operation.is_some_and(|operation| operation.method != Method::Get)
}

pub(crate) async fn download(client: &Client, params: Map<String, Value>) -> Result<Value> {
    let mut params = Named(params);
    let (operation, record) = (params.text("operation")?, params.record()?);
    let (to, temporary) = params.to()?;
    params.end()?;
    let saved = client.download_by_id(&operation, record, to).await?;
    Ok(files(saved, temporary))
}

pub(crate) async fn download_url(client: &Client, params: Map<String, Value>) -> Result<Value> {
    let mut params = Named(params);
    let url = params.text("url")?;
    let hash = (params.optional("hash_type")?, params.optional("hash_value")?);
    let (mut to, temporary) = params.to()?;
    params.end()?;
    match hash {
        (Some(hash_type), Some(hash_value)) => to = to.hash(hash_type, hash_value),
        (None, None) => {}
        _ => return Err(bad("hash_value", "goes with hash_type: both are given, or neither")),
    }
    let saved = client.download_url(&url, to).await?;
    Ok(files(vec![saved], temporary))
}

pub(crate) async fn page(client: &Client, params: Map<String, Value>) -> Result<Value> {
    let mut params = Named(params);
    let (operation, record) = (params.text("operation")?, params.record()?);
    params.end()?;
    let page = client.page(&operation, record).await?;
    Ok(json!({"items": page.items, "next": page.next}))
}

fn files(saved: Vec<SavedFile>, temporary: Option<tempfile::TempDir>) -> Value {
    // From here on the files are the caller's, and so is their folder.
    let folder = temporary.map(tempfile::TempDir::keep);
    let files = saved
        .into_iter()
        .map(|file| json!({"path": file.path.to_string_lossy(), "length": file.length, "hash_type": file.hash_type}));
    json!({"files": files.collect::<Vec<_>>(), "folder": folder.map(|folder| folder.to_string_lossy().into_owned())})
}

fn bad(name: &str, problem: &str) -> Box<ErrorRecord> {
    ErrorRecord::bad_argument(None, name, problem)
}

/// Named arguments, taken one by one.
struct Named(Map<String, Value>);

impl Named {
    fn text(&mut self, name: &str) -> Result<String> {
        self.optional(name)?.ok_or_else(|| bad(name, "is required: a text that is not empty"))
    }

    fn optional(&mut self, name: &str) -> Result<Option<String>> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(bad(name, "must be a text that is not empty")),
        }
    }

    fn flag(&mut self, name: &str) -> Result<bool> {
        match self.0.remove(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(bad(name, "must be a boolean")),
        }
    }

    /// The parameters of the operation.
    fn record(&mut self) -> Result<Map<String, Value>> {
        match self.0.remove("params") {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(record)) => Ok(record),
            Some(_) => Err(bad("params", "must be a JSON object")),
        }
    }

    /// Where the file goes; without a place into a temporary folder.
    fn to(&mut self) -> Result<(SaveTo, Option<tempfile::TempDir>)> {
        let (to, temporary) = match self.optional("to")? {
            Some(path) => (SaveTo::new(path), None),
            None => {
                let folder = tempfile::tempdir()
                    .map_err(|error| bad("to", &format!("is not given, and there is no temporary folder: {error}")))?;
                (SaveTo::new(folder.path().join("file")), Some(folder))
            }
        };
        let to = to.gunzip(self.flag("gunzip")?);
        let told = |progress: wechatpay_sdk::Progress| {
            drop(desk::put(Said::Progresses(Progress { received: progress.received, total: progress.total })));
        };
        Ok((if self.flag("progress")? { to.progress(told) } else { to }, temporary))
    }

    fn end(self) -> Result<()> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(bad(name, "is not an argument of this function")),
        }
    }
}
