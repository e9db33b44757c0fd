//! From the caller's flat record to the exact bytes of a request. Pure; anything wrong is refused here, before sending.

use std::fmt;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::{BodyKind, Field, Operation, Param, Place, Schema};
use crate::platform_keys::PlatformKey;
use crate::sensitive::Encryption;
use crate::suggest;
use crate::upload::{Content, Form, OnDisk};

/// RFC 3986 unreserved characters stay; all else is encoded, so that no URL parser changes what was signed.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request, ready to be signed.
#[derive(Clone, Default)]
pub struct Bound {
    /// Path and query, as sent and signed.
    pub target: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body as sent; of an upload from a disk what stands before the file.
    pub body: Bytes,
    /// The file of such an upload, and what stands behind it.
    pub enclosed: Option<Enclosed>,
    /// Its media type, where there is a body.
    pub content_type: Option<String>,
    /// What is signed instead of the body: the `meta` part of an upload.
    pub signed_part: Option<Bytes>,
    /// The platform key that fields were encrypted with: the request must name it.
    pub encrypted_with: Option<String>,
    /// Whether it was the caller who encrypted them.
    pub encrypted_by_caller: bool,
}

/// A file that is read while it is sent, and what closes its form.
#[derive(Clone)]
pub struct Enclosed {
    pub(crate) file: OnDisk,
    pub(crate) after: Bytes,
}

impl Bound {
    /// The bytes that stand as BODY in the signed message.
    #[must_use]
    pub fn signed_body(&self) -> &[u8] {
        self.signed_part.as_ref().unwrap_or(&self.body)
    }

    pub(crate) fn name_key(&mut self, key: Option<&PlatformKey>, by_caller: bool) {
        self.encrypted_with = key.map(|key| key.serial.clone());
        self.encrypted_by_caller = by_caller;
    }
}

impl fmt::Debug for Bound {
    /// Without query, header values and body, which may hold openids. A path may too: its length is enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("target", &format_args!("[{} bytes]", self.target.len()))
            .field("headers", &self.headers.len())
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .field("content_type", &self.content_type)
            .field("encrypted_with", &self.encrypted_with)
            .field("encrypted_by_caller", &self.encrypted_by_caller)
            .finish_non_exhaustive()
    }
}

/// Binds a record to an operation. `encryption` is for its sensitive fields; `form` is that of an upload, whose file has been
/// opened.
///
/// # Errors
/// Invalid request, naming the field: `missing_field`, `empty_field`, `wrong_type`, `unknown_field`, `bad_path_value`,
/// `too_long_to_encrypt`, `no_platform_key`, `not_ciphertext`.
pub fn bind(
    operation: &'static Operation,
    mut record: Map<String, Value>,
    encryption: Encryption<'_>,
    form: Option<&Form>,
) -> Result<Bound, Error> {
    check_names(record.keys(), operation.params.iter().map(|param| param.name), "")?;
    let mut binder = Binder { encryption, encrypted: false };
    let mut bound = Bound { target: operation.path.to_owned(), ..Bound::default() };
    let mut query = String::new();
    let mut members = Map::new();

    for (at, param) in operation.params.iter().enumerate() {
        // The same name may stand in the path and in the body; the last place takes the value away.
        let again = operation.params[at + 1..].iter().any(|later| later.name == param.name);
        let value = if again { record.get(param.name).cloned() } else { record.remove(param.name) };
        if let (Schema::Binary, Some(_)) = (param.schema, form) {
            continue;
        }
        let Some(mut value) = present(param.name, param.required, value)? else { continue };
        binder.check(param.schema, &mut value, param.name)?;
        match param.place {
            Place::Path => {
                let segment = encode_segment(param.name, &scalar(&value))?;
                bound.target = bound.target.replace(&format!("{{{}}}", param.name), &segment);
            }
            Place::Query => push_query(&mut query, param, &value),
            Place::Header => bound.headers.push((param.name.to_owned(), header_value(param.name, &value)?)),
            Place::Body => {
                members.insert(param.name.to_owned(), value);
            }
        }
    }
    if !query.is_empty() {
        bound.target = format!("{}?{query}", bound.target);
    }
    match operation.body {
        BodyKind::None => {}
        BodyKind::Json => {
            bound.body = to_bytes(&Value::Object(members));
            bound.content_type = Some("application/json".to_owned());
        }
        BodyKind::Multipart => form.into_iter().for_each(|form| multipart(&mut bound, &members, operation, form)),
    }
    match encryption {
        Encryption::Ours(key) if binder.encrypted => bound.name_key(key, false),
        Encryption::Ours(_) => {}
        Encryption::Callers(key) => bound.name_key(Some(key), true),
    }
    Ok(bound)
}

