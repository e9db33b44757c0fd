//! Several shapes -> the one that every one of them fits into.
//!
//! Which of its shapes a resource has is told by nothing in it, and documents forget fields. One shape in which nothing
//! is lost always parses; guessing one of several would drop the fields of the others.

use serde_json::{Map, Value, json};

/// Replaces every `one_of` of objects inside a schema by the shape of all of them.
pub(super) fn flatten(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    if let Some(alternatives) = members.get("one_of").and_then(Value::as_array) {
        let merged = alternatives.iter().map(flatten).reduce(|one, other| merge(&one, &other));
        return merged.unwrap_or_default();
    }
    let inside = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, property)| (name.clone(), flatten(property))).collect()
            }
            ("items", item) => flatten(item),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    members.iter().map(inside).collect::<Map<_, _>>().into()
}

/// The shape of both: all properties, those required that both require, all literals. Where two types contradict each
/// other, anything.
pub(super) fn merge(one: &Value, other: &Value) -> Value {
    if one == other {
        return one.clone();
    }
    match (one["type"].as_str(), other["type"].as_str()) {
        (Some("object"), Some("object")) => object(one, other),
        (Some("array"), Some("array")) => json!({"type": "array", "items": merge(&one["items"], &other["items"])}),
        (Some("string"), Some("string")) => string(one, other),
        (Some("integer" | "number"), Some("integer" | "number")) => json!({"type": "number"}),
        _ => json!({}),
    }
}

fn object(one: &Value, other: &Value) -> Value {
    let mut properties = one["properties"].as_object().cloned().unwrap_or_default();
    for (name, property) in other["properties"].as_object().into_iter().flatten() {
        let merged = properties.get(name).map_or_else(|| property.clone(), |known| merge(known, property));
        properties.insert(name.clone(), merged);
    }
    let required: Vec<&Value> =
        list(&one["required"]).filter(|name| list(&other["required"]).any(|also| also == *name)).collect();
    let mut merged = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        merged["required"] = json!(required);
    }
    merged
}

/// Encrypted where either is; the literals of both where both have some.
fn string(one: &Value, other: &Value) -> Value {
    let mut merged = json!({"type": "string"});
    if let Some(mark) = one.get("encrypted").or_else(|| other.get("encrypted")) {
        merged["encrypted"] = mark.clone();
    }
    if one.get("enum").is_some() && other.get("enum").is_some() {
        let mut literals: Vec<&Value> = list(&one["enum"]).collect();
        literals.extend(list(&other["enum"]).filter(|literal| !list(&one["enum"]).any(|known| known == *literal)));
        merged["enum"] = json!(literals);
    }
    merged
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{flatten, merge};

    #[test]
    fn nothing_is_lost_and_only_what_all_require_is_required() {
        let one = json!({"type": "object", "properties": {
            "state": {"type": "string", "enum": ["A", "B"]}, "amount": {"type": "integer"}, "payer": {"type": "string"},
        }, "required": ["state", "amount"]});
        let other = json!({"type": "object", "properties": {
            "state": {"type": "string", "enum": ["B", "C"]}, "amount": {"type": "number"}, "name": {"type": "boolean"},
            "payer": {"type": "object", "properties": {}},
        }, "required": ["state"]});
        let merged = json!({"type": "object", "properties": {
            "state": {"type": "string", "enum": ["A", "B", "C"]}, "amount": {"type": "number"}, "payer": {},
            "name": {"type": "boolean"},
        }, "required": ["state"]});
        assert_eq!(merge(&one, &other), merged);
        let inside = json!({"type": "object", "properties": {"list": {"type": "array", "items": {
            "type": "object", "one_of": [one, other],
        }}}});
        assert_eq!(flatten(&inside)["properties"]["list"]["items"], merged);
    }

    #[test]
    fn a_mark_stays_and_a_free_text_stays_free() {
        let marked = json!({"type": "string", "encrypted": "merchant_public_key"});
        assert_eq!(merge(&json!({"type": "string", "enum": ["A"]}), &marked), marked);
    }
}
