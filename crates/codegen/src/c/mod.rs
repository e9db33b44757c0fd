//! The C backend: an exported function per operation, plain code in real modules, which is all that cbindgen sees; and
//! the headers over these and the hand-written functions of `bindings/c`.

mod header;

use crate::model::{Field, Operation, Product, Reply, Shape, Type};
use crate::output::{C, Files};
use crate::words::snake;

pub(crate) use header::add as add_headers;

/// So many literals of an enumeration stand in the header; more are left to the official document.
const SHOWN: usize = 12;

/// Adds `mod.rs` and one file per product.
pub(crate) fn generate(products: &[Product], files: &mut Files) {
    let mut index = "//! An exported function per operation.\n".to_owned();
    for product in products {
        let mut out = format!(
            "//! Operations `{}.*`.\n\nuse std::ffi::c_char;\n\nuse crate::call::operation;\nuse crate::client::Client;\n\
             use crate::error::Error;\nuse crate::reply::Reply;\n",
            product.namespace.join(".")
        );
        for operation in &product.operations {
            function(&mut out, product, operation);
        }
        files.add(format!("{C}/{}.rs", product.name), "//", &product.name, &out);
        index.push_str(&format!("\npub mod {};\n", product.name));
    }
    files.add(format!("{C}/mod.rs"), "//", "*", &index);
}

fn function(out: &mut String, product: &Product, operation: &Operation) {
    out.push_str(&format!(
        "\n/// {}.\n///\n/// {}\n",
        comment(&operation.title),
        comment(&operation.notes().join(" "))
    ));
    out.push_str(&format!("/// The reply {}.\n", reply(&operation.reply)));
    let record = operation.record();
    if !record.is_empty() {
        out.push_str("///\n/// Members of `json`:\n");
        for field in &record {
            out.push_str(&format!("/// - {}\n", describe(product, field)));
        }
    }
    if !operation.doc_url.is_empty() {
        out.push_str(&format!("///\n/// {}\n", operation.doc_url));
    }
    out.push_str(&format!(
        "#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern \"C\" fn {}(
    client: *const Client,
    json: *const c_char,
    json_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {{
    // SAFETY: the conventions.
    unsafe {{ operation(client, {:?}, json, json_len, reply) }}
}}
",
        name(&operation.id),
        operation.id,
    ));
}

/// `goldplan.merchants.open_advertising_show` -> `wechatpay_goldplan_merchants_open_advertising_show`.
fn name(id: &str) -> String {
    format!("wechatpay_{}", snake(id))
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Empty => "has no body".to_owned(),
        Reply::Binary => "is the bytes of a file".to_owned(),
        Reply::Json(fields) if fields.is_empty() => "is a JSON object".to_owned(),
        Reply::Json(fields) => {
            let names: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
            format!("is a JSON object: {}", names.join(", "))
        }
    }
}

fn describe(product: &Product, field: &Field) -> String {
    let necessity = if field.required { "required" } else { "optional" };
    let notes = comment(&field.notes.join(" "));
    format!("`{}`, {}, {necessity}. {notes}", field.name, kind(product, &field.ty)).trim_end().to_owned()
}

/// A type in words: there are no structures for requests in C.
fn kind(product: &Product, ty: &Type) -> String {
    match ty {
        Type::Any => "any JSON".to_owned(),
        Type::Text | Type::Secret { encrypted: false } => "text".to_owned(),
        Type::Secret { encrypted: true } => "text that is sent encrypted".to_owned(),
        Type::Integer => "integer".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Boolean => "boolean".to_owned(),
        Type::Array(item) => format!("list of {}", kind(product, item)),
        Type::Json(inner) => kind(product, inner),
        Type::File => "file `{\"path\"}` or `{\"filename\", \"content\": base64}`".to_owned(),
        Type::Named(name) => match product.component(name).map(|component| &component.shape) {
            Some(Shape::Enum(literals)) if literals.len() <= SHOWN => {
                let values: Vec<&str> = literals.iter().map(|literal| literal.value.as_str()).collect();
                format!("text ({})", comment(&values.join(", ")))
            }
            Some(Shape::Enum(literals)) => format!("text (one of {} values)", literals.len()),
            Some(Shape::Object(fields)) => {
                let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
                format!("object {{{}}}", names.join(", "))
            }
            None => "any JSON".to_owned(),
        },
    }
}

/// Text inside a C comment, which it must neither end nor seem to begin anew.
fn comment(text: &str) -> String {
    text.replace("*/", "* /").replace("/*", "/ *")
}
