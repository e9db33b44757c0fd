//! The stub of the events: a class per event whose literal event type narrows the type of its resource.

use super::types::Types;
use super::{components, escape, imports};
use crate::WEBHOOKS;
use crate::model::{Event, EventShape, Events};
use crate::output::{Files, PYTHON_EVENTS};

/// Stands for every event type that is newer than the stub. A literal, since type checkers tell the members of a union
/// apart by literals only.
const NEWER: &str = "(newer than this package)";

/// What `parse()` gives, for annotations. At run time each event is a `Notification`.
const TWIN: &str = r#""""Types of the events that a notification may be. For type checkers: at run time each is a ``Notification``.

>>> if event.event_type == "REFUND.SUCCESS":
...     event.resource["out_refund_no"]
"""

from typing import Any, Union

from ._notifications import Notification

Event = Union[Notification, Any]
"#;

/// Adds the stub and its twin.
pub(super) fn generate(events: &Events, files: &mut Files) {
    files.add(format!("{PYTHON_EVENTS}.pyi"), "#", WEBHOOKS, &stub(events));
    files.add(format!("{PYTHON_EVENTS}.py"), "#", WEBHOOKS, TWIN);
}

fn stub(events: &Events) -> String {
    let mut out = String::new();
    components(&mut out, &Types { product: &events.product });
    for (event, shape) in events.shapes() {
        class(&mut out, event, shape);
    }
    out.push_str(&format!(
        "\n@type_check_only\nclass UnknownEvent(Notification):\n    \"\"\"An event that is newer than this package.\n\n    \
         Its event type is a text that none of the others has, whatever the literal says. To compare it with one, take\n    \
         the event as a ``Notification``.\n    \"\"\"\n\n    event_type: Literal[{NEWER:?}]\n"
    ));
    out.push_str("\nEvent: TypeAlias = Union[\n");
    for (_, shape) in events.shapes() {
        out.push_str(&format!("    {}Event,\n", shape.component));
    }
    out.push_str("    UnknownEvent,\n]\n");
    imports(&out) + "\nfrom ._notifications import Notification\n" + &out
}

fn class(out: &mut String, event: &Event, shape: &EventShape) {
    let name = &shape.component;
    out.push_str(&format!("\n@type_check_only\nclass {name}Event(Notification):\n"));
    out.push_str(&format!("    \"\"\"{}.\n\n    {}\n", escape(&event.title), escape(&event.notes(name).join(" "))));
    if !event.doc_url.is_empty() {
        out.push_str(&format!("\n    {}\n", event.doc_url));
    }
    out.push_str("    \"\"\"\n\n");
    out.push_str(&format!("    event_type: {}\n", literal(&event.own_types())));
    let told_by = event.told_by(shape);
    if !told_by.is_empty() {
        // It may be missing where it is not what tells this shape.
        let or_none = if shape.original_type.is_none() { " | None" } else { "" };
        out.push_str(&format!("    original_type: {}{or_none}\n", literal(&told_by)));
    }
    out.push_str(&format!("    resource: {name}\n"));
}

fn literal(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("{text:?}")).collect();
    format!("Literal[{}]", quoted.join(", "))
}
