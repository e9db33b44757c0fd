//! For the tests: how every generated type is filled, so that what it prints can be searched.

use super::{Code, identifier};
use crate::model::{Component, Field, Namespace, Operation, Product, Reply, Shape};
use crate::words::pascal;

/// The list of all types; a struct whose fields are not all listed does not compile.
pub(super) fn list(products: &[Product], events: &Product) -> String {
    let all = || products.iter().chain([events]);
    let mut out = Code::default();
    out.line("//! Every generated type, with the place of each of its fields in spec/.");
    out.line("");
    out.line("open_enums! {");
    out.indented(|out| {
        for product in all() {
            for component in product.components.iter().filter(|component| matches!(component.shape, Shape::Enum(_))) {
                out.line(&format!("{};", path(&product.namespace, &component.name)));
            }
        }
    });
    out.line("}");
    out.line("");
    out.line("structs! {");
    out.indented(|out| all().for_each(|product| structs(out, product)));
    out.line("}");
    out.text
}

fn structs(out: &mut Code, product: &Product) {
    for Component { name, shape, .. } in &product.components {
        if let Shape::Object(fields) = shape {
            one(out, &path(&product.namespace, name), &format!("{}/{name}", product.name), fields);
        }
    }
    operations(out, &product.tree());
}

fn operations(out: &mut Code, here: &Namespace) {
    for operation in &here.operations {
        let name = pascal(operation.action());
        one(out, &path(&here.path, &name), &operation.id, &Operation::record(operation));
        if let Reply::Json(fields) = &operation.reply {
            one(out, &path(&here.path, &format!("{name}Reply")), &format!("{}/reply", operation.id), fields);
        }
    }
    here.children.values().for_each(|child| operations(out, child));
}

fn one(out: &mut Code, path: &str, place: &str, fields: &[Field]) {
    let fields: Vec<String> =
        fields.iter().map(|field| format!("{}: {:?}", identifier(&field.name), field.name)).collect();
    out.line(&format!("{path} = {place:?} {{ {} }};", fields.join(", ")).replace("{  }", "{}"));
}

fn path<S: AsRef<str>>(modules: &[S], name: &str) -> String {
    let modules: String = modules.iter().map(|module| format!("{}::", identifier(module.as_ref()))).collect();
    format!("wechatpay_sdk::{modules}{name}")
}
