//! Facts -> the document of the events: OpenAPI 3.1 with `webhooks`.
//!
//! The body of an entry is the decrypted resource, which is what a receiver's caller gets; the envelope around it, one
//! for all events, stands under `x-wechatpay-envelope`.

use serde_json::{Map, Value, json};

use super::marks::Marks;
use super::merge::{flatten, merge};
use super::schema::{At, Hoist};
use super::{PRELUDES, further, parameter};
use crate::facts::{Event, Variant, Webhooks};
use crate::words::{pascal, singular};
use crate::{Result, WEBHOOKS};

/// Names that the backends give to what is no shape of an event.
const TAKEN: [&str; 6] = ["Answer", "Event", "Events", "Notification", "UnknownEvent", "Unknown"];
const REFERENCE: &str = "#/components/schemas/";

/// The shape of an event; of several, which one is told by the original type.
struct Shape {
    name: String,
    original_type: Option<String>,
    schema: Value,
}

pub(super) fn document(facts: &Webhooks) -> Result<Value> {
    let mut hoist = Hoist::default();
    let mut names: Vec<String> = PRELUDES.iter().chain(&TAKEN).map(|name| (*name).to_owned()).collect();
    for event in &facts.events {
        names.extend(shapes(event)?.into_iter().flat_map(|shape| [format!("{}Event", shape.name), shape.name]));
    }
    // As with operations: names depend on the whole document.
    entries(facts, &mut hoist)?;
    hoist.name_components(&names)?;
    let (webhooks, resources) = entries(facts, &mut hoist)?;
    let envelope = envelope(facts, &mut hoist)?;
    let mut schemas = resources;
    schemas.extend(std::mem::take(&mut hoist.components));
    schemas.insert("Notification".to_owned(), envelope.body);
    schemas.insert("Answer".to_owned(), envelope.answer);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": "WeChat Pay APIv3: notifications", "version": "v3"},
        "x-wechatpay-envelope": {"headers": envelope.headers, "body": {"$ref": "#/components/schemas/Notification"}},
        // The public validator wants it.
        "paths": {},
        "webhooks": webhooks,
        "components": {"schemas": schemas},
    });
    // A table may hold fewer events than there are marks for; a test holds every mark against this project's document.
    let mut marks = Marks::read()?;
    marks.only_components(WEBHOOKS, |component| !document["components"]["schemas"][component].is_null());
    marks.mark_sensitive(WEBHOOKS, &mut document)?;
    Ok(document)
}

struct Envelope {
    headers: Vec<Value>,
    body: Value,
    answer: Value,
}

/// The envelope needs no names: its parts stay in place.
fn envelope(facts: &Webhooks, hoist: &mut Hoist) -> Result<Envelope> {
    let at = At { context: Vec::new(), reply: true };
    let headers =
        facts.envelope.headers.iter().map(|header| parameter("header", header, &at, hoist)).collect::<Result<_>>()?;
    Ok(Envelope { headers, body: facts.envelope.body.clone(), answer: facts.reply.clone() })
}

/// The entries by id, and the components of their resources.
fn entries(facts: &Webhooks, hoist: &mut Hoist) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let (mut webhooks, mut resources) = (Map::new(), Map::new());
    for event in &facts.events {
        let entry = entry(event, hoist, &mut resources).map_err(|error| format!("{}: {error}", event.id))?;
        if webhooks.insert(event.id.clone(), json!({"post": entry})).is_some() {
            return Err(format!("{} is there twice", event.id));
        }
    }
    Ok((webhooks, resources))
}

