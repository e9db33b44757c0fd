//! The intermediate model: what every backend is made from.

mod events;

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use crate::Result;
use crate::words::pascal;
pub(crate) use events::{Event, EventShape, Events};

/// One document of `spec/`.
pub(crate) struct Product {
    /// `goldplan`: the file's name.
    pub(crate) name: String,
    /// The segments that every id begins with; joined by `_` they are the name.
    pub(crate) namespace: Vec<String>,
    /// Sorted by id.
    pub(crate) operations: Vec<Operation>,
    /// Those that requests and success replies reach, in the order of the document.
    pub(crate) components: Vec<Component>,
}

/// A named type.
pub(crate) struct Component {
    pub(crate) name: String,
    /// The properties that are of this type.
    pub(crate) used_as: Vec<String>,
    pub(crate) in_request: bool,
    pub(crate) in_reply: bool,
    pub(crate) shape: Shape,
}

/// What a named type is.
pub(crate) enum Shape {
    /// The documented literals; newer ones pass.
    Enum(Vec<Literal>),
    Object(Vec<Field>),
}

/// A literal of an enumeration.
pub(crate) struct Literal {
    pub(crate) value: String,
    /// Its name in languages where literals need one.
    pub(crate) variant: String,
}

/// A property or a parameter.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) ty: Type,
    /// What the document says besides the type, as short sentences.
    pub(crate) notes: Vec<String>,
    /// The document's example of it, or its default; of a JSON text, what it may hold.
    pub(crate) given: Option<Value>,
    /// What the SDK fills in where the caller says nothing.
    pub(crate) computed: Option<Computed>,
}

/// What an upload says of its file.
#[derive(Clone, PartialEq)]
pub(crate) enum Computed {
    FileName,
    Sha256,
    Sm3,
    /// An enumeration that leaves no choice.
    Literal(String),
}

/// The type of a value.
#[derive(Clone, PartialEq)]
pub(crate) enum Type {
    Any,
    Text,
    /// Never printed; `encrypted` on requests: under the platform's key, before it is sent.
    Secret {
        encrypted: bool,
    },
    Integer,
    Number,
    Boolean,
    Array(Box<Type>),
    /// A component.
    Named(String),
    /// A request string that holds this as JSON text.
    Json(Box<Type>),
    /// The bytes of a file in a request.
    File,
}

/// Where a parameter goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

/// What a request body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    None,
    Json,
    Multipart,
}

/// What a success reply is.
pub(crate) enum Reply {
    Empty,
    Binary,
    Json(Vec<Field>),
}

/// One operation.
pub(crate) struct Operation {
    pub(crate) id: String,
    /// How many namespaces there are between the product and the action.
    pub(crate) depth: usize,
    pub(crate) title: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) doc_url: String,
    pub(crate) modes: Vec<String>,
    pub(crate) status: Vec<String>,
    pub(crate) superseded_by: Vec<String>,
    pub(crate) idempotent: bool,
    /// The query that tells what became of it.
    pub(crate) read_back: Option<String>,
    /// In the order of the document. A name may stand in two places, then with one type.
    pub(crate) params: Vec<(Place, Field)>,
    pub(crate) body: BodyKind,
    pub(crate) reply: Reply,
    pub(crate) encrypted_reply: Vec<String>,
    pub(crate) paging: Option<Paging>,
}

/// How a list is read page by page.
#[derive(Clone, PartialEq)]
pub(crate) struct Paging {
    /// The list in the reply.
    pub(crate) items: String,
    /// The parameter that moves.
    pub(crate) at: String,
    pub(crate) size: String,
    pub(crate) total: Option<String>,
    pub(crate) step: Step,
}

/// What moves it.
#[derive(Clone, PartialEq)]
pub(crate) enum Step {
    Item,
    Page,
    /// A field of the reply.
    Token(String),
}

impl Operation {
    /// The last segment of the id.
    pub(crate) fn action(&self) -> &str {
        self.id.rsplit('.').next().unwrap_or(&self.id)
    }

    /// The parameters as the caller's flat record: one field per name.
    pub(crate) fn record(&self) -> Vec<Field> {
        let mut record: Vec<Field> = Vec::new();
        for (_, field) in &self.params {
            match record.iter_mut().find(|known| known.name == field.name) {
                Some(known) => known.required |= field.required,
                None => record.push(field.clone()),
            }
        }
        record
    }

    /// What the official document is about, in sentences for the doc comment of the operation.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("`{} {}`.", self.method, self.path)];
        notes.extend(audience(&self.modes));
        notes.extend(self.status.iter().map(|status| match status.as_str() {
            "offline" => "Taken offline by the platform.".to_owned(),
            "superseded" => "Superseded.".to_owned(),
            "restricted" => "Open to selected merchants only.".to_owned(),
            "dynamic_url" => "Normally called with the address that an earlier reply gave.".to_owned(),
            other => format!("Status: {other}."),
        }));
        if !self.superseded_by.is_empty() {
            notes.push(format!("Use `{}` instead.", self.superseded_by.join("`, `")));
        }
        notes.push(if self.idempotent { "Idempotent." } else { "Not idempotent." }.to_owned());
        notes.extend(self.read_back.iter().map(|query| format!("`{query}` tells what became of it.")));
        notes
    }
}

