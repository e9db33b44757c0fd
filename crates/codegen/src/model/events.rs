//! Events: what a notification may be.

use std::collections::BTreeMap;

use super::Product;
use crate::Result;

/// The document of the events.
pub(crate) struct Events {
    /// Holds the components, and no operation: types are made of them as of those of any product.
    pub(crate) product: Product,
    /// Sorted by id.
    pub(crate) events: Vec<Event>,
}

/// One event.
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) doc_url: String,
    pub(crate) modes: Vec<String>,
    /// All that documents name, its own first.
    pub(crate) event_types: Vec<String>,
    pub(crate) original_types: Vec<String>,
    /// Where the documents name another than `encrypt-resource`.
    pub(crate) resource_type: Option<String>,
    /// What the resource may be, at least one; the first is taken where nothing tells another.
    pub(crate) shapes: Vec<EventShape>,
    /// What the first of them may be in particular, as `KEY title`.
    pub(crate) variants: Vec<String>,
}

/// What the resource of an event is.
pub(crate) struct EventShape {
    /// The component, whose name is the shape's in every language.
    pub(crate) component: String,
    /// The original type by which it is told from the first one.
    pub(crate) original_type: Option<String>,
    /// Paths of the fields that the platform encrypts for the merchant.
    pub(crate) encrypted: Vec<String>,
}

/// A row of the table that tells events apart.
pub(crate) struct Row<'a> {
    pub(crate) event_type: &'a str,
    /// Empty: any that has no row of its own, or none.
    pub(crate) original_type: &'a str,
    pub(crate) event: &'a Event,
    pub(crate) shape: &'a EventShape,
}

impl Events {
    /// Every event in each of its shapes.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (&Event, &EventShape)> {
        self.events.iter().flat_map(|event| event.shapes.iter().map(move |shape| (event, shape)))
    }

    /// Whether this event is what a notification of this event type is. An event type that several events claim belongs
    /// to the one that bears its name: the documents do not say how to tell the others from it.
    pub(crate) fn owns(event: &Event, event_type: &str) -> bool {
        event.event_types.len() == 1 || event.id == event_type.to_lowercase()
    }

    /// The table, sorted by event type and original type.
    pub(crate) fn rows(&self) -> Result<Vec<Row<'_>>> {
        let mut rows: BTreeMap<(&str, &str), Row<'_>> = BTreeMap::new();
        for event in &self.events {
            for event_type in event.event_types.iter().filter(|event_type| Self::owns(event, event_type)) {
                for shape in &event.shapes {
                    let original_type = shape.original_type.as_deref().unwrap_or_default();
                    let row = Row { event_type, original_type, event, shape };
                    if let Some(other) = rows.insert((event_type, original_type), row) {
                        let (one, two) = (&other.event.id, &event.id);
                        return Err(format!("{one} and {two} both claim event type {event_type}"));
                    }
                }
            }
        }
        let known = |event_type: &String| rows.contains_key(&(event_type.as_str(), ""));
        for event in &self.events {
            if let Some(nobody) = event.event_types.iter().find(|event_type| !known(event_type)) {
                return Err(format!("{}: nobody owns event type {nobody}", event.id));
            }
        }
        Ok(rows.into_values().collect())
    }
}

impl Event {
    /// The event types that lead here.
    pub(crate) fn own_types(&self) -> Vec<&str> {
        self.event_types.iter().map(String::as_str).filter(|event_type| Events::owns(self, event_type)).collect()
    }

    /// The original types with which a notification has this shape; none where any has it.
    pub(crate) fn told_by<'a>(&'a self, shape: &'a EventShape) -> Vec<&'a str> {
        let told = |shape: &EventShape| shape.original_type.clone();
        match &shape.original_type {
            Some(original_type) => vec![original_type],
            None if self.shapes.len() == 1 => Vec::new(),
            None => {
                let others: Vec<String> = self.shapes.iter().filter_map(told).collect();
                self.original_types.iter().filter(|name| !others.contains(name)).map(String::as_str).collect()
            }
        }
    }

    /// What the documents say of the event in this shape, in sentences for doc comments.
    pub(crate) fn notes(&self, component: &str) -> Vec<String> {
        let quoted = |texts: &[&str]| format!("`{}`", texts.join("`, `"));
        let mut notes = vec![format!("Event type {}.", quoted(&self.own_types()))];
        let foreign = self.event_types.iter().filter(|event_type| !Events::owns(self, event_type));
        notes.extend(foreign.map(|event_type| {
            format!(
                "With event type `{event_type}`, which documents name as well, it comes as `{}`: nothing tells the two apart.",
                event_type.to_lowercase()
            )
        }));
        let shape = self.shapes.iter().find(|shape| shape.component == component);
        match shape.filter(|_| self.shapes.len() > 1).map(|shape| self.told_by(shape)) {
            Some(told_by) => notes.push(format!("Told by original type {}.", quoted(&told_by))),
            None if self.original_types.is_empty() => {}
            None => {
                let names: Vec<&str> = self.original_types.iter().map(String::as_str).collect();
                notes.push(format!("Original type {}.", quoted(&names)));
            }
        }
        if shape.is_some_and(|shape| shape.original_type.is_none()) && !self.variants.is_empty() {
            notes.push(format!(
                "Which fields are there depends on what it is in particular: {}.",
                self.variants.join(", ")
            ));
        }
        notes.extend(super::audience(&self.modes));
        notes
    }
}
