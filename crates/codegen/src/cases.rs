//! A case of the shared suite for each event: the local WeChat Pay is asked for an example of it, and every language must
//! read what is written here.

use serde_json::{Map, Value, json};

use crate::model::{Event, EventShape, Events, Field, Shape, Type};
use crate::output::{CASES, Files};

const CREATE_TIME: &str = "2026-11-21T12:00:00+08:00";

/// Adds the file, where there are events.
pub(crate) fn generate(events: &Events, files: &mut Files) {
    if events.events.is_empty() {
        return;
    }
    let cases: Vec<Value> = events.shapes().map(|(event, shape)| case(events, event, shape)).collect();
    // A line for each: they differ in names only, and are read by nobody one by one.
    let lines: Vec<String> = cases.iter().map(|case| format!("  {case}")).collect();
    files.add_plain(CASES, format!("[\n{}\n]\n", lines.join(",\n")));
}

fn case(events: &Events, event: &Event, shape: &EventShape) -> Value {
    let mut order = json!({"event": event.id, "envelope": {"id": "EV-1", "create_time": CREATE_TIME}});
    let mut name = event.id.clone();
    if let Some(original_type) = &shape.original_type {
        order["original_type"] = json!(original_type);
        name = format!("{name}, {original_type}");
    }
    let original_type = shape.original_type.as_ref().or_else(|| event.original_types.first());
    json!({
        "name": name,
        "call": {"notification": order},
        "expect": {"result": {
            "id": "EV-1",
            "create_time": CREATE_TIME,
            "event_type": event.own_types().first(),
            "resource_type": event.resource_type.as_deref().unwrap_or("encrypt-resource"),
            "summary": event.title,
            "original_type": original_type,
            "resource": object(events, &shape.component),
        }},
    })
}

fn object(events: &Events, component: &str) -> Value {
    match events.product.component(component).map(|component| &component.shape) {
        Some(Shape::Object(fields)) => fields
            .iter()
            .map(|field| (field.name.clone(), value(events, field, &field.ty)))
            .collect::<Map<_, _>>()
            .into(),
        Some(Shape::Enum(literals)) => json!(literals[0].value),
        None => Value::Null,
    }
}

fn value(events: &Events, field: &Field, ty: &Type) -> Value {
    match ty {
        _ if field.given.is_some() => json!(field.given),
        Type::Any => json!({}),
        Type::Text | Type::Secret { .. } | Type::Json(_) | Type::File => json!(field.name),
        Type::Integer | Type::Number => json!(1),
        Type::Boolean => json!(true),
        Type::Array(item) => json!([value(events, field, item)]),
        Type::Named(name) => object(events, name),
    }
}
