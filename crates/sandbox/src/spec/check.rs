//! A request against the documented parameters of its operation.

use hyper::HeaderMap;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::{Document, Endpoint, encrypted};

const UNDECRYPTABLE: &str = "cannot be decrypted with the key that Wechatpay-Serial names";

/// What is wrong with a request, as the `detail` of PARAM_ERROR tells it.
#[derive(Debug)]
pub(crate) struct Problem {
    /// JSON pointer that begins with the location: `/body/sub_mchid`.
    pub(crate) field: String,
    /// What was sent; `None` for a field that is missing or that is a secret.
    pub(crate) value: Option<Value>,
    pub(crate) issue: String,
}

/// A request that is well formed.
pub(crate) struct Checked {
    /// `{"path": {…}, "query": {…}, "header": {…}, "body": …}`, encrypted fields opened.
    pub(crate) parameters: Value,
    /// Whether there were any.
    pub(crate) opened: bool,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, value: Option<Value>, issue: impl Into<String>) -> Self {
        Self { field: field.into(), value, issue: issue.into() }
    }

    /// A field that is no ciphertext, or one under another key.
    pub(crate) fn undecryptable(field: &str) -> Self {
        Self::new(field, None, UNDECRYPTABLE)
    }

    /// The words of the reply, which are the platform's.
    pub(crate) fn message(&self) -> &'static str {
        if self.issue == UNDECRYPTABLE {
            "请确认待处理的消息是否为加密后的密文"
        } else {
            "参数错误"
        }
    }

    /// `body`, `path`, `query` or `header`.
    pub(crate) fn location(&self) -> &str {
        self.field.trim_start_matches('/').split('/').next().unwrap_or_default()
    }
}

impl Endpoint<'_> {
    /// Whether the operation takes a body, and of which media type.
    pub(crate) fn media_type(&self) -> Option<&str> {
        self.body().map(|(media_type, ..)| media_type)
    }

    /// Puts the parameters together as `{"path": {…}, "query": {…}, "header": {…}, "body": …}`, opens the encrypted
    /// ones with `decrypt` and checks everything against the operation's schemas.
    pub(crate) fn check(
        &self,
        query: &str,
        headers: &HeaderMap,
        body: Option<Value>,
        mut decrypt: impl FnMut(&str, &str) -> Result<String, Problem>,
    ) -> Result<Checked, Problem> {
        let mut parameters = json!({"path": {}, "query": {}, "header": {}});
        for (place, name, schema, _) in self.parameters() {
            let values = self.values(place, name, query, headers)?;
            if !values.is_empty() {
                parameters[place][name] = coerce(self.document, schema, &values);
            }
        }
        if let Some(body) = body {
            parameters["body"] = body;
        }

        let mut secrets = Vec::new();
        let mut open = |pointer: &str, field: &mut Value| {
            secrets.push(pointer.to_owned());
            if let Value::String(ciphertext) = field {
                *field = Value::String(decrypt(pointer, ciphertext)?);
            }
            Ok(())
        };
        for (place, name, schema, _) in self.parameters() {
            if let Some(value) = parameters[place].get_mut(name) {
                let pointer = format!("/{place}/{name}");
                encrypted::each(self.document, schema, "platform_public_key", &pointer, value, &mut open)?;
            }
        }
        if let (Some((_, schema, _)), Some(value)) = (self.body(), parameters.get_mut("body")) {
            encrypted::each(self.document, schema, "platform_public_key", "/body", value, &mut open)?;
        }

        let validator = self.validator().map_err(|issue| Problem::new("/body", None, issue))?;
        match validator.validate(&parameters) {
            Ok(()) => Ok(Checked { parameters, opened: !secrets.is_empty() }),
            Err(error) => {
                let mut field = error.instance_path().as_str().to_owned();
                if let ValidationErrorKind::Required { property } = error.kind() {
                    field = format!("{field}/{}", property.as_str().unwrap_or_default());
                }
                let issue = error.masked_with("the value").to_string();
                let value = parameters.pointer(&field).filter(|_| !secrets.contains(&field)).cloned();
                Err(Problem::new(field, value, issue))
            }
        }
    }

    /// `(place, name, schema, required)` of each path, query and header parameter.
    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, &str, &Value, bool)> {
        self.description()["parameters"].as_array().into_iter().flatten().filter_map(|parameter| {
            let parameter = self.document.resolve(parameter);
            let required = parameter["required"] == true;
            Some((parameter["in"].as_str()?, parameter["name"].as_str()?, &parameter["schema"], required))
        })
    }

    /// Each time that a parameter was given, decoded.
    fn values(&self, place: &str, name: &str, query: &str, headers: &HeaderMap) -> Result<Vec<String>, Problem> {
        Ok(match place {
            "path" => {
                let raw = self.path_parameters.iter().find(|(other, _)| other == name);
                let decoded = raw.map(|(_, raw)| percent_decode_str(raw).decode_utf8().map(String::from)).transpose();
                decoded
                    .map_err(|_| Problem::new(format!("/path/{name}"), None, "is not percent-encoded UTF-8"))?
                    .into_iter()
                    .collect()
            }
            "query" => form_urlencoded::parse(query.as_bytes())
                .filter(|(other, _)| other == name)
                .map(|(_, value)| value.into_owned())
                .collect(),
            _ => headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect(),
        })
    }

    /// The compiled schema of everything that [`Self::check`] puts together.
    pub(super) fn validator(&self) -> Result<&Validator, String> {
        self.operation.validator.get_or_init(|| self.compile()).as_ref().map_err(Clone::clone)
    }

    fn compile(&self) -> Result<Validator, String> {
        let pointer = &self.operation.pointer;
        let mut places = Map::new();
        let count = self.description()["parameters"].as_array().map_or(0, Vec::len);
        for place in ["path", "query", "header"] {
            places.insert(place.to_owned(), json!({"type": "object", "properties": {}, "required": []}));
        }
        for (index, (place, name, _, required)) in (0..count).zip(self.parameters()) {
            let Some(object) = places.get_mut(place) else { continue };
            object["properties"][name] = reference(&format!("{pointer}/parameters/{index}/schema"));
            if required && let Some(list) = object["required"].as_array_mut() {
                list.push(json!(name));
            }
        }
        let mut required = vec![];
        if let Some((media_type, schema, pointer)) = self.body() {
            let body = if media_type.starts_with("multipart/") { form(schema, &pointer) } else { reference(&pointer) };
            places.insert("body".to_owned(), body);
            if self.description()["requestBody"]["required"] == true {
                required.push("body");
            }
        }
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(self.document.registry()?)
            .build(&json!({"type": "object", "properties": places, "required": required}))
            .map_err(|error| format!("{}: {error}", self.operation.id))
    }
}

