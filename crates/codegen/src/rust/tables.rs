//! The tables that a call needs at run time, as text: `crates/core/src/table.rs` says what a line means.

use std::collections::HashMap;

use super::{Code, features::feature};
use crate::Result;
use crate::model::{BodyKind, Computed, Field, Operation, Paging, Place, Product, Reply, Shape, Step, Type};
use crate::output::{Files, RUST};

/// Adds the table of each product, and the module that holds them all.
pub(super) fn generate(products: &[Product], files: &mut Files) -> Result<()> {
    for product in products {
        let text = text(product).map_err(|error| format!("{}: {error}", product.name))?;
        files.add(format!("{RUST}/tables/{}.txt", product.name), "#", &product.name, &text);
    }
    files.add(format!("{RUST}/tables.rs"), "//", "*", &index(products));
    Ok(())
}

/// The name of a product's table.
pub(super) fn table(product: &Product) -> String {
    product.name.to_uppercase()
}

fn index(products: &[Product]) -> String {
    let mut products: Vec<&Product> = products.iter().collect();
    products.sort_by_key(|product| product.namespace.join("."));
    let mut out = Code::default();
    out.line("//! The table of each product.");
    out.line("");
    out.line("use crate::table::Table;");
    for product in &products {
        out.line("");
        out.doc(&format!("Operations `{}.*`.", product.namespace.join(".")));
        out.line(&format!(
            "pub(crate) static {}: Table = table!({:?}, {:?}, \"tables/{}.txt\");",
            table(product),
            product.namespace.join("."),
            feature(product),
            product.name
        ));
    }
    out.line("");
    out.doc("All tables by namespace, sorted; no namespace is within another.");
    out.line("pub(crate) static TABLES: &[&Table] = &[");
    for product in &products {
        out.line(&format!("    &{},", table(product)));
    }
    out.line("];");
    out.text
}

fn text(product: &Product) -> Result<String> {
    let mut schemas = Schemas { product, at: HashMap::new(), lines: Vec::new() };
    let mut operations = Vec::new();
    for operation in &product.operations {
        operations.push(schemas.operation(operation)?);
    }
    schemas.lines.extend(operations);
    if let Some(line) = schemas.lines.iter().find(|line| line.contains('\n') || line.starts_with('#')) {
        return Err(format!("{line:?} cannot stand in a table"));
    }
    Ok(schemas.lines.join("\n") + "\n")
}

/// The lines of the schemas, each behind those that it refers to.
struct Schemas<'a> {
    product: &'a Product,
    /// Where a component stands; None while it is being written.
    at: HashMap<&'a str, Option<usize>>,
    lines: Vec<String>,
}

impl<'a> Schemas<'a> {
    fn operation(&mut self, operation: &'a Operation) -> Result<String> {
        let body = match operation.body {
            BodyKind::None => "N",
            BodyKind::Json => "J",
            BodyKind::Multipart => "M",
        };
        let reply = match operation.reply {
            Reply::Empty => "E",
            Reply::Binary => "B",
            Reply::Json(_) => "J",
        };
        let kinds = format!("{body}{reply}{}", if operation.idempotent { "i" } else { "" });
        let mut parts = vec![
            operation.id.clone(),
            operation.title.clone(),
            operation.method.clone(),
            operation.path.clone(),
            operation.host.clone().unwrap_or_default(),
            operation.doc_url.clone(),
            kinds,
            operation.encrypted_reply.join(" "),
            operation.read_back.clone().unwrap_or_default(),
            operation.paging.as_ref().map(paging).unwrap_or_default(),
        ];
        for (place, field) in &operation.params {
            let place = match place {
                Place::Path => "p",
                Place::Query => "q",
                Place::Header => "h",
                Place::Body => "b",
            };
            parts.push(format!("{place}{}", self.field(field)?));
        }
        line(&parts)
    }

    fn field(&mut self, field: &'a Field) -> Result<String> {
        let mark = if field.required { '!' } else { '?' };
        let ty = match &field.computed {
            None => self.ty(&field.ty)?,
            Some(Computed::FileName) => "cname".to_owned(),
            Some(Computed::Sha256) => "csha256".to_owned(),
            Some(Computed::Sm3) => "csm3".to_owned(),
            Some(Computed::Literal(literal)) => format!("c={literal}"),
        };
        Ok(format!("{}{mark}{ty}", field.name))
    }

    fn ty(&mut self, ty: &'a Type) -> Result<String> {
        Ok(match ty {
            Type::Any => "a".to_owned(),
            Type::Text | Type::Secret { encrypted: false } => "t".to_owned(),
            Type::Secret { encrypted: true } => "e".to_owned(),
            Type::Integer => "i".to_owned(),
            Type::Number => "n".to_owned(),
            Type::Boolean => "b".to_owned(),
            Type::File => "f".to_owned(),
            Type::Array(item) => format!("[{}", self.ty(item)?),
            Type::Json(inner) => format!("j{}", self.ty(inner)?),
            Type::Named(name) => self.component(name)?.to_string(),
        })
    }

    fn component(&mut self, name: &'a str) -> Result<usize> {
        match self.at.insert(name, None) {
            Some(Some(at)) => {
                self.at.insert(name, Some(at));
                return Ok(at);
            }
            Some(None) => return Err(format!("{name} holds itself: no table can say so")),
            None => {}
        }
        let product = self.product;
        let component = product.component(name).ok_or_else(|| format!("{name} does not exist"))?;
        let mut parts = Vec::new();
        match &component.shape {
            Shape::Enum(literals) => {
                parts.push("=".to_owned());
                parts.extend(literals.iter().map(|literal| literal.value.clone()));
            }
            Shape::Object(fields) => {
                parts.push("{".to_owned());
                for field in fields {
                    parts.push(self.field(field)?);
                }
            }
        }
        self.lines.push(line(&parts)?);
        let at = self.lines.len() - 1;
        self.at.insert(name, Some(at));
        Ok(at)
    }
}

fn paging(paging: &Paging) -> String {
    let Paging { items, at, size, total, step } = paging;
    let (by, next) = match step {
        Step::Item => ("i", "-"),
        Step::Page => ("p", "-"),
        Step::Token(next) => ("t", &**next),
    };
    format!("{by} {items} {at} {size} {} {next}", total.as_deref().unwrap_or("-"))
}

fn line(parts: &[String]) -> Result<String> {
    match parts.iter().find(|part| part.contains('\t')) {
        Some(part) => Err(format!("{part:?} holds a tab")),
        None => Ok(parts.join("\t")),
    }
}