/// Checks values against their schemas and seals what is marked; collects whether anything was.
struct Binder<'a> {
    encryption: Encryption<'a>,
    encrypted: bool,
}

impl Binder<'_> {
    fn check(&mut self, schema: &Schema, value: &mut Value, path: &str) -> Result<(), Error> {
        match (schema, &mut *value) {
            (Schema::Any, _)
            | (Schema::Integer, Value::Number(_))
            | (Schema::Number, Value::Number(_))
            | (Schema::Boolean, Value::Bool(_)) => {
                if matches!(schema, Schema::Integer) && !is_integer(value) {
                    return Err(wrong_type(path, "an integer", value));
                }
                Ok(())
            }
            (Schema::String { encrypted: false, .. } | Schema::Computed(_), Value::String(_)) => Ok(()),
            (Schema::String { .. }, Value::String(text)) => {
                *value = Value::String(self.seal(text, path)?);
                Ok(())
            }
            (Schema::Array(items), Value::Array(values)) => values
                .iter_mut()
                .enumerate()
                .try_for_each(|(at, value)| self.check(items, value, &format!("{path}[{at}]"))),
            (Schema::Object(fields), Value::Object(members)) => self.check_object(fields, members, path),
            (Schema::JsonText(inner), Value::Object(_) | Value::Array(_)) => {
                self.check(inner, value, path)?;
                *value = Value::String(value.to_string());
                Ok(())
            }
            _ => Err(wrong_type(path, expected(schema), value)),
        }
    }

    fn check_object(&mut self, fields: &[Field], members: &mut Map<String, Value>, path: &str) -> Result<(), Error> {
        check_names(members.keys(), fields.iter().map(|field| field.name), path)?;
        members.retain(|_, value| !value.is_null());
        for field in fields {
            let inner = format!("{path}.{}", field.name);
            match members.get_mut(field.name) {
                Some(value) if field.required && value == "" => return Err(empty(&inner)),
                Some(value) => self.check(field.schema, value, &inner)?,
                None if field.required => return Err(missing(&inner)),
                None => {}
            }
        }
        Ok(())
    }

    fn seal(&mut self, text: &str, path: &str) -> Result<String, Error> {
        let ciphertext = self.encryption.seal(text, path)?;
        self.encrypted = true;
        Ok(ciphertext)
    }
}

fn present(name: &str, required: bool, value: Option<Value>) -> Result<Option<Value>, Error> {
    match value {
        None | Some(Value::Null) if required => Err(missing(name)),
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if required && text.is_empty() => Err(empty(name)),
        some => Ok(some),
    }
}

fn missing(path: &str) -> Error {
    Error::invalid(path, "missing_field", "is required, but missing")
}

fn empty(path: &str) -> Error {
    Error::invalid(path, "empty_field", "is required, but empty")
}

fn wrong_type(path: &str, wanted: &str, value: &Value) -> Error {
    // The value itself is never shown: it may be a name or an openid.
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) if is_integer(value) => "an integer",
        Value::Number(_) => "a decimal number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let hint = if wanted == "a string" && value.is_number() { " (write it in quotes)" } else { "" };
    Error::invalid(path, "wrong_type", format!("must be {wanted}, but is {given}{hint}"))
}

