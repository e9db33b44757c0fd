//! The events: the table that tells them apart, and their types.

use super::{Code, types};
use crate::Result;
use crate::model::{Component, Event, Events, Field, Shape};

/// The modules that are not a product's, in `mod.rs`.
pub(super) fn modules(out: &mut Code) {
    out.line("");
    out.doc("Types of the events: what the resource of a notification holds.");
    out.line("#[cfg(feature = \"events\")]");
    out.line("pub mod events;");
    out.line("");
    out.line("pub(crate) mod tables;");
    out.line("");
    out.line("pub(crate) mod webhooks;");
}

/// What is needed at run time also where the types are not.
pub(super) fn table(events: &Events) -> Result<String> {
    let mut out = Code::default();
    out.line("//! Which events there are, and how a notification tells which one it is.");
    out.line("");
    out.line("use crate::webhook::{Row, Webhook};");
    out.line("");
    out.doc("All events, sorted by id.");
    out.line("pub(crate) static WEBHOOKS: &[Webhook] = &[");
    for event in &events.events {
        out.line(&format!(
            "    Webhook {{ id: {:?}, title: {:?}, event_types: &{:?}, original_types: &{:?}, doc_url: {:?} }},",
            event.id, event.title, event.event_types, event.original_types, event.doc_url
        ));
    }
    out.line("];");
    out.line("");
    out.doc("Sorted by event type and original type.");
    out.line("pub(crate) static ROWS: &[Row] = &[");
    for row in events.rows()? {
        let at = events.events.partition_point(|event| event.id < row.event.id);
        out.line(&format!(
            "    Row {{ event_type: {:?}, original_type: {:?}, webhook: &WEBHOOKS[{at}], shape: {:?}, encrypted: &{:?} }},",
            row.event_type, row.original_type, row.shape.component, row.shape.encrypted
        ));
    }
    out.line("];");
    Ok(out.text)
}

/// The structs and the enumeration of the events.
pub(super) fn types(events: &Events) -> String {
    let mut out = Code::default();
    out.line("//! Types of the events: what the resource of a notification holds.");
    for component in &events.product.components {
        out.line("");
        match &component.shape {
            Shape::Enum(literals) => types::enumeration(&mut out, component, literals),
            Shape::Object(fields) => object(&mut out, events, component, fields),
        }
    }
    enumeration(&mut out, events);
    decoding(&mut out, events);
    out.text
}

fn object(out: &mut Code, events: &Events, component: &Component, fields: &[Field]) {
    match events.shapes().find(|(_, shape)| shape.component == component.name) {
        Some((event, _)) => about(out, event, &component.name),
        None => out.doc(&format!("Object {} in a resource.", types::names(component))),
    }
    types::event_object(out, &component.name, fields);
}

/// The doc comment of a resource and of its variant.
fn about(out: &mut Code, event: &Event, shape: &str) {
    out.doc(&format!("{} (`{}`).", types::escape(&event.title), event.id));
    out.doc("");
    out.doc(&event.notes(shape).join(" "));
    if !event.doc_url.is_empty() {
        out.doc("");
        out.doc(&format!("Document: <{}>", event.doc_url));
    }
}

fn enumeration(out: &mut Code, events: &Events) {
    out.line("");
    out.doc("What happened: an event with its resource. An open set.");
    out.line("#[derive(Debug, Clone, PartialEq)]");
    out.line("#[non_exhaustive]");
    out.line("pub enum Event {");
    for (event, shape) in events.shapes() {
        let told = shape.original_type.as_ref().map(|original| format!(" with original type `{original}`"));
        let title = types::escape(&event.title);
        out.line(&format!("    /// {title} (`{}`{}).", event.id, told.unwrap_or_default()));
        out.line(&format!("    {0}(Box<{0}>),", shape.component));
    }
    out.line(
        "    /// An event that is newer than this SDK: the notification has its event type and its resource as JSON.",
    );
    out.line("    Unknown,");
    out.line("}");
}

fn decoding(out: &mut Code, events: &Events) {
    out.line("");
    out.line("impl Event {");
    out.line("    /// From the name of a shape and the JSON of the resource.");
    out.line("    pub(crate) fn decode(shape: &str, resource: &[u8]) -> Result<Self, serde_json::Error> {");
    out.line("        Ok(match shape {");
    for (_, shape) in events.shapes() {
        let name = &shape.component;
        out.line(&format!("            {name:?} => Self::{name}(serde_json::from_slice(resource)?),"));
    }
    out.line("            _ => Self::Unknown,");
    out.line("        })");
    out.line("    }");
    out.line("}");
}

/// For the tests: every variant that holds a resource.
pub(super) fn list(events: &Events) -> String {
    let mut out = Code::default();
    out.line("//! Every event that has a type.");
    out.line("");
    out.line("events! {");
    events.shapes().for_each(|(_, shape)| out.line(&format!("    {},", shape.component)));
    out.line("}");
    out.text
}
