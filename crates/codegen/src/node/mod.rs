//! The Node.js backend: TypeScript declarations. The methods themselves are built from the native table at run time.

mod events;
mod types;

use std::collections::BTreeMap;

use crate::model::{Events, Field, Namespace, Operation, Product, Reply, Shape};
use crate::output::{Files, NODE};
use crate::words::pascal;
use types::{Direction, doc, interface};

/// Adds `index.d.ts`, a file per product, and one of the events.
pub(crate) fn generate(products: &[Product], events: &Events, files: &mut Files) {
    events::generate(events, files);
    for product in products {
        files.add(format!("{NODE}/{}.d.ts", product.name), "//", &product.name, &declarations(product));
    }
    files.add(format!("{NODE}/index.d.ts"), "//", "*", &index(products));
}

fn index(products: &[Product]) -> String {
    let mut out = String::new();
    for product in products {
        out.push_str(&format!("import type * as {0} from './{0}.js';\n", product.name));
    }
    let names: Vec<&str> = products.iter().map(|product| product.name.as_str()).collect();
    out.push_str(&format!("\nexport type {{ {} }};\n", names.join(", ")));
    // Namespace -> its members; the root is the client itself. Products may share the segments before their last one.
    let mut shared: BTreeMap<&[String], BTreeMap<&str, String>> = BTreeMap::from([(&[][..], BTreeMap::new())]);
    for product in products {
        for length in 0..product.namespace.len() {
            let inner = &product.namespace[..=length];
            let ty = if inner.len() == product.namespace.len() {
                format!("{}.{}", product.name, type_name(inner))
            } else {
                type_name(inner)
            };
            shared.entry(&product.namespace[..length]).or_default().insert(&product.namespace[length], ty);
        }
    }
    for (namespace, members) in &shared {
        let (name, what) = if namespace.is_empty() {
            ("Operations".to_owned(), "Everything that is typed, as it hangs on a client.".to_owned())
        } else {
            (type_name(namespace), scope(&namespace.join(".")))
        };
        out.push_str(&format!("\n{}export interface {name} {{\n", doc("", &[what])));
        for (segment, ty) in members {
            out.push_str(&format!("  readonly {}: {ty};\n", camel(segment)));
        }
        out.push_str("}\n");
    }
    out
}

fn declarations(product: &Product) -> String {
    let names = product.flat_names();
    let mut out = String::new();
    for component in &product.components {
        match &component.shape {
            Shape::Enum(literals) => types::literals(&mut out, &component.name, literals),
            Shape::Object(fields) => {
                let direction = if component.in_request { Direction::Request } else { Direction::Reply };
                interface(&mut out, &component.name, fields, direction);
            }
        }
    }
    for operation in &product.operations {
        let name = &names[operation.id.as_str()];
        let record = operation.record();
        if !record.is_empty() {
            interface(&mut out, &format!("{name}Params"), &record, Direction::Request);
        }
        if let Reply::Json(fields) = &operation.reply {
            interface(&mut out, &format!("{name}Reply"), fields, Direction::Reply);
        }
    }
    namespaces(&mut out, &product.tree(), &|operation| names[operation.id.as_str()].clone());
    imports(&out) + &out
}

fn imports(declarations: &str) -> String {
    let used: Vec<&str> = [("CallOptions", "?: CallOptions"), ("FileParam", ": FileParam"), ("Integer", ": Integer")]
        .into_iter()
        .filter(|(_, sign)| declarations.contains(sign))
        .map(|(name, _)| name)
        .collect();
    format!("import type {{ {} }} from '../types.js';\n", used.join(", "))
}

/// The interface of a namespace, after those of the namespaces in it.
fn namespaces(out: &mut String, here: &Namespace, name: &dyn Fn(&Operation) -> String) {
    for child in here.children.values() {
        namespaces(out, child, name);
    }
    let what = doc("", &[scope(&here.path.join("."))]);
    out.push_str(&format!("\n{what}export interface {} {{\n", type_name(&here.path)));
    for (segment, child) in &here.children {
        out.push_str(&format!("  readonly {}: {};\n", camel(segment), type_name(&child.path)));
    }
    for (at, operation) in here.operations.iter().enumerate() {
        if at > 0 || !here.children.is_empty() {
            out.push('\n');
        }
        method(out, operation, &name(operation));
    }
    out.push_str("}\n");
}

fn method(out: &mut String, operation: &Operation, name: &str) {
    let mut lines = vec![format!("{}.", operation.title), String::new(), operation.notes().join(" ")];
    if !operation.doc_url.is_empty() {
        lines.extend([String::new(), operation.doc_url.clone()]);
    }
    let returns = match operation.reply {
        Reply::Empty => "void".to_owned(),
        Reply::Binary => "Uint8Array".to_owned(),
        Reply::Json(_) => format!("{name}Reply"),
    };
    let record = operation.record();
    let params = match record.iter().any(|field| field.required) {
        true => format!("params: {name}Params"),
        false if record.is_empty() => "params?: Record<string, never>".to_owned(),
        false => format!("params?: {name}Params"),
    };
    out.push_str(&format!(
        "{}  {}({params}, options?: CallOptions): Promise<{returns}>;\n",
        doc("  ", &lines),
        camel(operation.action()),
    ));
}

fn describe(field: &Field) -> Vec<String> {
    if field.notes.is_empty() { Vec::new() } else { vec![field.notes.join(" ")] }
}

fn scope(namespace: &str) -> String {
    format!("Operations `{namespace}.*`.")
}

/// `goldplan.merchants` -> `GoldplanMerchants`.
fn type_name(namespace: &[impl AsRef<str>]) -> String {
    namespace.iter().map(|segment| pascal(segment.as_ref())).collect()
}

/// `change_custom_page_status` -> `changeCustomPageStatus`: the rule of `bindings/node/lib/namespaces.js`.
pub(crate) fn camel(segment: &str) -> String {
    let mut words = segment.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    first + &words.map(pascal).collect::<String>()
}
