//! Stubs: the classes as an editor and a static analyser read them.

use super::types::Types;
use super::{BASE, Node, camel};
use crate::model::{Field, Operation, Product, Reply};

/// The classes of these namespaces.
pub(super) fn file<'a>(nodes: impl Iterator<Item = &'a Node<'a>>) -> String {
    let mut out = String::new();
    let mut space = String::new();
    for node in nodes {
        let class = node.full_class();
        let (here, name) = class.rsplit_once('\\').unwrap_or(("", &class));
        if space != here {
            out.push_str(&format!("\nnamespace {here};\n"));
            space = here.to_owned();
        }
        add_class(&mut out, node, name);
    }
    out
}

fn add_class(out: &mut String, node: &Node, name: &str) {
    if node.path.is_empty() {
        out.push_str(&format!("\n/** Everything that is typed. */\nabstract class {name}\n{{\n"));
    } else {
        out.push_str(&format!("\n/** Operations `{}.*`. */\nfinal class {name}\n{{\n", node.path.join(".")));
    }
    let mut first = true;
    for (segment, child) in &node.children {
        between(out, &mut first);
        out.push_str(&format!("    public readonly \\{BASE}\\{} ${};\n", child.class(), camel(segment)));
    }
    if let Some(product) = node.product {
        for operation in &node.operations {
            between(out, &mut first);
            method(out, product, operation);
        }
    }
    out.push_str("}\n");
}

fn between(out: &mut String, first: &mut bool) {
    if !std::mem::take(first) {
        out.push('\n');
    }
}

fn method(out: &mut String, product: &Product, operation: &Operation) {
    let types = Types { product };
    let record = operation.record();
    let mut doc = vec![format!("{}.", operation.title), String::new(), operation.notes().join(" "), String::new()];
    if !record.is_empty() {
        doc.extend(record.iter().map(describe));
        doc.push(String::new());
    }
    doc.extend(lines(&format!("@param {} $params", types.shape(&record))));
    match &operation.reply {
        Reply::Json(fields) => doc.extend(lines(&format!("@return {}", types.shape(fields)))),
        Reply::Empty => {}
        Reply::Binary => doc.push("@return string the bytes of the file".to_owned()),
    }
    doc.push("@throws \\WechatPay\\Exception\\WechatPayException".to_owned());
    if !operation.doc_url.is_empty() {
        doc.push(format!("@link {}", operation.doc_url));
    }
    out.push_str("    /**\n");
    for line in doc {
        out.push_str(format!("     * {}", line.replace("*/", "* /")).trim_end());
        out.push('\n');
    }
    let required = record.iter().any(|field| field.required);
    out.push_str(&format!(
        "     */\n    public function {}(array $params{}): {} {{}}\n",
        camel(operation.action()),
        if required { "" } else { " = []" },
        match operation.reply {
            Reply::Json(_) => "array",
            Reply::Empty => "void",
            Reply::Binary => "string",
        }
    ));
}

fn describe(field: &Field) -> String {
    let necessity = if field.required { "required." } else { "optional." };
    format!("- `{}`: {necessity} {}", field.name, field.notes.join(" ")).trim_end().to_owned()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
