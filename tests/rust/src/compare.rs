//! Expected against actual JSON, told in words.

use serde_json::Value;

/// Where `actual` differs from `expected`; nothing where they are equal.
#[must_use]
pub fn differences(what: &str, expected: &Value, actual: &Value) -> Vec<String> {
    if expected == actual { Vec::new() } else { vec![format!("{what}: expected {expected}, got {actual}")] }
}

/// Where `actual` lacks something of `expected`: objects may hold more, also in lists, everything else must be equal. An object
/// `{"$ciphertext": N}` stands for base64 text of N bytes, `{"starts_with": …}` for a text.
pub(crate) fn missing(what: &str, expected: &Value, actual: &Value) -> Vec<String> {
    match (expected, actual) {
        (Value::Object(members), _) if members.contains_key("$ciphertext") => {
            use base64::Engine;
            let bytes = actual.as_str().and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
            let fits = bytes.is_some_and(|bytes| members["$ciphertext"] == bytes.len());
            if fits { Vec::new() } else { vec![format!("{what}: expected {expected}, got {actual}")] }
        }
        (Value::Object(members), _) if members.contains_key("starts_with") => text(what, expected, actual),
        (Value::Object(members), Value::Object(others)) => members
            .iter()
            .flat_map(|(name, value)| match others.get(name) {
                Some(other) => missing(&format!("{what}.{name}"), value, other),
                None => vec![format!("{what}.{name}: expected {value}, but it is missing")],
            })
            .collect(),
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            let pairs = items.iter().zip(others).enumerate();
            pairs.flat_map(|(at, (item, other))| missing(&format!("{what}[{at}]"), item, other)).collect()
        }
        _ => differences(what, expected, actual),
    }
}

/// A text against a text, null (it must be missing), or `{"starts_with": …}`.
pub(crate) fn text(what: &str, expected: &Value, actual: &Value) -> Vec<String> {
    match &expected["starts_with"] {
        Value::String(start) if actual.as_str().is_some_and(|text| text.starts_with(start.as_str())) => Vec::new(),
        Value::String(_) => vec![format!("{what}: expected {expected}, got {actual}")],
        _ => differences(what, expected, actual),
    }
}

/// Every text of a list that must (or must not) occur in `actual`.
pub(crate) fn contains(what: &str, texts: &Value, actual: &str, wanted: bool) -> Vec<String> {
    let list = texts.as_array().unwrap_or_else(|| panic!("{what} must be a list"));
    let texts = list.iter().map(|text| text.as_str().unwrap_or_else(|| panic!("{what} must hold texts")));
    let word = if wanted { "lacks" } else { "shows" };
    texts
        .filter(|text| actual.contains(text) != wanted)
        .map(|text| format!("{what}: {actual:?} {word} {text:?}"))
        .collect()
}
