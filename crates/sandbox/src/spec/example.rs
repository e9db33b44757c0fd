//! Replies of operations that have no behaviour yet: an example made from the documented schema.

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::encrypted::{self, MARK};
use super::{Document, Endpoint, Problem};

/// Deeper than any document; ends the unrolling of a schema that holds itself.
pub(super) const DEPTH: usize = 16;

/// A success reply in the documented shape.
pub(crate) struct Example {
    pub(crate) status: StatusCode,
    pub(crate) content: Content,
}

/// What it holds.
pub(crate) enum Content {
    Empty,
    Json(Value),
    /// The bytes of a file, not signed by contract.
    File(&'static [u8]),
}

impl Endpoint<'_> {
    /// An example of the success reply, of a list the page that the parameters ask for; `encrypt` is given each field
    /// that travels encrypted for the merchant.
    pub(crate) fn example<E: From<Problem>>(
        &self,
        parameters: &Value,
        mut encrypt: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<Example, E> {
        let (status, content) = self.success();
        let content = match content {
            None => Content::Empty,
            Some((media_type, _)) if !media_type.starts_with("application/json") => Content::File(b"sandbox\n"),
            Some((_, schema)) => {
                let mut value = make(self.document, schema, "", DEPTH);
                self.turn_page(schema, &mut value, &parameters["query"])?;
                self.seal(schema, &mut value, &mut encrypt)?;
                Content::Json(value)
            }
        };
        Ok(Example { status, content })
    }

    /// Whether the success reply is a file.
    pub(crate) fn gives_file(&self) -> bool {
        self.success().1.is_some_and(|(media_type, _)| !media_type.starts_with("application/json"))
    }

    /// Encrypts the fields of a success reply that travel so; whether there were any.
    pub(crate) fn seal_reply<E>(
        &self,
        value: &mut Value,
        mut encrypt: impl FnMut(&str) -> Result<String, E>,
    ) -> Result<bool, E> {
        match self.success() {
            (_, Some((media_type, schema))) if media_type.starts_with("application/json") => {
                self.seal(schema, value, &mut encrypt)
            }
            _ => Ok(false),
        }
    }

    fn seal<E>(
        &self,
        schema: &Value,
        value: &mut Value,
        encrypt: &mut impl FnMut(&str) -> Result<String, E>,
    ) -> Result<bool, E> {
        let mut sealed = false;
        encrypted::each(self.document, schema, "merchant_public_key", "", value, &mut |_, field| {
            // What a state has left empty travels empty.
            if let Some(text) = field.as_str().filter(|text| !text.is_empty()) {
                *field = Value::String(encrypt(text)?);
                sealed = true;
            }
            Ok(())
        })?;
        Ok(sealed)
    }
}

pub(super) fn make(document: &Document, schema: &Value, name: &str, depth: usize) -> Value {
    // What stands beside a reference speaks before what the reference leads to.
    let (beside, schema) = (schema, document.resolve(schema));
    let given = [beside, schema]
        .into_iter()
        .flat_map(|schema| [&schema["example"], &schema["examples"][0], &schema["const"], &schema["default"]])
        .chain([&schema["enum"][0]])
        .find(|value| !value.is_null());
    // The document's example of an encrypted field may be a ciphertext of its own.
    if let Some(given) = given
        && beside[MARK].is_null()
        && schema[MARK].is_null()
    {
        return given.clone();
    }
    for combination in ["oneOf", "anyOf"] {
        if let Some(first) = schema[combination].get(0) {
            return make(document, first, name, depth);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| match make(document, part, name, depth) {
            Value::Object(members) => Some(members),
            _ => None,
        });
        return Value::Object(parts.flatten().collect());
    }
    if let Some(inner) = schema.get("contentSchema") {
        return json!(make(document, inner, name, depth).to_string());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") | None if depth > 0 => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let members: Map<_, _> =
                properties.map(|(name, schema)| (name.clone(), make(document, schema, name, depth - 1))).collect();
            Value::Object(members)
        }
        Some("array") if depth > 0 => json!([make(document, &schema["items"], name, depth - 1)]),
        Some("array") => json!([]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("string") => json!(text(schema, name)),
        _ => json!({}),
    }
}

fn text(schema: &Value, name: &str) -> String {
    if schema["format"] == "date-time" {
        return "2020-07-01T12:00:00+08:00".to_owned();
    }
    let longest = schema["maxLength"].as_u64().and_then(|length| usize::try_from(length).ok());
    name.chars().take(longest.unwrap_or(usize::MAX)).collect()
}