/// For whom it is, as a sentence, where the documents say so.
fn audience(modes: &[String]) -> Option<String> {
    let named: Vec<&str> = modes
        .iter()
        .map(|mode| match mode.as_str() {
            "partner" => "service providers",
            "merchant" => "direct merchants",
            other => other,
        })
        .collect();
    (!named.is_empty()).then(|| format!("For {}.", named.join(" and ")))
}

/// The operations of a product along the segments of their ids.
#[derive(Default)]
pub(crate) struct Namespace<'a> {
    /// Segments from the product on.
    pub(crate) path: Vec<&'a str>,
    pub(crate) operations: Vec<&'a Operation>,
    pub(crate) children: BTreeMap<&'a str, Namespace<'a>>,
}

impl Product {
    /// The root namespace.
    pub(crate) fn tree(&self) -> Namespace<'_> {
        let start = self.namespace.len();
        let mut root = Namespace { path: self.namespace.iter().map(String::as_str).collect(), ..Namespace::default() };
        for operation in &self.operations {
            let segments: Vec<&str> = operation.id.split('.').collect();
            let mut here = &mut root;
            for at in start..segments.len() - 1 {
                here = here.children.entry(segments[at]).or_default();
                here.path = segments[..=at].to_vec();
            }
            here.operations.push(operation);
        }
        root
    }

    /// A name for an operation where all of a product share one scope: its action, or all segments when that is taken.
    pub(crate) fn flat_names(&self) -> HashMap<&str, String> {
        let mut uses: HashMap<&str, usize> = HashMap::new();
        for operation in &self.operations {
            *uses.entry(operation.action()).or_default() += 1;
        }
        let name = |operation: &Operation| match uses[operation.action()] {
            1 => pascal(operation.action()),
            _ => operation.id.split('.').skip(self.namespace.len()).map(pascal).collect(),
        };
        self.operations.iter().map(|operation| (operation.id.as_str(), name(operation))).collect()
    }

    /// The component of this name.
    pub(crate) fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }
}

/// How many segments of an id the product's name covers: 1 for `goldplan`, 2 for `marketing_bank` in `marketing.bank.…`.
pub(crate) fn namespace_length(product: &str, id: &str) -> Result<usize> {
    let segments: Vec<&str> = id.split('.').collect();
    (1..segments.len())
        .find(|length| segments[..*length].join("_") == product)
        .ok_or_else(|| format!("operation id {id} does not begin with {product}"))
}

/// `Unknown` holds what is not documented; `Self` is a keyword.
pub(crate) const RESERVED_VARIANTS: [&str; 2] = ["Unknown", "Self"];

/// The rule for the name of a literal: Pascal case, `V` before a digit. Misspellings are kept.
pub(crate) fn variant(literal: &str) -> String {
    let name = pascal(literal);
    if name.starts_with(|c: char| c.is_numeric()) { format!("V{name}") } else { name }
}

/// Names the literals of an enumeration.
pub(crate) fn variants(literals: &[&str], names: Option<Vec<&str>>) -> Result<Vec<Literal>> {
    let names = match names {
        Some(names) if names.len() == literals.len() => names.into_iter().map(str::to_owned).collect(),
        Some(_) => return Err("x-enum-varnames must hold one name per literal".to_owned()),
        None => literals.iter().map(|literal| variant(literal)).collect::<Vec<_>>(),
    };
    for (at, name) in names.iter().enumerate() {
        let legal = name.starts_with(char::is_alphabetic) && name.chars().all(char::is_alphanumeric);
        if !legal || RESERVED_VARIANTS.contains(&name.as_str()) || names[..at].contains(name) {
            return Err(format!(
                "literal {:?} cannot be named {name:?}, which is taken, reserved or no identifier: add x-enum-varnames with one name per literal",
                literals[at]
            ));
        }
    }
    Ok(literals.iter().zip(names).map(|(value, variant)| Literal { value: (*value).to_owned(), variant }).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{BodyKind, Operation, Reply};

    /// An operation of which only the id matters.
    pub(crate) fn operation(id: &str) -> Operation {
        Operation {
            id: id.to_owned(),
            depth: 0,
            title: String::new(),
            method: "GET".to_owned(),
            path: String::new(),
            host: None,
            doc_url: String::new(),
            modes: Vec::new(),
            status: Vec::new(),
            superseded_by: Vec::new(),
            idempotent: true,
            read_back: None,
            params: Vec::new(),
            body: BodyKind::None,
            reply: Reply::Empty,
            encrypted_reply: Vec::new(),
            paging: None,
        }
    }
}
