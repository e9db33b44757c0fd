//! The shapes of the events' resources, for static analysers and editors.

use super::types::Types;
use crate::WEBHOOKS;
use crate::model::{EventShape, Events, Shape};
use crate::output::{Files, PHP_STUBS};

const ABOUT: &str = "\
What `Notification::$resource` holds, by `Notification::$event_type`. For static analysers and editors only: there is no
such interface at run time, and events that are newer come, too.

A class of yours takes a type with `@phpstan-import-type RefundSuccess from \\WechatPay\\Events`. Where it knows that
`$notification->event_type === 'REFUND.SUCCESS'`, it says so of what it reads: `@var RefundSuccess $refund`.";

/// Adds the stub. Its interface exists in it only: PHPDoc types need a class-like to hang on, and there is nothing to
/// load at run time.
pub(super) fn generate(events: &Events, files: &mut Files) {
    files.add(format!("{PHP_STUBS}/events.php"), "<?php //", WEBHOOKS, &stub(events));
}

fn stub(events: &Events) -> String {
    let mut doc: Vec<String> = ABOUT.lines().map(str::to_owned).collect();
    for (event, shape) in events.shapes() {
        doc.push(String::new());
        doc.push(format!("{} (`{}`). {}", event.title, event.id, event.notes(&shape.component).join(" ")));
        doc.extend((!event.doc_url.is_empty()).then(|| event.doc_url.clone()));
        doc.push(String::new());
        doc.extend(alias(events, shape).lines().map(str::to_owned));
    }
    let mut out = "\nnamespace WechatPay;\n\n/**\n".to_owned();
    for line in doc {
        out.push_str(format!(" * {}", line.replace("*/", "* /")).trim_end());
        out.push('\n');
    }
    out + " */\ninterface Events {}\n"
}

fn alias(events: &Events, shape: &EventShape) -> String {
    let types = Types { product: &events.product };
    let array = match events.product.component(&shape.component).map(|component| &component.shape) {
        Some(Shape::Object(fields)) => types.shape(fields),
        _ => "array<string, mixed>".to_owned(),
    };
    format!("@phpstan-type {} {array}", shape.component)
}