fn entry(event: &Event, hoist: &mut Hoist, resources: &mut Map<String, Value>) -> Result<Value> {
    if !event.decrypts_resource {
        return Err("a resource that is not encrypted is not supported".to_owned());
    }
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            out.insert(key.to_owned(), value);
        }
    };
    put("operationId", json!(event.id));
    put("summary", json!(event.title));
    put("externalDocs", event.doc_url.as_ref().map_or(Value::Null, |url| json!({"url": url})));
    put("x-wechatpay-doc-urls", json!(further(&event.doc_urls, event.doc_url.as_ref())));
    put("x-wechatpay-modes", json!(event.modes));
    put("x-wechatpay-event-type", json!(event.event_type));
    put("x-wechatpay-original-type", json!(event.original_type));
    put("x-wechatpay-resource-type", json!(event.resource_type));
    put("x-wechatpay-associated-data", json!(event.associated_data));
    put("x-wechatpay-variants", event.variants.iter().map(|variant| described(event, variant)).collect());

    let context: Vec<String> = event.id.split('.').map(|part| pascal(&singular(part))).collect();
    let shapes = shapes(event)?;
    let mut references: Vec<Value> = Vec::new();
    for shape in &shapes {
        let at = At { context: context.clone(), reply: true };
        let mut found = Vec::new();
        encrypted(&shape.schema, "", &mut found);
        if shape.original_type.is_none() && found != event.encrypted_fields {
            return Err(format!(
                "the encrypted fields are {found:?} by their marks, and {:?} by the list",
                event.encrypted_fields
            ));
        }
        resources.insert(shape.name.clone(), hoist.object(&shape.schema, &at)?);
        references.push(json!({"$ref": format!("{REFERENCE}{}", shape.name)}));
    }
    let schema = if references.len() == 1 { references.remove(0) } else { json!({"oneOf": references}) };
    put("requestBody", json!({"required": true, "content": {"application/json": {"schema": schema}}}));
    let split: Map<String, Value> = (shapes.iter())
        .filter_map(|shape| Some((shape.original_type.clone()?, json!(format!("{REFERENCE}{}", shape.name)))))
        .collect();
    put("x-wechatpay-by-original-type", if split.is_empty() { Value::Null } else { split.into() });
    put("responses", answers(event, &context, hoist)?);
    Ok(Value::Object(out))
}

/// The shapes of an event. A variant that bears the name of one of several original types is told by it, and has a shape
/// of its own; nothing tells the others, so they share one, of which nothing is required.
fn shapes(event: &Event) -> Result<Vec<Shape>> {
    let name: String = event.id.split('.').map(pascal).collect();
    let (split, together): (Vec<_>, Vec<_>) = event
        .variants
        .iter()
        .filter_map(|variant| Some((variant, variant.resource.as_ref()?)))
        .partition(|(variant, _)| is_split(event, variant));
    let mut shared = flatten(&event.resource);
    if let Some(properties) = shared["properties"].as_object_mut() {
        let holds = |list: &[(&Variant, &Value)], name: &str| {
            list.iter().any(|(_, resource)| !resource["properties"][name].is_null())
        };
        properties.retain(|name, _| !holds(&split, name) || holds(&together, name));
    }
    for (_, resource) in &together {
        shared = merge(&shared, &flatten(resource));
    }
    if let (false, Some(shared)) = (event.variants.is_empty(), shared.as_object_mut()) {
        shared.remove("required");
    }
    let mut shapes = vec![Shape { name: name.clone(), original_type: None, schema: shared }];
    for (variant, resource) in split {
        let original_type = Some(variant.key.to_lowercase());
        shapes.push(Shape {
            name: format!("{name}{}", pascal(&variant.key)),
            original_type,
            schema: flatten(resource),
        });
    }
    Ok(shapes)
}

fn is_split(event: &Event, variant: &Variant) -> bool {
    event.original_type.len() > 1 && event.original_type.contains(&variant.key.to_lowercase())
}

/// A variant for people: what it is called, and which fields it has where that is known.
fn described(event: &Event, variant: &Variant) -> Value {
    let mut out = json!({"key": variant.key});
    if let Some(title) = &variant.title {
        out["title"] = json!(title);
    }
    if !variant.modes.is_empty() {
        out["modes"] = json!(variant.modes);
    }
    if let Some(properties) = variant
        .resource
        .as_ref()
        .and_then(|resource| resource["properties"].as_object())
        .filter(|_| !is_split(event, variant))
    {
        out["fields"] = json!(properties.keys().collect::<Vec<_>>());
    }
    out
}

fn answers(event: &Event, context: &[String], hoist: &mut Hoist) -> Result<Value> {
    let taken = match &event.reply {
        None => json!({"204": {"description": "Taken: it does not come again"}}),
        Some(schema) => {
            let at = At { context: context.to_vec(), reply: true };
            let schema = hoist.object(schema, &at)?;
            json!({"200": {
                "description": "Taken, with what the platform asks for",
                "content": {"application/json": {"schema": schema}},
            }})
        }
    };
    let mut answers = taken;
    answers["default"] = json!({
        "description": "Not taken: it comes again",
        "content": {"application/json": {"schema": {"$ref": format!("{REFERENCE}Answer")}}},
    });
    Ok(answers)
}

/// Paths of the fields that are marked as encrypted.
fn encrypted(schema: &Value, path: &str, found: &mut Vec<String>) {
    if schema.get("encrypted").is_some() {
        found.push(path.to_owned());
    }
    if schema.get("items").is_some() {
        encrypted(&schema["items"], &format!("{path}[]"), found);
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let dot = if path.is_empty() { "" } else { "." };
        encrypted(property, &format!("{path}{dot}{name}"), found);
    }
}