fn expected(schema: &Schema) -> &'static str {
    match schema {
        Schema::Any => "a value",
        Schema::String { .. } | Schema::Computed(_) => "a string",
        Schema::Integer => "an integer",
        Schema::Number => "a number",
        Schema::Boolean => "a boolean",
        Schema::Array(_) => "a list",
        Schema::Object(_) | Schema::JsonText(_) => "an object",
        Schema::Binary => "a file",
    }
}

fn is_integer(value: &Value) -> bool {
    value.as_number().is_some_and(|number| !number.as_str().contains(['.', 'e', 'E']))
}

fn check_names<'a>(
    given: impl Iterator<Item = &'a String>,
    known: impl Iterator<Item = &'static str> + Clone,
    path: &str,
) -> Result<(), Error> {
    for name in given {
        if known.clone().all(|field| field != name) {
            let full = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let hint = suggest::closest(name, known.clone()).map_or_else(
                || "known here".to_owned() + ": " + &known.collect::<Vec<_>>().join(", "),
                |near| format!("did you mean {near}?"),
            );
            let problem = format!(
                "is not a field of this operation ({hint}); a field newer than this SDK can be sent through request()"
            );
            return Err(Error::invalid(&full, "unknown_field", problem));
        }
    }
    Ok(())
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn encode_segment(name: &str, text: &str) -> Result<String, Error> {
    // "." and ".." mean another path to every URL parser, encoded or not.
    if text == "." || text == ".." {
        return Err(Error::invalid(
            name,
            "bad_path_value",
            "is part of the URL's path and must not be \".\" or \"..\"",
        ));
    }
    Ok(utf8_percent_encode(text, ENCODED).to_string())
}

fn push_query(query: &mut String, param: &Param, value: &Value) {
    // A list repeats its name.
    let values = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    for value in values {
        push_pair(query, param.name, &scalar(value));
    }
}

/// Appends `name=value`, percent-encoded.
pub(crate) fn push_pair(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, ENCODED));
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
}

fn header_value(name: &str, value: &Value) -> Result<String, Error> {
    let text = scalar(value);
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(text);
    }
    Err(Error::invalid(name, "wrong_type", "is sent as a header and must be printable ASCII"))
}

pub(crate) fn to_bytes(value: &Value) -> Bytes {
    serde_json::to_vec(value).expect("a JSON value can always be written").into()
}

/// `multipart/form-data`. Only the text of `meta` is signed, byte for byte as sent; it goes first, as in the official examples.
fn multipart(bound: &mut Bound, members: &Map<String, Value>, operation: &Operation, form: &Form) {
    let boundary = &form.boundary;
    let mut body = Vec::new();
    let part = |name: &str| format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"");
    for param in operation.params.iter().filter(|param| param.place == Place::Body) {
        let Some(value) = members.get(param.name) else { continue };
        let text = scalar(value);
        body.extend_from_slice(part(param.name).as_bytes());
        body.extend_from_slice(format!("\r\nContent-Type: application/json\r\n\r\n{text}\r\n").as_bytes());
        if param.name == "meta" {
            bound.signed_part = Some(text.into());
        }
    }
    let file = operation.params.iter().find(|param| matches!(param.schema, Schema::Binary));
    let filename = form.filename.replace('"', "%22").replace(['\r', '\n'], " ");
    let media_type = mime_guess::from_path(&form.filename).first_or_octet_stream();
    body.extend_from_slice(part(file.map_or("file", |file| file.name)).as_bytes());
    body.extend_from_slice(format!("; filename=\"{filename}\"\r\nContent-Type: {media_type}\r\n\r\n").as_bytes());
    let after = format!("\r\n--{boundary}--\r\n");
    match &form.content {
        Content::Bytes(bytes) => {
            body.extend_from_slice(bytes);
            body.extend_from_slice(after.as_bytes());
        }
        Content::Disk(file) => bound.enclosed = Some(Enclosed { file: file.clone(), after: after.into() }),
    }
    bound.body = body.into();
    bound.content_type = Some(format!("multipart/form-data; boundary={boundary}"));
}
