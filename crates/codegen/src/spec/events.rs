//! `spec/webhooks.json` -> the events.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::{COMPONENT, Direction, Reader, list, members, text, texts};
use crate::model::{Event, EventShape, Events, Product};
use crate::{Result, WEBHOOKS};

/// Reads the events of the directory; none where there is no document of them.
pub(crate) fn read_events(dir: &Path) -> Result<Events> {
    let path = dir.join(format!("{WEBHOOKS}.json"));
    let document = if path.exists() { super::document(&path) } else { Ok(Value::Null) };
    let events = document.and_then(|document| read(&document));
    events.map_err(|error| format!("{}: {error}", path.display()))
}

fn read(document: &Value) -> Result<Events> {
    let mut reader = Reader { schemas: &document["components"]["schemas"], components: Vec::new(), at: HashMap::new() };
    let mut events = Vec::new();
    for (id, item) in members(&document["webhooks"]) {
        events.push(event(&mut reader, id, &item["post"]).map_err(|error| format!("{id}: {error}"))?);
    }
    events.sort_by(|a, b| a.id.cmp(&b.id));
    let components = reader.in_order();
    let product =
        Product { name: WEBHOOKS.to_owned(), namespace: vec!["events".to_owned()], operations: Vec::new(), components };
    let events = Events { product, events };
    events.rows()?;
    Ok(events)
}

fn event(reader: &mut Reader, id: &str, node: &Value) -> Result<Event> {
    let schema = &node["requestBody"]["content"]["application/json"]["schema"];
    let split: HashMap<&str, &str> = members(&node["x-wechatpay-by-original-type"])
        .filter_map(|(original_type, reference)| Some((text(reference)?, original_type.as_str())))
        .collect();
    let mut shapes = Vec::new();
    for one in list(&schema["oneOf"]).chain(schema.get("$ref").map(|_| schema)) {
        let reference =
            text(&one["$ref"]).ok_or("a resource without a name: move it to components/schemas and refer to it")?;
        reader.named("resource", reference, Direction::Event)?;
        let mut encrypted = Vec::new();
        reader.encrypted(one, "", &mut Vec::new(), &mut encrypted);
        let component = reference.strip_prefix(COMPONENT).unwrap_or_default().to_owned();
        shapes.push(EventShape {
            component,
            original_type: split.get(reference).map(|&name| name.to_owned()),
            encrypted,
        });
    }
    if shapes.iter().filter(|shape| shape.original_type.is_none()).count() != 1 || shapes[0].original_type.is_some() {
        return Err("of several shapes all but the first stand in x-wechatpay-by-original-type".to_owned());
    }
    let event_types = texts(&node["x-wechatpay-event-type"]);
    if event_types.is_empty() || text(&node["operationId"]) != Some(id) {
        return Err("an event has its id as operationId, and x-wechatpay-event-type".to_owned());
    }
    Ok(Event {
        id: id.to_owned(),
        title: text(&node["summary"]).unwrap_or_default().to_owned(),
        doc_url: text(&node["externalDocs"]["url"]).unwrap_or_default().to_owned(),
        modes: texts(&node["x-wechatpay-modes"]),
        event_types,
        original_types: texts(&node["x-wechatpay-original-type"]),
        resource_type: list(&node["x-wechatpay-resource-type"]).find_map(text).map(str::to_owned),
        shapes,
        variants: list(&node["x-wechatpay-variants"]).filter_map(|variant| described(variant, &split)).collect(),
    })
}

/// A variant that an original type tells has a shape of its own, and is not described.
fn described(variant: &Value, split: &HashMap<&str, &str>) -> Option<String> {
    let key = text(&variant["key"])?;
    let told = split.values().any(|original_type| *original_type == key.to_lowercase());
    let described = text(&variant["title"]).map_or_else(|| key.to_owned(), |title| format!("{key} {title}"));
    (!told).then_some(described)
}
