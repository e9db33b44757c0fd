//! Type names, open literal unions and interfaces.

use super::describe;
use crate::model::{Field, Literal, Type};

/// Whom an interface is written by: what callers write may hold a bigint where a number is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Request,
    Reply,
}

fn name(ty: &Type, direction: Direction) -> String {
    match ty {
        Type::Any => "unknown".to_owned(),
        Type::Text | Type::Secret { .. } => "string".to_owned(),
        Type::Integer if direction == Direction::Request => "Integer".to_owned(),
        Type::Integer | Type::Number => "number".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Array(item) => format!("{}[]", name(item, direction)),
        Type::Named(component) => component.clone(),
        Type::Json(inner) => name(inner, direction),
        Type::File => "FileParam".to_owned(),
    }
}

/// A record.
pub(super) fn interface(out: &mut String, title: &str, fields: &[Field], direction: Direction) {
    out.push_str(&format!("\nexport interface {title} {{\n"));
    for field in fields {
        out.push_str(&doc("  ", &describe(field)));
        let optional = if field.required { "" } else { "?" };
        out.push_str(&format!("  {}{optional}: {};\n", property(&field.name), name(&field.ty, direction)));
    }
    out.push_str("}\n");
}

/// The documented literals, open for newer ones.
pub(super) fn literals(out: &mut String, name: &str, literals: &[Literal]) {
    out.push_str(&format!("\nexport type {name} =\n"));
    for literal in literals {
        out.push_str(&format!("  | {}\n", quoted(&literal.value)));
    }
    // Not plain `string`: it would swallow the literals, and editors would offer none.
    out.push_str("  | (string & {});\n");
}

/// A wire name where TypeScript wants a property name.
fn property(name: &str) -> String {
    let identifier =
        !name.starts_with(|c: char| c.is_numeric()) && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if identifier { name.to_owned() } else { quoted(name) }
}

/// Lines as a doc comment; nothing where there are none.
pub(super) fn doc(indent: &str, lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| line.replace("*/", "* /")).collect();
    match &lines[..] {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let body: Vec<String> =
                lines.iter().map(|line| format!("{indent} * {line}").trim_end().to_owned()).collect();
            format!("{indent}/**\n{}\n{indent} */\n", body.join("\n"))
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
