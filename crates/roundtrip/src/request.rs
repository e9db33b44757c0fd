//! The request of an operation as a caller gives it, what must arrive, and what must come back.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::Problem;
use crate::fill::Filler;
use crate::filled::Filled;
use crate::spec::{Document, Operation};

/// RFC 3986: what is unreserved stays as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One call of an operation with all that its document knows.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: String,
    /// The flat record that a caller gives.
    pub(crate) params: Map<String, Value>,
    pub(crate) method: String,
    /// Percent-encoded.
    pub(crate) path: String,
    /// In the order of the document.
    pub(crate) query: Vec<(String, Filled)>,
    pub(crate) headers: Vec<(String, Filled)>,
    pub(crate) body: Body,
    pub(crate) reply: Reply,
}

#[derive(Debug)]
pub(crate) enum Body {
    None,
    Json(Filled),
    /// The parts of `multipart/form-data`.
    Form(Vec<(String, Filled)>),
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    Json(Filled),
    File(Vec<u8>),
}

/// One for each operation of all documents.
pub(crate) fn all(documents: &[Document]) -> Result<Vec<Request>, Problem> {
    let mut filler = Filler::default();
    let operations = documents.iter().flat_map(Document::operations);
    operations
        .map(|operation| one(&mut filler, &operation).map_err(|problem| format!("{}: {problem}", operation.id).into()))
        .collect()
}

fn one(filler: &mut Filler, operation: &Operation<'_>) -> Result<Request, Problem> {
    // The same name in several places is one parameter of the caller's, with one value.
    let mut named: HashMap<String, Filled> = HashMap::new();
    let mut params = Map::new();
    let (mut path, mut query, mut headers) = (operation.path.to_owned(), Vec::new(), Vec::new());
    for (place, name, schema) in operation.parameters() {
        let value = match (named.get(name), place) {
            (Some(value), _) => value.clone(),
            (None, "header") => filler.header(name),
            (None, _) => filler.fill(operation.document, name, schema)?,
        };
        named.insert(name.to_owned(), value.clone());
        params.insert(name.to_owned(), value.given());
        match place {
            "path" => path = path.replace(&format!("{{{name}}}"), &encode(&plain(&value.given()))),
            "query" => query.push((name.to_owned(), value)),
            "header" => headers.push((name.to_owned(), value)),
            other => return Err(format!("{name} stands in {other:?}").into()),
        }
    }
    let body = match operation.body()? {
        None => Body::None,
        Some((media_type, schema)) => {
            let Filled::Record(members) = filler.fill(operation.document, "body", schema)? else {
                return Err("the body is no object".into());
            };
            let members = shared(members, &named, &mut params);
            match media_type {
                "application/json" => Body::Json(Filled::Record(members)),
                "multipart/form-data" => Body::Form(members),
                other => return Err(format!("a body of {other} is not understood here").into()),
            }
        }
    };
    let reply = reply(filler, operation)?;
    Ok(Request {
        id: operation.id.to_owned(),
        params,
        method: operation.method.clone(),
        path,
        query,
        headers,
        body,
        reply,
    })
}

/// The members of a body, which are parameters like all others.
fn shared(
    members: Vec<(String, Filled)>,
    named: &HashMap<String, Filled>,
    params: &mut Map<String, Value>,
) -> Vec<(String, Filled)> {
    let mut shared = Vec::new();
    for (name, value) in members {
        let value = named.get(&name).cloned().unwrap_or(value);
        params.insert(name.clone(), value.given());
        shared.push((name, value));
    }
    shared
}

fn reply(filler: &mut Filler, operation: &Operation<'_>) -> Result<Reply, Problem> {
    let (status, content) = operation.reply()?;
    let content = match content {
        None => Content::Empty,
        Some(("application/json", schema)) => Content::Json(filler.fill(operation.document, "reply", schema)?),
        // A file is no JSON, whatever it looks like.
        Some(_) => Content::File(format!("{{\"文件\": \"{}\"}}\r\n\u{0}", operation.id).into_bytes()),
    };
    Ok(Reply { status, content })
}

/// A value as it stands in a path, in a query or in a header.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Percent-encoded.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

impl Request {
    /// Whether anything travels encrypted.
    pub(crate) fn has_secrets(&self) -> bool {
        let in_body = match &self.body {
            Body::None => false,
            Body::Json(value) => value.has_secrets(),
            Body::Form(parts) => parts.iter().any(|(_, part)| part.has_secrets()),
        };
        in_body || self.query.iter().any(|(_, value)| value.has_secrets())
    }
}
