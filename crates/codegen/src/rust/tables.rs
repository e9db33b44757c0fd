//! The tables that a call needs at run time.

use super::Code;
use crate::model::{BodyKind, Component, Operation, Place, Reply, Shape, Type};
use crate::words::snake;

/// The name of an operation's table.
pub(super) fn operation_static(operation: &Operation) -> String {
    format!("{}_OPERATION", operation.action().to_uppercase())
}

fn component_static(name: &str) -> String {
    format!("{}_SCHEMA", snake(name).to_uppercase())
}

/// The schema of a component that requests use.
pub(super) fn component(out: &mut Code, component: &Component) {
    let name = component_static(&component.name);
    out.line("");
    match &component.shape {
        Shape::Enum(_) => {
            let values = format!("{}::VALUES", component.name);
            out.line(&format!(
                "static {name}: op::Schema = op::Schema::String {{ values: {values}, encrypted: false }};"
            ));
        }
        Shape::Object(fields) => {
            out.line(&format!("static {name}: op::Schema = op::Schema::Object(&["));
            for field in fields {
                let schema = schema(&field.ty, 0);
                out.line(&format!(
                    "    op::Field {{ name: {:?}, required: {}, schema: {schema} }},",
                    field.name, field.required
                ));
            }
            out.line("]);");
        }
    }
}

/// The table of an operation.
pub(super) fn operation(out: &mut Code, operation: &Operation, name: &str) {
    out.doc(&format!("Table of `{}`.", operation.id));
    out.line(&format!("pub static {name}: op::Operation = op::Operation {{"));
    out.line(&format!("    id: {:?},", operation.id));
    out.line(&format!("    title: {:?},", operation.title));
    out.line(&format!("    method: op::Method::{},", crate::words::pascal(&operation.method)));
    out.line(&format!("    path: {:?},", operation.path));
    out.line(&format!("    host: {:?},", operation.host));
    if operation.params.is_empty() {
        out.line("    params: &[],");
    } else {
        out.line("    params: &[");
        for (place, field) in &operation.params {
            let place = match place {
                Place::Path => "Path",
                Place::Query => "Query",
                Place::Header => "Header",
                Place::Body => "Body",
            };
            let (name, required, schema) = (&field.name, field.required, schema(&field.ty, operation.depth));
            out.line(&format!(
                "        op::Param {{ name: {name:?}, place: op::Place::{place}, required: {required}, schema: {schema} }},"
            ));
        }
        out.line("    ],");
    }
    let body = match operation.body {
        BodyKind::None => "None",
        BodyKind::Json => "Json",
        BodyKind::Multipart => "Multipart",
    };
    out.line(&format!("    body: op::BodyKind::{body},"));
    let reply = match operation.reply {
        Reply::Empty => "Empty",
        Reply::Binary => "Binary",
        Reply::Json(_) => "Json",
    };
    out.line(&format!("    reply: op::ReplyKind::{reply},"));
    out.line(&format!("    encrypted_reply: &{:?},", operation.encrypted_reply));
    out.line(&format!("    idempotent: {},", operation.idempotent));
    out.line(&format!("    read_back: {:?},", operation.read_back));
    out.line(&format!("    doc_url: {:?},", operation.doc_url));
    out.line("};");
}

fn schema(ty: &Type, depth: usize) -> String {
    match ty {
        Type::Any => "&leaf::ANY".to_owned(),
        Type::Text | Type::Secret { encrypted: false } => "&leaf::TEXT".to_owned(),
        Type::Secret { encrypted: true } => "&leaf::ENCRYPTED".to_owned(),
        Type::Integer => "&leaf::INTEGER".to_owned(),
        Type::Number => "&leaf::NUMBER".to_owned(),
        Type::Boolean => "&leaf::BOOLEAN".to_owned(),
        Type::File => "&leaf::BINARY".to_owned(),
        Type::Array(item) => format!("&op::Schema::Array({})", schema(item, depth)),
        Type::Json(inner) => format!("&op::Schema::JsonText({})", schema(inner, depth)),
        Type::Named(name) => format!("&{}{}", "super::".repeat(depth), component_static(name)),
    }
}