/// Where a document stands in its registry.
const DOCUMENT: &str = "urn:wechatpay:spec";

/// A reference into the document; the pointer becomes a URI fragment.
fn reference(pointer: &str) -> Value {
    const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'_').remove(b'-').remove(b'.');
    json!({"$ref": format!("{DOCUMENT}#{}", utf8_percent_encode(pointer, ESCAPED))})
}

impl Document {
    fn registry(&self) -> Result<&Registry<'static>, String> {
        let prepare = || {
            Registry::new()
                .draft(Draft::Draft202012)
                .add(DOCUMENT, self.value.clone())
                .and_then(|registry| registry.prepare())
                .map_err(|error| error.to_string())
        };
        self.registry.get_or_init(prepare).as_ref().map_err(Clone::clone)
    }
}

/// The parts of a form: a part with JSON inside is checked as the JSON that it holds.
fn form(schema: &Value, pointer: &str) -> Value {
    let mut properties = Map::new();
    for (name, part) in schema["properties"].as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/properties/{name}");
        let part = match part.get("contentSchema") {
            Some(_) => reference(&format!("{pointer}/contentSchema")),
            None => json!({}),
        };
        properties.insert(name.clone(), part);
    }
    json!({"type": "object", "properties": properties, "required": schema["required"].as_array().cloned().unwrap_or_default()})
}

/// Text of the path, the query or a header as the JSON type that its schema asks for; left as text where it is not one.
fn coerce(document: &Document, schema: &Value, values: &[String]) -> Value {
    let schema = document.resolve(schema);
    let last = values.last().map(String::as_str).unwrap_or_default();
    match schema["type"].as_str() {
        Some("array") => values
            .iter()
            .flat_map(|value| value.split(','))
            .map(|value| coerce(document, &schema["items"], &[value.to_owned()]))
            .collect(),
        Some("integer" | "number") => last.parse().map_or_else(|_| json!(last), Value::Number),
        Some("boolean") => last.parse().map_or_else(|_| json!(last), Value::Bool),
        _ => json!(last),
    }
}
