//! What the facts do not say and this project adds: see `marks.json` for the reason of every entry.

use serde_json::{Value, json};

use crate::Result;

const MARKS: &str = include_str!("../../marks.json");

pub(super) fn marks() -> Result<Value> {
    serde_json::from_str(MARKS).map_err(|error| format!("marks.json: {error}"))
}

/// Marks what is about a person. Places are `PRODUCT/COMPONENT`, `OPERATION/request` and `OPERATION/reply`; those
/// of other products are left.
pub(super) fn mark_sensitive(product: &str, marks: &Value, document: &mut Value) -> Result<()> {
    for (place, fields) in marks.as_object().into_iter().flatten() {
        let schema = match place.split_once('/') {
            Some((owner, component)) if owner == product => Some(&mut document["components"]["schemas"][component]),
            Some((id, "request")) => schema_of(document, id, "/requestBody"),
            Some((id, "reply")) => schema_of(document, id, "/responses/200"),
            _ => None,
        };
        let Some(schema) = schema else { continue };
        for name in fields.as_object().into_iter().flatten().map(|(name, _)| name) {
            match schema.pointer_mut(&format!("/properties/{name}")) {
                Some(field) if field["type"] == "string" => field["x-wechatpay-sensitive"] = json!(true),
                _ => return Err(format!("marks.json: {place} has no text {name}")),
            }
        }
    }
    Ok(())
}

fn schema_of<'a>(document: &'a mut Value, id: &str, body: &str) -> Option<&'a mut Value> {
    let items = document["paths"].as_object_mut()?.values_mut().filter_map(Value::as_object_mut);
    let operation = items.flat_map(|item| item.values_mut()).find(|operation| operation["operationId"] == id)?;
    operation.pointer_mut(&format!("{body}/content/application~1json/schema"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::mark_sensitive;

    #[test]
    fn marks_reach_their_fields_and_a_misspelt_one_is_an_error() {
        let schema = json!({"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}});
        let reply = json!({"200": {"content": {"application/json": {"schema": schema}}}});
        let document = json!({
            "paths": {"/v3/tea": {"get": {"operationId": "tea.list", "requestBody": reply["200"], "responses": reply}}},
            "components": {"schemas": {"Drinker": schema}},
        });
        let mark = |marks: serde_json::Value| {
            let mut marked = document.clone();
            mark_sensitive("tea", &marks, &mut marked).map(|()| marked)
        };
        let marked = mark(json!({"tea/Drinker": {"name": "why"}})).unwrap();
        assert_eq!(marked["components"]["schemas"]["Drinker"]["properties"]["name"]["x-wechatpay-sensitive"], true);
        assert_eq!(marked["paths"], document["paths"]);
        let marked = mark(json!({"tea.list/reply": {"name": "why"}})).unwrap();
        assert_eq!(marked.to_string().matches("sensitive").count(), 1);
        assert_eq!(marked["components"], document["components"]);
        let operation = |document: &serde_json::Value, part: &str| document["paths"]["/v3/tea"]["get"][part].clone();
        assert_eq!(operation(&marked, "requestBody"), operation(&document, "requestBody"));
        let marked = mark(json!({"tea.list/request": {"name": "why"}})).unwrap();
        assert_eq!(marked.to_string().matches("sensitive").count(), 1);
        assert_eq!(operation(&marked, "responses"), operation(&document, "responses"));
        assert_eq!(
            mark(json!({"coffee/Drinker": {"name": "why"}, "coffee.list/reply": {"x": "why"}})),
            Ok(document.clone())
        );
        for wrong in [
            json!({"tea/Drinker": {"nmae": "why"}}),
            json!({"tea/Drinker": {"age": "why"}}),
            json!({"tea/Driver": {"name": "why"}}),
        ] {
            assert!(mark(wrong.clone()).unwrap_err().starts_with("marks.json: tea/Dri"), "{wrong}");
        }
    }
}
