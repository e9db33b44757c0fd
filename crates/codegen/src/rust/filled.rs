//! For the tests: how every generated type is filled, so that what it prints can be searched.

use super::features::COMMON;
use super::{Code, identifier};
use crate::WEBHOOKS;
use crate::model::{Component, Field, Namespace, Operation, Product, Reply, Shape, Type};
use crate::output::{Files, SUITE};
use crate::words::pascal;

/// Adds a list per product, a list of the events' types, and what gathers them. A struct without a
/// field that is listed does not compile. What is no default of the core is compiled with the feature `full` only.
pub(super) fn generate(products: &[Product], events: &Product, files: &mut Files) {
    let mut index = Code::default();
    index.line("//! Every generated type, with the place of each of its fields in spec/.");
    let mut gathered = Code::default();
    for product in products.iter().chain([events]) {
        files.add(format!("{SUITE}/types/{}.rs", product.name), "//", &product.name, &list(product));
        let condition = match product.name == WEBHOOKS || COMMON.contains(&product.name.as_str()) {
            true => "",
            false => "#[cfg(feature = \"full\")]\n",
        };
        let module = identifier(&product.name);
        index.line("");
        index.text(condition);
        index.line(&format!("#[path = \"types/{}.rs\"]", product.name));
        index.line(&format!("mod {module};"));
        gathered.text(&condition.replace('#', "        #"));
        gathered.line(&format!("        ({:?}, {module}::all()),", product.name));
    }
    index.line("");
    index.line("/// The structs of each document that are compiled.");
    index.line("pub(crate) fn all() -> Vec<(&'static str, Vec<super::Shown>)> {");
    index.line("    [");
    index.text(&gathered.text);
    index.line("    ]");
    index.line("    .into()");
    index.line("}");
    files.add(format!("{SUITE}/types.rs"), "//", "*", &index.text);
}

fn list(product: &Product) -> String {
    let mut out = Code::default();
    out.line(&format!("//! The types of spec/{}.json.", product.name));
    out.line("");
    out.line("open_enums! {");
    out.indented(|out| {
        for component in product.components.iter().filter(|component| matches!(component.shape, Shape::Enum(_))) {
            out.line(&format!("{};", path(&product.namespace, &component.name)));
        }
    });
    out.line("}");
    out.line("");
    out.line("structs! {");
    out.indented(|out| structs(out, product));
    out.line("}");
    out.text
}

fn structs(out: &mut Code, product: &Product) {
    for Component { name, shape, in_request, .. } in &product.components {
        if let Shape::Object(fields) = shape {
            one(out, &path(&product.namespace, name), &format!("{}/{name}", product.name), fields, *in_request);
        }
    }
    operations(out, &product.tree());
}

fn operations(out: &mut Code, here: &Namespace) {
    for operation in &here.operations {
        let name = pascal(operation.action());
        one(out, &path(&here.path, &name), &operation.id, &Operation::record(operation), true);
        if let Reply::Json(fields) = &operation.reply {
            one(out, &path(&here.path, &format!("{name}Reply")), &format!("{}/reply", operation.id), fields, false);
        }
    }
    here.children.values().for_each(|child| operations(out, child));
}

/// How it is made, and then each of its fields, by which a type without one of them does not compile.
fn one(out: &mut Code, path: &str, place: &str, fields: &[Field], request: bool) {
    let required = fields.iter().filter(|field| field.required).map(|field| match field.ty {
        // As `new` takes any text there.
        Type::Text | Type::Secret { .. } => "text",
        _ => "other",
    });
    let made = match request {
        true => format!("new({})", required.collect::<Vec<_>>().join(", ")),
        false => "default()".to_owned(),
    };
    let fields: Vec<String> =
        fields.iter().map(|field| format!("{}: {:?}", identifier(&field.name), field.name)).collect();
    out.line(&format!("{path} = {place:?} {made} {{ {} }};", fields.join(", ")).replace("{  }", "{}"));
}

fn path<S: AsRef<str>>(modules: &[S], name: &str) -> String {
    let modules: String = modules.iter().map(|module| format!("{}::", identifier(module.as_ref()))).collect();
    format!("wechatpay_sdk::{modules}{name}")
}
