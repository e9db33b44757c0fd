//! What a re-import would change, in the words of the documents: operations and components.

use serde_json::{Map, Value};

/// One line for each operation and component that is new, gone or different.
pub(super) fn changes(there: &str, imported: &str) -> Vec<String> {
    let (Ok(there), Ok(imported)) = (read(there), read(imported)) else {
        return vec!["is no JSON".to_owned()];
    };
    let mut changes = compare(&operations(&there), &operations(&imported));
    changes.extend(compare(&components(&there), &components(&imported)));
    if changes.is_empty() {
        changes.push("what is neither an operation nor a component".to_owned());
    }
    changes
}

fn read(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text)
}

/// Operations by id, events too.
fn operations(document: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    for group in ["paths", "webhooks"] {
        for (path, item) in document[group].as_object().into_iter().flatten() {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let mut operation = operation.clone();
                let id = operation["operationId"].as_str().unwrap_or(path).to_owned();
                operation["request line"] = format!("{method} {path}").into();
                found.insert(id, operation);
            }
        }
    }
    found
}

fn components(document: &Value) -> Map<String, Value> {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    schemas.map(|(name, schema)| (format!("component {name}"), schema.clone())).collect()
}

fn compare(there: &Map<String, Value>, imported: &Map<String, Value>) -> Vec<String> {
    let gone = there.keys().filter(|name| !imported.contains_key(*name)).map(|name| format!("removes {name}"));
    let new = imported.keys().filter(|name| !there.contains_key(*name)).map(|name| format!("adds {name}"));
    let different = imported.iter().filter_map(|(name, value)| {
        let before = there.get(name).filter(|before| *before != value)?;
        Some(format!("changes {name}: {}", parts(before, value).join(", ")))
    });
    gone.chain(new).chain(different).collect()
}

/// The keys that differ; inside of `properties` by their names.
fn parts(there: &Value, imported: &Value) -> Vec<String> {
    let (Some(before), Some(after)) = (there.as_object(), imported.as_object()) else {
        return vec!["the type".to_owned()];
    };
    let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
    keys.filter(|key| before.get(*key) != after.get(*key))
        .flat_map(|key| match (before.get(key), after.get(key)) {
            (Some(one), Some(other)) if key == "properties" => parts(one, other),
            _ => vec![key.clone()],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::changes;

    #[test]
    fn each_change_is_named() {
        let document = |id: &str, summary: &str, size: &str| {
            json!({
                "paths": {"/v3/tea": {"get": {"operationId": id, "summary": summary}}},
                "components": {"schemas": {"Cup": {"type": "object", "properties": {"size": {"type": size}}}}},
            })
            .to_string()
        };
        let there = document("tea.list", "Tea", "string");
        assert_eq!(changes(&there, &document("tea.get", "Tea", "string")), ["removes tea.list", "adds tea.get"]);
        assert_eq!(
            changes(&there, &document("tea.list", "Teas", "integer")),
            ["changes tea.list: summary", "changes component Cup: size"]
        );
        assert_eq!(changes(&there, "{"), ["is no JSON"]);
    }
}
