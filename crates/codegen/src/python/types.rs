//! Type names, literal aliases and TypedDicts.

use super::{KEYWORDS, is_identifier};
use crate::model::{Field, Literal, Product, Shape, Type};

pub(super) struct Types<'a> {
    pub(super) product: &'a Product,
}

impl Types<'_> {
    pub(super) fn name(&self, ty: &Type) -> String {
        match ty {
            Type::Any => "Any".to_owned(),
            Type::Text | Type::Secret { .. } => "str".to_owned(),
            Type::Integer => "int".to_owned(),
            Type::Number => "float".to_owned(),
            Type::Boolean => "bool".to_owned(),
            // Not `list`: in a class with a method of that name it would mean the method.
            Type::Array(item) => format!("List[{}]", self.name(item)),
            Type::Named(name) if self.is_enum(name) => format!("_{name}"),
            Type::Named(name) => name.clone(),
            Type::Json(inner) => self.name(inner),
            Type::File => "FileParam".to_owned(),
        }
    }

    fn is_enum(&self, name: &str) -> bool {
        self.product.component(name).is_some_and(|component| matches!(component.shape, Shape::Enum(_)))
    }

    pub(super) fn dict(&self, out: &mut String, name: &str, fields: &[Field]) {
        let legal = fields.iter().all(|field| {
            is_identifier(&field.name) && (field.name == "self" || !KEYWORDS.contains(&field.name.as_str()))
        });
        if !legal {
            out.push_str(&format!("\n_{name}Keys = TypedDict(\n    \"_{name}Keys\",\n    {{\n"));
            for field in fields {
                out.push_str(&format!("        {:?}: {},\n", field.name, self.key(field)));
            }
            out.push_str(&format!("    }},\n)\n\n@type_check_only\nclass {name}(_{name}Keys): ...\n"));
            return;
        }
        out.push_str(&format!("\n@type_check_only\nclass {name}(TypedDict):"));
        if fields.is_empty() {
            out.push_str(" ...");
        }
        out.push('\n');
        for field in fields {
            out.push_str(&format!("    {}: {}\n", field.name, self.key(field)));
        }
    }

    fn key(&self, field: &Field) -> String {
        let ty = self.name(&field.ty);
        if field.required { ty } else { format!("NotRequired[{ty}]") }
    }
}

/// The documented literals, open for newer ones.
pub(super) fn alias(out: &mut String, name: &str, literals: &[Literal]) {
    out.push_str(&format!("\n_{name}: TypeAlias = (\n    Literal[\n"));
    for literal in literals {
        out.push_str(&format!("        {:?},\n", literal.value));
    }
    out.push_str("    ]\n    | str\n)\n");
}
