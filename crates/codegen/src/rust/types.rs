//! Structs and enumerations.

use super::{Code, identifier};
use crate::model::{Component, Field, Literal, Operation, Type};
use crate::words::pascal;

const REQUEST: &str = "#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]";
const REQUEST_THAT_REQUIRES: &str = "#[derive(Debug, Clone, PartialEq, serde::Serialize)]";
const REPLY: &str = "#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]";
/// More than these are too many for clippy.
const CLIPPYS_ARGUMENTS: usize = 7;

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
    if component.in_request {
        request_structure(out, &component.name, fields, 0);
    } else {
        structure(out, REPLY, &component.name, fields, 0);
    }
}

pub(super) fn request(out: &mut Code, operation: &Operation, name: &str) {
    out.doc(&format!("{} (`{}`).", escape(&operation.title), operation.id));
    out.doc("");
    out.doc(&operation.notes().join(" "));
    if !operation.doc_url.is_empty() {
        out.doc("");
        out.doc(&format!("Document: <{}>", operation.doc_url));
    }
    request_structure(out, name, &operation.record(), operation.depth);
}

/// An object of an event's resource.
pub(super) fn event_object(out: &mut Code, name: &str, fields: &[Field]) {
    structure(out, REPLY, name, fields, 0);
}

pub(super) fn reply(out: &mut Code, operation: &Operation, name: &str, fields: &[Field]) {
    out.doc(&format!("Reply to [`{}`].", pascal(operation.action())));
    structure(out, REPLY, name, fields, operation.depth);
}

fn structure(out: &mut Code, derive: &str, name: &str, fields: &[Field], depth: usize) {
    out.line(derive);
    // A field that the platform adds breaks nobody's code.
    out.line("#[non_exhaustive]");
    if fields.is_empty() {
        out.line(&format!("pub struct {name} {{}}"));
        return;
    }
    out.line(&format!("pub struct {name} {{"));
    out.indented(|out| fields.iter().for_each(|field| member(out, field, derive != REPLY, depth)));
    out.line("}");
}

/// Made with `new`, which takes what is required: a default would let it be forgotten.
fn request_structure(out: &mut Code, name: &str, fields: &[Field], depth: usize) {
    let derive = if fields.iter().any(|field| field.required) { REQUEST_THAT_REQUIRES } else { REQUEST };
    structure(out, derive, name, fields, depth);
    new(out, name, fields, depth);
    let optional: Vec<&Field> = fields.iter().filter(|field| !field.required).collect();
    if !optional.is_empty() {
        out.line("");
        out.line(&format!("optional! {{ {name} {{"));
        for field in optional {
            out.line(&format!("    {}: {},", identifier(&field.name), type_name(&field.ty, depth)));
        }
        out.line("} }");
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

fn new(out: &mut Code, name: &str, fields: &[Field], depth: usize) {
    let required: Vec<&Field> = fields.iter().filter(|field| field.required).collect();
    out.line("");
    out.line(&format!("impl {name} {{"));
    out.indented(|out| {
        out.doc(match (required.len(), fields.len()) {
            (0, 0) => "Nothing can be said.",
            (0, _) => "Nothing is required.",
            (some, all) if some == all => "What is required, which is all.",
            _ => "What is required. What is optional has a method of its name.",
        });
        if required.len() > CLIPPYS_ARGUMENTS {
            out.line("#[expect(clippy::too_many_arguments, reason = \"all of them are required\")]");
        }
        out.line("#[must_use]");
        let parameters: Vec<String> = required
            .iter()
            .map(|field| format!("{}: {}", identifier(&field.name), parameter_type(&field.ty, depth)))
            .collect();
        out.line(&format!("pub fn new({}) -> Self {{", parameters.join(", ")));
        if fields.is_empty() {
            out.line("    Self {}");
            out.line("}");
            return;
        }
        out.line("    Self {");
        for field in fields {
            let name = identifier(&field.name);
            out.line(&match (field.required, &field.ty) {
                (false, _) => format!("        {name}: None,"),
                (true, Type::Text | Type::Secret { .. }) => format!("        {name}: {name}.into(),"),
                (true, _) => format!("        {name},"),
            });
        }
        out.line("    }");
        out.line("}");
    });
    out.line("}");
}

/// A text may be given as any text.
fn parameter_type(ty: &Type, depth: usize) -> String {
    let name = type_name(ty, depth);
    if matches!(ty, Type::Text | Type::Secret { .. }) { format!("impl Into<{name}>") } else { name }
}

pub(super) fn type_name(ty: &Type, depth: usize) -> String {
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

pub(super) fn names(component: &Component) -> String {
    component.used_as.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Text of the official documents inside a doc comment.
pub(super) fn escape(text: &str) -> String {
    text.chars().flat_map(|c| if "<>[]`*_".contains(c) { vec!['\\', c] } else { vec![c] }).collect()
}
