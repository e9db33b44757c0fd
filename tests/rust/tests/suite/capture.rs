//! Every tracing and log record of this process, at every level.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// A span with all that was recorded in it, or an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(crate) span: Option<u64>,
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) fields: BTreeMap<String, String>,
}

static ENTRIES: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Starts to capture. From then on for the whole process: a call may be made by any thread.
pub(crate) fn start() {
    static STARTED: LazyLock<()> = LazyLock::new(|| tracing_subscriber::registry().with(Capture).init());
    LazyLock::force(&STARTED);
}

/// What was captured so far.
pub(crate) fn entries() -> Vec<Entry> {
    ENTRIES.lock().expect("no test panics while it holds this").clone()
}

struct Capture;

impl<S: Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        let metadata = attributes.metadata();
        let mut entry = Entry {
            span: Some(id.into_u64()),
            name: metadata.name().to_owned(),
            target: metadata.target().to_owned(),
            ..Entry::default()
        };
        attributes.record(&mut entry);
        push(entry);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut entries = ENTRIES.lock().expect("no test panics while it holds this");
        // The newest one: ids are used again.
        if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.span == Some(id.into_u64())) {
            values.record(entry);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut entry =
            Entry { name: metadata.name().to_owned(), target: metadata.target().to_owned(), ..Entry::default() };
        event.record(&mut entry);
        push(entry);
    }
}

fn push(entry: Entry) {
    ENTRIES.lock().expect("no test panics while it holds this").push(entry);
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}
