//! Examples of the events that the platform notifies of.

use serde_json::Value;

use super::{Catalog, Document, encrypted, example};

/// A notification in the documented form, not yet encrypted.
pub(crate) struct EventExample {
    pub(crate) event_type: String,
    pub(crate) resource_type: String,
    /// `None` where the documents do not say.
    pub(crate) original_type: Option<String>,
    /// What the documents say; else the original type, as the platform does.
    pub(crate) associated_data: String,
    /// In words, for people.
    pub(crate) summary: String,
    pub(crate) resource: Value,
}

impl Catalog {
    /// An example of the event with this id, in the shape that belongs to the original type, where one is given.
    /// `encrypt` is given each field that is encrypted for the merchant inside of the resource.
    pub(crate) fn event(
        &self,
        id: &str,
        original_type: Option<&str>,
        mut encrypt: impl FnMut(&str) -> Result<String, String>,
    ) -> Result<EventExample, String> {
        let unknown = || format!("event: there is no {id}; the ids are those of spec/webhooks.json");
        let document = self.documents.get("webhooks").ok_or_else(unknown)?;
        let webhook = &document.value["webhooks"][id]["post"];
        let schema = schema(document, webhook, original_type).ok_or_else(unknown)?;
        let mut resource = example::make(document, schema, "", example::DEPTH);
        encrypted::each(document, schema, "merchant_public_key", "", &mut resource, &mut |_, field| {
            *field = Value::String(encrypt(field.as_str().unwrap_or_default())?);
            Ok::<_, String>(())
        })?;
        let said = |key: &str| webhook[format!("x-wechatpay-{key}")][0].as_str().map(str::to_owned);
        let original_type = original_type.map(str::to_owned).or_else(|| said("original-type"));
        Ok(EventExample {
            event_type: own_event_type(id, webhook).ok_or_else(unknown)?,
            resource_type: said("resource-type").unwrap_or_else(|| "encrypt-resource".to_owned()),
            associated_data: said("associated-data").or_else(|| original_type.clone()).unwrap_or_default(),
            original_type,
            summary: webhook["summary"].as_str().unwrap_or_default().to_owned(),
            resource,
        })
    }
}

/// The schema of the resource: the first of several, unless the original type tells another.
fn schema<'a>(document: &'a Document, webhook: &'a Value, original_type: Option<&str>) -> Option<&'a Value> {
    let told = original_type.and_then(|name| webhook["x-wechatpay-by-original-type"][name].as_str());
    if let Some(pointer) = told.and_then(|reference| reference.strip_prefix('#')) {
        return document.value.pointer(pointer);
    }
    let schema = &webhook["requestBody"]["content"]["application/json"]["schema"];
    schema["oneOf"].get(0).or(Some(schema)).filter(|schema| schema.is_object())
}

/// Of several event types the one that bears the event's name.
fn own_event_type(id: &str, webhook: &Value) -> Option<String> {
    let types = || webhook["x-wechatpay-event-type"].as_array().into_iter().flatten().filter_map(Value::as_str);
    types().find(|event_type| event_type.to_lowercase() == id).or_else(|| types().next()).map(str::to_owned)
}
