//! Types as PHPDoc writes them: array shapes in full, since editors follow no alias into another file.

use crate::model::{Field, Product, Shape, Type};

/// A shape up to this length stays in one line.
const SHORT: usize = 60;

pub(super) struct Types<'a> {
    pub(super) product: &'a Product,
}

impl Types<'_> {
    /// Parameters or a reply.
    pub(super) fn shape(&self, fields: &[Field]) -> String {
        self.object(fields, &mut Vec::new())
    }

    fn object<'a>(&'a self, fields: &'a [Field], inside: &mut Vec<&'a str>) -> String {
        if fields.is_empty() {
            return "array<string, mixed>".to_owned();
        }
        let members: Vec<String> = fields
            .iter()
            .map(|field| {
                let optional = if field.required { "" } else { "?" };
                format!("{}{optional}: {}", key(&field.name), self.name(&field.ty, inside))
            })
            .collect();
        let line = members.join(", ");
        if line.len() <= SHORT && !line.contains('\n') {
            return format!("array{{{line}}}");
        }
        let block: String = members.iter().map(|member| format!("    {},\n", member.replace('\n', "\n    "))).collect();
        format!("array{{\n{block}}}")
    }

    /// `inside`: the components around this type, since one may hold itself.
    fn name<'a>(&'a self, ty: &'a Type, inside: &mut Vec<&'a str>) -> String {
        match ty {
            Type::Any => "mixed".to_owned(),
            Type::Text | Type::Secret { .. } => "string".to_owned(),
            Type::Integer => "int".to_owned(),
            Type::Number => "int|float".to_owned(),
            Type::Boolean => "bool".to_owned(),
            Type::Array(item) => format!("list<{}>", self.name(item, inside)),
            Type::Json(inner) => self.name(inner, inside),
            Type::File => {
                "\\SplFileInfo|array{path: string, filename?: string}|array{filename: string, content: string|resource}"
                    .to_owned()
            }
            Type::Named(name) if inside.contains(&name.as_str()) => "array<string, mixed>".to_owned(),
            Type::Named(name) => match self.product.component(name).map(|component| &component.shape) {
                // Newer literals pass.
                Some(Shape::Enum(literals)) => {
                    let known: Vec<String> = literals.iter().map(|literal| quoted(&literal.value)).collect();
                    format!("{}|string", known.join("|"))
                }
                Some(Shape::Object(fields)) => {
                    inside.push(name);
                    let object = self.object(fields, inside);
                    inside.pop();
                    object
                }
                None => "mixed".to_owned(),
            },
        }
    }
}

fn key(name: &str) -> String {
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
    if plain { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
