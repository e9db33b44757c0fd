//! The operation table as data, for languages that build their methods from it.

use serde::Serialize;
use wechatpay_sdk::Options;
use wechatpay_sdk::operation::{Operation, Param, Place, ReplyKind, Schema, namespaces, operations, operations_in};

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    title: &'static str,
    method: &'static str,
    path: &'static str,
    params: Vec<ParamEntry>,
    reply: &'static str,
    idempotent: bool,
    read_back: Option<&'static str>,
    doc_url: &'static str,
}

#[derive(Serialize)]
struct ParamEntry {
    name: &'static str,
    place: &'static str,
    required: bool,
    #[serde(rename = "type")]
    kind: String,
    values: &'static [&'static str],
    encrypted: bool,
}

/// The operations of a namespace (`goldplan.merchants`; empty: all) as a JSON array, sorted by id:
/// `[{id, title, method, path, params: [{name, place, required, type, values, encrypted}], reply, idempotent, read_back,
/// doc_url}]`; `read_back` may be null.
#[must_use]
pub fn operations_json(namespace: &str) -> Vec<u8> {
    let entries: Vec<Entry> = match namespace {
        "" => operations().iter().map(|operation| entry(operation)).collect(),
        namespace => operations_in(namespace).map(entry).collect(),
    };
    serde_json::to_vec(&entries).expect("a table of texts can be written")
}

/// The first segments of all ids, sorted: what hangs on a client.
#[must_use]
pub fn products() -> Vec<&'static str> {
    let mut products: Vec<&str> = namespaces().filter_map(|namespace| namespace.split('.').next()).collect();
    products.dedup();
    products
}

/// The names of all options of a client.
#[must_use]
pub fn option_names() -> Vec<&'static str> {
    Options::NAMES.iter().map(|(name, _)| *name).collect()
}

fn entry(operation: &'static Operation) -> Entry {
    Entry {
        id: operation.id,
        title: operation.title,
        method: operation.method.as_str(),
        path: operation.path,
        params: operation.params.iter().map(param).collect(),
        reply: match operation.reply {
            ReplyKind::Empty => "empty",
            ReplyKind::Json => "json",
            ReplyKind::Binary => "file",
        },
        idempotent: operation.idempotent,
        read_back: operation.read_back,
        doc_url: operation.doc_url,
    }
}

fn param(param: &'static Param) -> ParamEntry {
    let (values, encrypted) = literals(param.schema);
    ParamEntry {
        name: param.name,
        place: match param.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Body => "body",
        },
        required: param.required,
        kind: kind(param.schema),
        values,
        encrypted,
    }
}

fn kind(schema: &Schema) -> String {
    match schema {
        Schema::Any => "any".to_owned(),
        Schema::String { .. } | Schema::Computed(_) => "string".to_owned(),
        Schema::Integer => "integer".to_owned(),
        Schema::Number => "number".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Array(items) => format!("list of {}", kind(items)),
        Schema::Object(_) => "object".to_owned(),
        Schema::JsonText(inner) => kind(inner),
        Schema::Binary => "file".to_owned(),
    }
}

/// The documented literals of a text, or of the texts in a list.
fn literals(schema: &Schema) -> (&'static [&'static str], bool) {
    match schema {
        Schema::String { values, encrypted } => (values, *encrypted),
        Schema::Array(items) => literals(items),
        _ => (&[], false),
    }
}
