//! `webhooks.json`: what the platform POSTs to a merchant.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Param;

/// The whole file.
#[derive(Deserialize)]
pub(crate) struct Webhooks {
    pub(crate) envelope: Envelope,
    /// Schema of the usual answer.
    pub(crate) reply: Value,
    pub(crate) events: Vec<Event>,
}

/// What every notification comes in.
#[derive(Deserialize)]
pub(crate) struct Envelope {
    pub(crate) headers: Vec<Param>,
    pub(crate) body: Value,
}

/// One event. Schemas stay JSON.
#[derive(Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(deserialize_with = "one_or_more")]
    pub(crate) event_type: Vec<String>,
    #[serde(default)]
    pub(crate) original_type: Vec<String>,
    #[serde(default)]
    pub(crate) resource_type: Vec<String>,
    #[serde(default)]
    pub(crate) associated_data: Vec<String>,
    /// The decrypted resource; with variants, whatever any of them may hold.
    pub(crate) resource: Value,
    #[serde(default)]
    pub(crate) variants: Vec<Variant>,
    pub(crate) decrypts_resource: bool,
    /// Paths that the platform encrypts for the merchant inside of the resource, once more.
    pub(crate) encrypted_fields: Vec<String>,
    /// Schema of the answer, where it is another than the usual one.
    pub(crate) reply: Option<Value>,
    #[serde(default)]
    pub(crate) modes: Vec<String>,
    pub(crate) doc_url: Option<String>,
    #[serde(default)]
    pub(crate) doc_urls: Vec<String>,
}

/// What an event may be in particular.
#[derive(Deserialize)]
pub(crate) struct Variant {
    pub(crate) key: String,
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) modes: Vec<String>,
    /// Its own shape, where the facts know it.
    pub(crate) resource: Option<Value>,
}

fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Texts {
        One(String),
        More(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::More(texts) => texts,
    })
}
