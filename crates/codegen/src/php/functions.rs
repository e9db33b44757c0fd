//! The methods of the namespaces as C: one function each, and tables from which the extension registers the classes.

use super::{Node, camel};
use crate::model::{Operation, Product, Reply};
use crate::words::snake;

/// What a product's file holds, or the first file: the methods of these namespaces and their tables.
pub(super) fn part<'a>(nodes: impl Iterator<Item = &'a Node<'a>>) -> String {
    let nodes: Vec<&Node> = nodes.collect();
    let mut out = String::new();
    for node in &nodes {
        if !node.operations.is_empty() {
            out.push('\n');
        }
        for operation in &node.operations {
            out.push_str(&format!("WECHATPAY_OPERATION({}, {:?})\n", snake(&operation.id), operation.id));
        }
    }
    for node in &nodes {
        methods(&mut out, node);
        properties(&mut out, node);
    }
    out
}

/// The file that is compiled: it includes those of the products, since each alone would read PHP's headers again.
pub(super) fn file(root: &Node, products: &[Product]) -> String {
    let mut out = "#include \"php_wechatpay.h\"\n\n#include \"operation_arginfo.h\"\n\n".to_owned();
    for product in products {
        out.push_str(&format!("#include \"{}.inc\"\n", product.name));
    }
    let nodes = root.all();
    out.push_str(&part(nodes.iter().copied().filter(|node| node.product.is_none())));
    out.push_str("\nconst php_wechatpay_namespace php_wechatpay_namespaces[] = {\n");
    for node in &nodes {
        let name = table(node);
        out.push_str(&format!("    {{{:?}, {name}_methods, {name}_properties}},\n", node.full_class()));
    }
    out.push_str(
        "};\n\nconst size_t php_wechatpay_namespace_count =\n    \
         sizeof(php_wechatpay_namespaces) / sizeof(php_wechatpay_namespaces[0]);\n",
    );
    out
}

/// The name before `_methods` and `_properties`.
fn table(node: &Node) -> String {
    // Two underscores, since `merchant.fund` and `merchant_fund` are two.
    if node.path.is_empty() { "client".to_owned() } else { format!("in_{}", node.path.join("__")) }
}

fn methods(out: &mut String, node: &Node) {
    out.push_str(&format!("\nstatic const zend_function_entry {}_methods[] = {{\n", table(node)));
    for operation in &node.operations {
        out.push_str(&format!(
            "    ZEND_FENTRY({}, {}, {}, ZEND_ACC_PUBLIC)\n",
            camel(operation.action()),
            snake(&operation.id),
            signature(operation)
        ));
    }
    out.push_str("    ZEND_FE_END\n};\n");
}

/// One of `operation_arginfo.h`.
fn signature(operation: &Operation) -> String {
    let params = if operation.record().iter().any(|field| field.required) { "needs" } else { "takes" };
    let gives = match operation.reply {
        Reply::Json(_) => "array",
        Reply::Empty => "nothing",
        Reply::Binary => "file",
    };
    format!("{params}_params_gives_{gives}")
}

fn properties(out: &mut String, node: &Node) {
    out.push_str(&format!("\nstatic const php_wechatpay_property {}_properties[] = {{\n", table(node)));
    for (segment, child) in &node.children {
        out.push_str(&format!("    {{{:?}, {:?}}},\n", camel(segment), child.full_class()));
    }
    out.push_str("    {NULL, NULL},\n};\n");
}
