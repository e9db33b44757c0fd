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
