//! The PHP backend: the classes of the namespaces, once as C for the extension and once as stubs for people and their
//! editors. A test compares the two as PHP sees them.

mod events;
mod functions;
mod stubs;
mod types;

use std::collections::BTreeMap;

use crate::model::{Events, Operation, Product};
use crate::output::{Files, PHP_FUNCTIONS, PHP_STUBS};
use crate::words::{pascal, snake};

/// Adds the C files, a stub per product, one for what products share: the namespaces above them and the client, and one for
/// the events.
pub(crate) fn generate(products: &[Product], events: &Events, files: &mut Files) {
    events::generate(events, files);
    let mut root = Node::default();
    for product in products {
        root.add(product);
    }
    let mut classes: Vec<String> = root.all().into_iter().map(Node::class).collect();
    classes.sort();
    root.tell_apart(&classes);
    files.add(format!("{PHP_FUNCTIONS}/operations.c"), "//", "*", &functions::file(&root, products));
    for product in products {
        let nodes =
            || root.all().into_iter().filter(|node| node.product.is_some_and(|owner| owner.name == product.name));
        let part = functions::part(nodes());
        files.add(format!("{PHP_FUNCTIONS}/{}.inc", product.name), "//", &product.name, &part);
        let stub = stubs::file(nodes());
        files.add(format!("{PHP_STUBS}/{}.php", snake(&product.name)), "<?php //", &product.name, &stub);
    }
    let shared = root.all().into_iter().filter(|node| node.product.is_none());
    files.add(format!("{PHP_STUBS}/operations.php"), "<?php //", "*", &stubs::file(shared));
}

/// A namespace over all products; the root is what hangs on a client.
#[derive(Default)]
struct Node<'a> {
    path: Vec<&'a str>,
    /// Another namespace has a class of the same name: `merchant.fund` and `merchant_fund`.
    shared_name: bool,
    /// None for the root, and where several products meet.
    product: Option<&'a Product>,
    operations: Vec<&'a Operation>,
    children: BTreeMap<&'a str, Node<'a>>,
}

impl<'a> Node<'a> {
    fn add(&mut self, product: &'a Product) {
        for operation in &product.operations {
            let segments: Vec<&str> = operation.id.split('.').collect();
            let mut here = &mut *self;
            for at in 0..segments.len() - 1 {
                here = here.children.entry(segments[at]).or_default();
                here.path = segments[..=at].to_vec();
                if at + 1 >= product.namespace.len() {
                    here.product = Some(product);
                }
            }
            here.operations.push(operation);
        }
    }

    /// Marks the deeper one of two whose classes would bear one name.
    fn tell_apart(&mut self, sorted: &[String]) {
        let name = self.class();
        let first = sorted.partition_point(|other| *other < name);
        self.shared_name = self.path.len() > 1 && sorted.get(first + 1) == Some(&name);
        self.children.values_mut().for_each(|child| child.tell_apart(sorted));
    }

    /// This namespace and all in it, children first.
    fn all(&self) -> Vec<&Self> {
        let mut all: Vec<&Self> = self.children.values().flat_map(Node::all).collect();
        all.push(self);
        all
    }

    /// `Goldplan`, `GoldplanMerchants`: the name in the namespace of its class. A keyword gets a trailing underscore.
    fn class(&self) -> String {
        let words: Vec<String> = self.path.iter().map(|segment| pascal(segment)).collect();
        let name = words.join(if self.shared_name { "_" } else { "" });
        if KEYWORDS.contains(&name.to_lowercase().as_str()) { format!("{name}_") } else { name }
    }

    /// The full name of the class, without the leading backslash.
    fn full_class(&self) -> String {
        if self.path.is_empty() { BASE.to_owned() } else { format!("{BASE}\\{}", self.class()) }
    }
}

/// The class that a client extends, and the namespace of the others.
const BASE: &str = "WechatPay\\Operations";

/// What no class can be named.
const KEYWORDS: [&str; 80] = [
    "__halt_compiler",
    "abstract",
    "and",
    "array",
    "as",
    "bool",
    "break",
    "callable",
    "case",
    "catch",
    "class",
    "clone",
    "const",
    "continue",
    "declare",
    "default",
    "die",
    "do",
    "echo",
    "else",
    "elseif",
    "empty",
    "enddeclare",
    "endfor",
    "endforeach",
    "endif",
    "endswitch",
    "endwhile",
    "enum",
    "eval",
    "exit",
    "extends",
    "false",
    "final",
    "finally",
    "float",
    "fn",
    "for",
    "foreach",
    "function",
    "global",
    "goto",
    "if",
    "implements",
    "include",
    "include_once",
    "instanceof",
    "insteadof",
    "int",
    "interface",
    "isset",
    "iterable",
    "list",
    "match",
    "mixed",
    "namespace",
    "never",
    "new",
    "null",
    "object",
    "or",
    "parent",
    "print",
    "private",
    "protected",
    "public",
    "readonly",
    "require",
    "return",
    "self",
    "static",
    "string",
    "switch",
    "throw",
    "trait",
    "true",
    "try",
    "use",
    "var",
    "void",
];

/// `change_custom_page_status` -> `changeCustomPageStatus`.
fn camel(text: &str) -> String {
    let name = pascal(text);
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::{KEYWORDS, Node, camel};
    use crate::model::Product;

    #[test]
    fn names() {
        assert_eq!(camel("new_tax_control_fapiao"), "newTaxControlFapiao");
        assert_eq!(camel("get"), "get");
        let class = |path: &[&'static str]| Node { path: path.to_vec(), ..Node::default() }.class();
        assert_eq!(class(&["goldplan", "merchants"]), "GoldplanMerchants");
        assert_eq!(class(&["return"]), "Return_");
        assert!(KEYWORDS.is_sorted());
        let product = |name: &str, namespace: &[&str], id: &str| Product {
            name: name.to_owned(),
            namespace: namespace.iter().map(|segment| (*segment).to_owned()).collect(),
            operations: vec![crate::model::tests::operation(id)],
            components: Vec::new(),
        };
        let products = [product("tea", &["tea"], "tea.cup.get"), product("tea_cup", &["tea_cup"], "tea_cup.get")];
        let mut root = Node::default();
        products.iter().for_each(|product| root.add(product));
        let mut classes: Vec<String> = root.all().into_iter().map(Node::class).collect();
        classes.sort();
        root.tell_apart(&classes);
        let classes: Vec<String> = root.all().into_iter().map(Node::class).collect();
        assert_eq!(classes, ["Tea_Cup", "Tea", "TeaCup", ""]);
    }
}
