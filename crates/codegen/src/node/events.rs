//! The declarations of the events: an interface per event, and their union, told apart by the event type.

use super::types::{Direction, doc, interface, literals, quoted};
use crate::WEBHOOKS;
use crate::model::{Event, EventShape, Events, Shape};
use crate::output::{Files, NODE_EVENTS};

/// The literal event type stands for every text that is newer: the compiler tells the members of a union apart by literals
/// only.
const UNKNOWN: &str = "
/**
 * An event that is newer than this package. Its event type is a text that none of the others has, whatever the literal
 * says: to compare it with one, take the event as a `Notification`.
 */
export interface UnknownEvent extends Notification<unknown> {
  readonly event_type: '(newer than this package)';
}
";

/// Adds the file.
pub(super) fn generate(events: &Events, files: &mut Files) {
    files.add(format!("{NODE_EVENTS}.d.ts"), "//", WEBHOOKS, &declarations(events));
}

fn declarations(events: &Events) -> String {
    let mut out = "import type { Notification } from './types.js';\n".to_owned();
    for component in &events.product.components {
        match &component.shape {
            Shape::Enum(values) => literals(&mut out, &component.name, values),
            Shape::Object(fields) => interface(&mut out, &component.name, fields, Direction::Reply),
        }
    }
    for (event, shape) in events.shapes() {
        one(&mut out, event, shape);
    }
    out.push_str(UNKNOWN);
    out.push_str("\n/** What a notification may be: `event_type` tells which. */\nexport type Event =\n");
    for (_, shape) in events.shapes() {
        out.push_str(&format!("  | {}Event\n", shape.component));
    }
    out.push_str("  | UnknownEvent;\n");
    out
}

fn one(out: &mut String, event: &Event, shape: &EventShape) {
    let name = &shape.component;
    let mut lines = vec![format!("{}.", event.title), String::new(), event.notes(name).join(" ")];
    if !event.doc_url.is_empty() {
        lines.extend([String::new(), format!("@see {}", event.doc_url)]);
    }
    let about = doc("", &lines);
    out.push_str(&format!("\n{about}export interface {name}Event extends Notification<{name}> {{\n"));
    out.push_str(&format!("  readonly event_type: {};\n", union(&event.own_types())));
    let told_by = event.told_by(shape);
    if !told_by.is_empty() {
        // It may be missing where it is not what tells this shape.
        let or_null = if shape.original_type.is_none() { " | null" } else { "" };
        out.push_str(&format!("  readonly original_type: {}{or_null};\n", union(&told_by)));
    }
    out.push_str("}\n");
}

fn union(texts: &[&str]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" | ")
}
