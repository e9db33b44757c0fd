//! The reference as pages: one per product, and what lists them.

use crate::model::{Component, Field, Operation, Place, Product, Reply, Shape, Type};
use crate::node::camel;
use crate::output::{Files, REFERENCE};
use crate::python;
use crate::rust::feature;
use crate::words::{pascal, snake};

const INDEX: &str = "\
# All operations

Names follow from ids by one rule per language, and every page shows them. `wechatpay operations WORD` finds an operation, \
`wechatpay describe ID` shows a call of it in each language.

| product | operations | cargo feature |
|---|---|---|
";

/// Adds `README.md` and one page per product.
pub(crate) fn generate(products: &[Product], files: &mut Files) {
    let mut index = INDEX.to_owned();
    for product in products {
        let (name, namespace) = (&product.name, product.namespace.join("."));
        let feature = feature(product);
        index.push_str(&format!("| [`{namespace}`]({name}.md) | {} | `{feature}` |\n", product.operations.len()));
        files.add_page(format!("{REFERENCE}/{name}.md"), name, &page(product));
    }
    files.add_page(format!("{REFERENCE}/README.md"), "*", &index);
}

fn page(product: &Product) -> String {
    let mut out = format!("# `{}`\n\n", product.namespace.join("."));
    for Operation { id, title, .. } in &product.operations {
        out.push_str(&format!("- [`{id}`](#{}) {}\n", anchor(id), escape(title)));
    }
    for operation in &product.operations {
        section(&mut out, operation);
    }
    for Component { name, shape, .. } in &product.components {
        out.push_str(&format!("\n## {name}\n\n"));
        match shape {
            Shape::Object(fields) => fields.iter().for_each(|field| out.push_str(&item(field, None))),
            Shape::Enum(literals) => {
                let values: Vec<String> = literals.iter().map(|literal| format!("`{}`", literal.value)).collect();
                out.push_str(&format!("{}; newer ones pass.\n", values.join(", ")));
            }
        }
    }
    out
}

fn section(out: &mut String, operation: &Operation) {
    let Operation { id, title, doc_url, .. } = operation;
    out.push_str(&format!("\n## {id}\n\n{}. {}\n", escape(title), operation.notes().join(" ")));
    if !doc_url.is_empty() {
        out.push_str(&format!("[Official document]({doc_url})\n"));
    }
    out.push_str(&format!("\n{}\n\n", names(id)));
    for (place, field) in &operation.params {
        out.push_str(&item(field, Some(*place)));
    }
    match &operation.reply {
        Reply::Empty => out.push_str("\nThe reply has no body.\n"),
        Reply::Binary => out.push_str("\nThe reply is the bytes of a file, which are not signed.\n"),
        Reply::Json(fields) => {
            out.push_str("\nReply:\n\n");
            fields.iter().for_each(|field| out.push_str(&item(field, None)));
        }
    }
}

/// What the operation is called in each language.
fn names(id: &str) -> String {
    let steps: Vec<&str> = id.split('.').collect();
    let (modules, action) = steps.split_at(steps.len() - 1);
    let camels: Vec<String> = steps.iter().map(|step| camel(step)).collect();
    let python: Vec<String> = steps.iter().map(|step| python::identifier(step)).collect();
    format!(
        "- Rust: `wechatpay_sdk::{}::{}`\n- Python: `client.{}`\n- Node.js: `client.{}`\n- C: `wechatpay_{}`\n- PHP: `$client->{}`",
        modules.join("::"),
        pascal(action[0]),
        python.join("."),
        camels.join("."),
        snake(id),
        camels.join("->"),
    )
}

fn item(field: &Field, place: Option<Place>) -> String {
    let place = match place {
        Some(Place::Path) => ", in the path",
        Some(Place::Query) => ", in the query",
        Some(Place::Header) => ", a header",
        Some(Place::Body) | None => "",
    };
    let need = if field.required { "required" } else { "optional" };
    format!("- `{}`: {}, {need}{place}. {}", field.name, kind(&field.ty), field.notes.join(" ")).trim_end().to_owned()
        + "\n"
}

fn kind(ty: &Type) -> String {
    match ty {
        Type::Any => "anything".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Secret { .. } => "text, never logged".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Array(item) => format!("list of {}", kind(item)),
        Type::Json(inner) => format!("{} (sent as JSON text)", kind(inner)),
        Type::Named(name) => format!("[{name}](#{})", anchor(name)),
        Type::File => "file".to_owned(),
    }
}

/// Where a heading of this text stands on its page.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace('.', "")
}

fn escape(text: &str) -> String {
    text.replace(['<', '>'], " ")
}
