//! Structs and enumerations.

use super::{Code, identifier};
use crate::model::{Component, Field, Literal, Operation, Type};
use crate::words::pascal;

const REQUEST: &str = "#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]";
const REQUEST_WITHOUT_DEFAULT: &str = "#[derive(Debug, Clone, PartialEq, serde::Serialize)]";
const REPLY: &str = "#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]";

pub(super) fn enumeration(out: &mut Code, component: &Component, literals: &[Literal]) {
    out.line("crate::open_enum! {");
    out.indented(|out| {
        out.doc(&format!("Documented values of {}.", names(component)));
        out.line(&format!("pub enum {} {{", component.name));
        out.indented(|out| {
            for literal in literals {
                out.doc(&format!("`{}`", literal.value));
                out.line(&format!("{} = {:?},", literal.variant, literal.value));
            }
        });
        out.line("}");
    });
    out.line("}");
}

pub(super) fn object(out: &mut Code, component: &Component, fields: &[Field]) {
    out.doc(&format!("Object {} in a {}.", names(component), if component.in_request { "request" } else { "reply" }));
    structure(out, &component.name, fields, component.in_request, 0);
}

pub(super) fn request(out: &mut Code, operation: &Operation, name: &str) {
    out.doc(&format!("{} (`{}`).", escape(&operation.title), operation.id));
    out.doc("");
    out.doc(&operation.notes().join(" "));
    if !operation.doc_url.is_empty() {
        out.doc("");
        out.doc(&format!("Document: <{}>", operation.doc_url));
    }
    structure(out, name, &operation.record(), true, operation.depth);
}

pub(super) fn reply(out: &mut Code, operation: &Operation, name: &str, fields: &[Field]) {
    out.doc(&format!("Reply to [`{}`].", pascal(operation.action())));
    structure(out, name, fields, false, operation.depth);
}

fn structure(out: &mut Code, name: &str, fields: &[Field], request: bool, depth: usize) {
    // A JSON number has no default of its own.
    let by_hand = request && fields.iter().any(|field| field.required && field.ty == Type::Number);
    out.line(match (request, by_hand) {
        (true, true) => REQUEST_WITHOUT_DEFAULT,
        (true, false) => REQUEST,
        (false, _) => REPLY,
    });
    if fields.is_empty() {
        out.line(&format!("pub struct {name} {{}}"));
        return;
    }
    out.line(&format!("pub struct {name} {{"));
    out.indented(|out| fields.iter().for_each(|field| member(out, field, request, depth)));
    out.line("}");
    if by_hand {
        default(out, name, fields);
    }
}

fn member(out: &mut Code, field: &Field, request: bool, depth: usize) {
    let rust = identifier(&field.name);
    let mut ty = type_name(&field.ty, depth);
    let necessity = match (request, field.required) {
        (true, true) => "Required.",
        (false, true) => "Documented as required.",
        (_, false) => "Optional.",
    };
    out.doc(&format!("{necessity} {}", field.notes.join(" ")));
    if rust.trim_start_matches("r#") != field.name {
        out.line(&format!("#[serde(rename = {:?})]", field.name));
    }
    if !request || !field.required {
        out.line("#[serde(skip_serializing_if = \"Option::is_none\")]");
        ty = format!("Option<{ty}>");
    }
    out.line(&format!("pub {rust}: {ty},"));
}

fn default(out: &mut Code, name: &str, fields: &[Field]) {
    out.line("");
    out.line(&format!("impl Default for {name} {{"));
    out.line("    fn default() -> Self {");
    out.line("        Self {");
    for field in fields {
        let value =
            if field.required && field.ty == Type::Number { "crate::Number::from(0)" } else { "Default::default()" };
        out.line(&format!("            {}: {value},", identifier(&field.name)));
    }
    out.line("        }");
    out.line("    }");
    out.line("}");
}

fn type_name(ty: &Type, depth: usize) -> String {
    match ty {
        Type::Any => "serde_json::Value".to_owned(),
        Type::Text => "String".to_owned(),
        Type::Secret { .. } => "crate::Sensitive".to_owned(),
        Type::Integer => "i64".to_owned(),
        Type::Number => "crate::Number".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Array(item) => format!("Vec<{}>", type_name(item, depth)),
        Type::Named(name) => format!("{}{name}", "super::".repeat(depth)),
        Type::Json(inner) => type_name(inner, depth),
        Type::File => "crate::File".to_owned(),
    }
}

fn names(component: &Component) -> String {
    component.used_as.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Text of the official documents inside a doc comment.
fn escape(text: &str) -> String {
    text.chars().flat_map(|c| if "<>[]`*_".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}
