//! The Python backend: stubs, and for each a runtime twin that builds the same classes from the native table.

mod events;
mod types;

use std::collections::BTreeMap;

use crate::model::{Events, Field, Namespace, Operation, Product, Reply, Shape};
use crate::output::{Files, PYTHON};
use crate::words::{pascal, snake};
use types::Types;

const KEYWORDS: [&str; 36] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "self", "try", "while", "with", "yield",
];

/// Adds `__init__.pyi`, a stub and its twin per product and per namespace that several products share, and those of the
/// events.
pub(crate) fn generate(products: &[Product], events: &Events, files: &mut Files) {
    events::generate(events, files);
    for product in products {
        add(files, &product.namespace, &product.name, &product_stub(product));
    }
    // Namespace -> its children; the root is the client itself.
    let mut shared: BTreeMap<&[String], BTreeMap<&str, &[String]>> = BTreeMap::from([(&[][..], BTreeMap::new())]);
    for product in products {
        for length in 0..product.namespace.len() {
            let (parent, child) = (&product.namespace[..length], &product.namespace[..=length]);
            shared.entry(parent).or_default().insert(&product.namespace[length], child);
        }
    }
    for (namespace, children) in &shared {
        let stub = shared_stub(namespace, children);
        if namespace.is_empty() {
            files.add(format!("{PYTHON}/__init__.pyi"), "#", "*", &stub);
        } else {
            add(files, namespace, "*", &stub);
        }
    }
}

fn add(files: &mut Files, namespace: &[String], source: &str, stub: &str) {
    let module = module_name(namespace);
    let twin = format!(
        "from ._runtime import namespace_classes\n\nglobals().update(namespace_classes(\"{}\"))\n",
        namespace.join(".")
    );
    files.add(format!("{PYTHON}/{module}.pyi"), "#", source, stub);
    files.add(format!("{PYTHON}/{module}.py"), "#", source, &twin);
}

fn shared_stub(namespace: &[String], children: &BTreeMap<&str, &[String]>) -> String {
    let mut out = String::new();
    for child in children.values() {
        let class = class_name(child);
        out.push_str(&format!("from .{} import Async{class}, {class}\n", module_name(child)));
    }
    for prefix in ["", "Async"] {
        let name = if namespace.is_empty() { "Operations".to_owned() } else { class_name(namespace) };
        out.push_str(&format!("\nclass {prefix}{name}:\n"));
        let what =
            if namespace.is_empty() { "Everything that is typed".to_owned() } else { scope(&namespace.join(".")) };
        out.push_str(&format!("    \"\"\"{what}.\"\"\"\n"));
        for (segment, child) in children {
            out.push_str(&property(segment, &format!("{prefix}{}", class_name(child))));
        }
    }
    out
}

fn product_stub(product: &Product) -> String {
    let types = Types { product };
    let names = product.flat_names();
    let mut out = String::new();
    components(&mut out, &types);
    for operation in &product.operations {
        if let Reply::Json(fields) = &operation.reply {
            types.dict(&mut out, &format!("{}Reply", names[operation.id.as_str()]), fields);
        }
    }
    for asynchronous in [false, true] {
        classes(&mut out, &product.tree(), &types, &|operation| names[operation.id.as_str()].clone(), asynchronous);
    }
    imports(&out) + &out
}

fn components(out: &mut String, types: &Types) {
    for component in &types.product.components {
        match &component.shape {
            Shape::Enum(literals) => types::alias(out, &component.name, literals),
            Shape::Object(fields) => types.dict(out, &component.name, fields),
        }
    }
}

fn imports(stub: &str) -> String {
    let mut out = String::new();
    for (module, names) in [
        (
            "typing",
            &[
                ("Any", "Any"),
                ("List", "List["),
                ("Literal", "Literal["),
                ("Union", "Union["),
                ("type_check_only", "@type_check_only"),
            ][..],
        ),
        (
            "typing_extensions",
            &[("NotRequired", "NotRequired["), ("TypeAlias", "TypeAlias"), ("TypedDict", "TypedDict")][..],
        ),
        ("wechatpay_sdk._files", &[("FileParam", "FileParam")][..]),
    ] {
        let used: Vec<&str> = names.iter().filter(|(_, sign)| stub.contains(sign)).map(|(name, _)| *name).collect();
        if !used.is_empty() {
            out.push_str(&format!("from {module} import {}\n", used.join(", ")));
        }
    }
    out
}

/// The class of a namespace, after those of the namespaces in it.
fn classes(out: &mut String, here: &Namespace, types: &Types, name: &dyn Fn(&Operation) -> String, asynchronous: bool) {
    for child in here.children.values() {
        classes(out, child, types, name, asynchronous);
    }
    let prefix = if asynchronous { "Async" } else { "" };
    out.push_str(&format!(
        "\nclass {prefix}{}:\n    \"\"\"{}.\"\"\"\n",
        class_name(&here.path),
        scope(&here.path.join("."))
    ));
    for (segment, child) in &here.children {
        out.push_str(&property(segment, &format!("{prefix}{}", class_name(&child.path))));
    }
    for operation in &here.operations {
        method(out, operation, types, &name(operation), asynchronous);
    }
}

fn method(out: &mut String, operation: &Operation, types: &Types, name: &str, asynchronous: bool) {
    let record = operation.record();
    let keyword = if asynchronous { "async def" } else { "def" };
    let returns = match operation.reply {
        Reply::Empty => "None".to_owned(),
        Reply::Binary => "bytes".to_owned(),
        Reply::Json(_) => format!("{name}Reply"),
    };
    out.push_str(&format!("\n    {keyword} {}(\n        self,\n", identifier(operation.action())));
    if !record.is_empty() {
        out.push_str("        *,\n");
    }
    for field in &record {
        let ty = types.name(&field.ty);
        let rest = if field.required { ty } else { format!("{ty} | None = None") };
        out.push_str(&format!("        {}: {rest},\n", identifier(&field.name)));
    }
    out.push_str(&format!("    ) -> {returns}:\n        \"\"\"{}.\n\n", escape(&operation.title)));
    out.push_str(&format!("        {}\n", operation.notes().join(" ")));
    if !record.is_empty() {
        out.push('\n');
    }
    for field in &record {
        out.push_str(&format!("        {}\n", describe(field)));
    }
    if !operation.doc_url.is_empty() {
        out.push_str(&format!("\n        {}\n", operation.doc_url));
    }
    out.push_str("        \"\"\"\n");
}

fn describe(field: &Field) -> String {
    let necessity = if field.required { "required." } else { "optional." };
    format!("{}: {necessity} {}", identifier(&field.name), escape(&field.notes.join(" "))).trim_end().to_owned()
}

fn property(segment: &str, class: &str) -> String {
    format!("\n    @property\n    def {}(self) -> {class}: ...\n", identifier(segment))
}

fn scope(namespace: &str) -> String {
    format!("Operations ``{namespace}.*``")
}

fn module_name(namespace: &[String]) -> String {
    identifier(&namespace.join("_"))
}

/// `goldplan.merchants` -> `GoldplanMerchants`.
fn class_name(namespace: &[impl AsRef<str>]) -> String {
    namespace.iter().map(|segment| pascal(segment.as_ref())).collect()
}

/// A wire name where Python wants an identifier: a keyword gets a trailing underscore, a header name becomes snake case.
pub(crate) fn identifier(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("{name}_")
    } else if is_identifier(name) {
        name.to_owned()
    } else {
        snake(name)
    }
}

fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_numeric()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace("\"\"\"", "'''")
}
