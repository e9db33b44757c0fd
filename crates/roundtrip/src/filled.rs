//! A value with all its fields, and what becomes of it on the wire and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::Problem;

/// A value made from its schema.
#[derive(Debug, Clone)]
pub(crate) enum Filled {
    /// Travels as it is.
    Plain(Value),
    /// A text that travels encrypted.
    Secret(String),
    /// JSON that travels as a text.
    Text(Box<Filled>),
    File {
        filename: &'static str,
        media_type: &'static str,
        content: &'static [u8],
    },
    List(Vec<Filled>),
    Record(Vec<(String, Filled)>),
}

impl Filled {
    /// As a caller gives it.
    pub(crate) fn given(&self) -> Value {
        match self {
            Self::Plain(value) => value.clone(),
            Self::Secret(text) => json!(text),
            Self::Text(inner) => inner.given(),
            Self::File { filename, content, .. } => json!({"filename": filename, "content": STANDARD.encode(content)}),
            Self::List(items) => items.iter().map(Self::given).collect(),
            Self::Record(members) => record(members, Self::given),
        }
    }

    /// As it comes out of a reply: a JSON text stays a text.
    pub(crate) fn received(&self) -> Value {
        match self {
            Self::Text(inner) => json!(inner.received().to_string()),
            Self::List(items) => items.iter().map(Self::received).collect(),
            Self::Record(members) => record(members, Self::received),
            other => other.given(),
        }
    }

    /// As the platform sends it, secrets encrypted with `seal`.
    pub(crate) fn sealed(&self, seal: &impl Fn(&str) -> Result<String, Problem>) -> Result<Value, Problem> {
        Ok(match self {
            Self::Secret(text) => json!(seal(text)?),
            Self::Text(inner) => json!(inner.sealed(seal)?.to_string()),
            Self::List(items) => Value::Array(items.iter().map(|item| item.sealed(seal)).collect::<Result<_, _>>()?),
            Self::Record(members) => {
                let members = members.iter().map(|(name, value)| Ok::<_, Problem>((name.clone(), value.sealed(seal)?)));
                Value::Object(members.collect::<Result<_, _>>()?)
            }
            other => other.given(),
        })
    }

    pub(crate) fn has_secrets(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Text(inner) => inner.has_secrets(),
            Self::List(items) => items.iter().any(Self::has_secrets),
            Self::Record(members) => members.iter().any(|(_, value)| value.has_secrets()),
            Self::Plain(_) | Self::File { .. } => false,
        }
    }
}

fn record(members: &[(String, Filled)], value: impl Fn(&Filled) -> Value) -> Value {
    Value::Object(members.iter().map(|(name, member)| (name.clone(), value(member))).collect::<Map<_, _>>())
}
