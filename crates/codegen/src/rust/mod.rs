//! The Rust backend: request and reply types, the operation tables, the features, and a list of the types for the tests.

mod events;
mod features;
mod filled;
mod tables;
mod types;

use std::collections::BTreeMap;

use crate::model::{Events, Namespace, Operation, Product, Reply, Shape, Type};
use crate::output::{Files, RUST, SUITE};
use crate::words::{pascal, snake};
use crate::{Result, WEBHOOKS};

pub(crate) use features::{add as add_features, feature};

const HEADER: &str = include_str!("header.rs.txt");
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "auto", "default",
];

/// Adds `mod.rs`, one file per product, and the events: their table and, in a file of its own, their types.
pub(crate) fn generate(products: &[Product], events: &Events, files: &mut Files) -> Result<()> {
    for product in products {
        let path = product.namespace.join("/");
        files.add(format!("{RUST}/{path}.rs"), "//", &product.name, &product_file(product));
    }
    files.add(format!("{RUST}/mod.rs"), "//", "*", &index(products));
    files.add(format!("{RUST}/{WEBHOOKS}.rs"), "//", WEBHOOKS, &events::table(events)?);
    files.add(format!("{RUST}/events.rs"), "//", WEBHOOKS, &events::types(events));
    tables::generate(products, files)?;
    filled::generate(products, &events.product, files);
    files.add(format!("{SUITE}/events.rs"), "//", WEBHOOKS, &events::list(events));
    Ok(())
}

fn index(products: &[Product]) -> String {
    let mut out = Code::default();
    out.text(HEADER);
    events::modules(&mut out);
    modules(&mut out, &products.iter().collect::<Vec<_>>(), 0);
    out.text
}

/// Declares the modules of these products; those that share a segment share a module.
fn modules(out: &mut Code, products: &[&Product], level: usize) {
    let mut by_segment: BTreeMap<&str, Vec<&Product>> = BTreeMap::new();
    for product in products {
        by_segment.entry(&product.namespace[level]).or_default().push(product);
    }
    for (segment, products) in by_segment {
        out.line("");
        out.doc(&format!("Operations `{}.*`.", products[0].namespace[..=level].join(".")));
        let features: Vec<String> =
            products.iter().map(|product| format!("feature = {:?}", features::feature(product))).collect();
        out.line(&match &features[..] {
            [one] => format!("#[cfg({one})]"),
            many => format!("#[cfg(any({}))]", many.join(", ")),
        });
        if products[0].namespace.len() == level + 1 {
            out.line(&format!("pub mod {};", identifier(segment)));
        } else {
            out.line(&format!("pub mod {} {{", identifier(segment)));
            out.indented(|out| modules(out, &products, level + 1));
            out.line("}");
        }
    }
}

fn product_file(product: &Product) -> String {
    let mut out = Code::default();
    for component in &product.components {
        out.line("");
        match &component.shape {
            Shape::Enum(literals) => types::enumeration(&mut out, component, literals),
            Shape::Object(fields) => types::object(&mut out, component, fields),
        }
    }
    let body = module(out, product, &product.tree());
    format!("//! Operations `{}.*`.\n\n{body}", product.namespace.join("."))
}

/// A module: what is in it already, its operations, and the modules below it.
fn module(mut own: Code, product: &Product, here: &Namespace) -> String {
    for operation in &here.operations {
        own.line("");
        operation_items(&mut own, product, operation);
    }
    let mut out = own;
    for (name, child) in &here.children {
        out.line("");
        out.doc(&format!("Operations `{}.*`.", child.path.join(".")));
        out.line(&format!("pub mod {} {{", identifier(name)));
        out.text(&module(Code { depth: out.depth + 1, ..Code::default() }, product, child));
        out.line("}");
    }
    out.text
}

fn operation_items(out: &mut Code, product: &Product, operation: &Operation) {
    let name = pascal(operation.action());
    types::request(out, operation, &name);
    let reply = match &operation.reply {
        Reply::Empty => "()".to_owned(),
        Reply::Binary => "bytes::Bytes".to_owned(),
        Reply::Json(fields) => {
            out.line("");
            types::reply(out, operation, &format!("{name}Reply"), fields);
            format!("{name}Reply")
        }
    };
    out.line("");
    let at = product.operations.partition_point(|other| other.id < operation.id);
    out.line(&format!("call!({name} => {reply}, {}[{at}]);", tables::table(product)));
    if matches!(operation.reply, Reply::Json(_)) {
        out.line(&format!("json_reply!({reply});"));
    }
    if let (Some(paging), Reply::Json(fields)) = (&operation.paging, &operation.reply)
        && let Some(Type::Array(item)) = fields.iter().find(|field| field.name == paging.items).map(|field| &field.ty)
    {
        out.line(&format!("paged!({name} => {});", types::type_name(item, operation.depth)));
    }
}

/// A name as a Rust identifier in snake case.
fn identifier(name: &str) -> String {
    match snake(name) {
        name if ["self", "super", "crate"].contains(&name.as_str()) => format!("{name}_"),
        name if KEYWORDS.contains(&name.as_str()) => format!("r#{name}"),
        name => name,
    }
}

/// Text that is indented by modules.
#[derive(Default)]
struct Code {
    text: String,
    depth: usize,
}

impl Code {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// Lines that are one level further in.
    fn indented(&mut self, lines: impl FnOnce(&mut Self)) {
        self.depth += 1;
        lines(self);
        self.depth -= 1;
    }

    /// Text that is indented already.
    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// A doc comment.
    fn doc(&mut self, text: &str) {
        self.line(format!("/// {text}").trim_end());
    }
}
