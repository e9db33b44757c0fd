//! Finds the fields of a value that its schema marks as encrypted.

use serde_json::Value;

use super::Document;

pub(super) const MARK: &str = "x-wechatpay-encrypted";

/// Calls `visit` with the pointer and value of each field that is encrypted under `key`.
pub(super) fn each<E>(
    document: &Document,
    schema: &Value,
    key: &str,
    pointer: &str,
    value: &mut Value,
    visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let marked = schema[MARK] == key;
    let schema = document.resolve(schema);
    if marked || schema[MARK] == key {
        return visit(pointer, value);
    }
    for combination in ["allOf", "anyOf", "oneOf"] {
        for part in schema[combination].as_array().into_iter().flatten() {
            each(document, part, key, pointer, value, visit)?;
        }
    }
    if let Some(inner) = schema.get("contentSchema") {
        return each_inside(document, inner, key, pointer, value, visit);
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{name}");
                each(document, &schema["properties"][name.as_str()], key, &pointer, member, visit)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each(document, &schema["items"], key, &format!("{pointer}/{index}"), item, visit)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The same with JSON that travels as a text, which stays as it was written where nothing in it changes. A part of a form
/// was read already.
fn each_inside<E>(
    document: &Document,
    schema: &Value,
    key: &str,
    pointer: &str,
    value: &mut Value,
    visit: &mut impl FnMut(&str, &mut Value) -> Result<(), E>,
) -> Result<(), E> {
    let Some(text) = value.as_str() else { return each(document, schema, key, pointer, value, visit) };
    // What is no JSON holds no fields; whether it must be JSON is another question.
    let Ok(inside) = serde_json::from_str::<Value>(text) else { return Ok(()) };
    let mut changed = inside.clone();
    each(document, schema, key, pointer, &mut changed, visit)?;
    if changed != inside {
        *value = Value::String(changed.to_string());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use serde_json::json;

    use super::*;

    #[test]
    fn fields_inside_of_texts_are_found() {
        let document = Document { value: Value::Null, registry: OnceLock::new() };
        let secret = json!({"type": "string", MARK: "k"});
        let schema = json!({"properties": {
            "text": {"type": "string", "contentSchema": {"properties": {"deep": {"type": "string", "contentSchema": {"items": secret}}}}},
            "plain": {"type": "string", "contentSchema": {"properties": {"n": {"type": "integer"}}}},
            "part": {"type": "string", "contentSchema": {"properties": {"phone": secret}}},
            "broken": {"type": "string", "contentSchema": {"properties": {"phone": secret}}},
        }});
        let mut value = json!({
            "text": r#"{"deep": "[\"a\", \"b\"]"}"#,
            "plain": r#"{"n" : 1}"#,
            "part": {"phone": "c"},
            "broken": "{",
        });
        let mut found = Vec::new();
        let mut visit = |pointer: &str, field: &mut Value| {
            found.push(format!("{pointer} {field}"));
            *field = json!("opened");
            Ok::<_, ()>(())
        };
        each(&document, &schema, "k", "", &mut value, &mut visit).unwrap();
        assert_eq!(found, ["/text/deep/0 \"a\"", "/text/deep/1 \"b\"", "/part/phone \"c\""]);
        assert_eq!(value["text"], r#"{"deep":"[\"opened\",\"opened\"]"}"#);
        assert_eq!(value["part"], json!({"phone": "opened"}));
        assert_eq!((&value["plain"], &value["broken"]), (&json!(r#"{"n" : 1}"#), &json!("{")), "as they were");
    }
}
