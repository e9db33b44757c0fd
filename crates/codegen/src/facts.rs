//! The raw material: tables of facts per product, as the importer reads them.

mod webhooks;

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::Result;
pub(crate) use webhooks::{Event, Variant, Webhooks};

/// One operation of `operations/PRODUCT.json`. Schemas stay JSON: `import` turns them key by key.
#[derive(Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) path_params: Vec<Param>,
    pub(crate) query_params: Vec<Param>,
    pub(crate) headers: Vec<Param>,
    pub(crate) body: Option<Body>,
    /// Status -> schema, null for no body.
    pub(crate) responses: Map<String, Value>,
    pub(crate) doc_url: Option<String>,
    #[serde(default)]
    pub(crate) doc_urls: Vec<String>,
    #[serde(default)]
    pub(crate) modes: Vec<String>,
    #[serde(default)]
    pub(crate) status: Vec<String>,
    #[serde(default)]
    pub(crate) superseded_by: Vec<String>,
}

/// A parameter: its name, whether it is required, and the keys of its schema.
#[derive(Deserialize)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) required: bool,
    #[serde(flatten)]
    pub(crate) schema: Map<String, Value>,
}

/// A request body.
#[derive(Deserialize)]
pub(crate) struct Body {
    pub(crate) media_type: String,
    pub(crate) schema: Value,
}

/// `errors.json`: lists of `{status, code}`.
#[derive(Deserialize)]
pub(crate) struct Errors {
    pub(crate) common: Value,
    pub(crate) operations: Map<String, Value>,
}

/// The products that there are, sorted.
pub(crate) fn products(dir: &Path) -> Result<Vec<String>> {
    let dir = dir.join("operations");
    let entries = std::fs::read_dir(&dir).map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let tables = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut products: Vec<String> = tables.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    products.sort();
    Ok(products)
}

/// Reads the operations of a product.
pub(crate) fn operations(dir: &Path, product: &str) -> Result<Vec<Operation>> {
    read(&dir.join("operations").join(format!("{product}.json")))
}

/// Reads the events.
pub(crate) fn webhooks(dir: &Path) -> Result<Webhooks> {
    read(&dir.join("webhooks.json"))
}

/// Reads the documented errors.
pub(crate) fn errors(dir: &Path) -> Result<Errors> {
    read(&dir.join("errors.json"))
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}
