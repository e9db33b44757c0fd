//! Every generated type, each text of it a canary that says where in `spec/` it stands, and which of these the
//! specification marks. The list of types is generated; the marks are read here once more, not asked from the generator.

use std::fmt::Debug;
use std::fs;

use serde::Serialize;
use serde_json::Value;
use wechatpay_sdk::{File, Number, Sensitive};
use wechatpay_suite::tests_dir;

/// A type as it prints and as it is sent.
pub(crate) struct Shown {
    /// The type's path.
    pub(crate) name: &'static str,
    pub(crate) debug: String,
    pub(crate) wire: String,
}

trait Filled {
    /// An instance, all of whose texts are `canary`.
    fn filled(canary: &str) -> Self;
}

fn shown<T: Filled + Debug + Serialize>(name: &'static str) -> Shown {
    let value = T::filled("");
    let wire = serde_json::to_string(&value).expect("plain data");
    Shown { name, debug: format!("{value:?} {value:#?}"), wire }
}

fn canary(place: &str, field: &str) -> String {
    format!("<{place}.{field}>")
}

impl Filled for String {
    fn filled(canary: &str) -> Self {
        canary.to_owned()
    }
}

impl Filled for Sensitive {
    fn filled(canary: &str) -> Self {
        canary.into()
    }
}

impl Filled for Value {
    fn filled(canary: &str) -> Self {
        canary.into()
    }
}

impl Filled for File {
    fn filled(canary: &str) -> Self {
        Self::bytes(canary, canary.to_owned())
    }
}

impl Filled for i64 {
    fn filled(_: &str) -> Self {
        1
    }
}

impl Filled for bool {
    fn filled(_: &str) -> Self {
        true
    }
}

impl Filled for Number {
    fn filled(_: &str) -> Self {
        1.into()
    }
}

impl<T: Filled> Filled for Option<T> {
    fn filled(canary: &str) -> Self {
        Some(T::filled(canary))
    }
}

impl<T: Filled> Filled for Vec<T> {
    fn filled(canary: &str) -> Self {
        vec![T::filled(canary)]
    }
}

macro_rules! open_enums {
    ($($path:path;)*) => {
        $(impl super::super::Filled for $path {
            fn filled(canary: &str) -> Self {
                canary.into()
            }
        })*
    };
}

macro_rules! argument {
    (text) => {
        ""
    };
    (other) => {
        super::super::Filled::filled("")
    };
}

/// The texts of a struct are named by its own fields, wherever it stands.
macro_rules! structs {
    ($($path:path = $place:literal $make:ident($($kind:ident),*) { $($field:ident: $name:literal),* };)*) => {
        $(impl super::super::Filled for $path {
            #[allow(unused_mut, reason = "some have no fields")]
            fn filled(_: &str) -> Self {
                let mut made = <$path>::$make($(argument!($kind)),*);
                $(made.$field = super::super::Filled::filled(&super::super::canary($place, $name));)*
                made
            }
        })*

        /// Every struct.
        pub(crate) fn all() -> Vec<super::super::Shown> {
            vec![$(super::super::shown::<$path>(stringify!($path)),)*]
        }
    };
}

#[rustfmt::skip]
#[path = "generated/types.rs"]
mod types;
pub(crate) use types::all;

/// The canaries of all fields that `spec/` marks as sensitive or encrypted, in the documents of these names.
pub(crate) fn marked(documents: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(tests_dir().join("../spec")).expect("the repository has this folder") {
        let path = entry.expect("readable").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let product = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        if !documents.contains(&product) {
            continue;
        }
        let text = fs::read(&path).expect("readable");
        let document: Value = serde_json::from_slice(&text).expect("a document is JSON");
        for (name, schema) in members(&document["components"]["schemas"]) {
            properties(&format!("{product}/{name}"), schema, &mut found);
        }
        for operation in members(&document["paths"]).flat_map(|(_, item)| members(item)).map(|(_, operation)| operation)
        {
            let id = operation["operationId"].as_str().expect("an id");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                field(id, parameter["name"].as_str().expect("a name"), &parameter["schema"], &mut found);
            }
            for (_, content) in members(&operation["requestBody"]["content"]) {
                properties(id, &content["schema"], &mut found);
            }
            for (_, response) in members(&operation["responses"]).filter(|(status, _)| status.starts_with('2')) {
                for (_, content) in members(&response["content"]) {
                    properties(&format!("{id}/reply"), &content["schema"], &mut found);
                }
            }
        }
    }
    found
}

fn properties(place: &str, schema: &Value, found: &mut Vec<String>) {
    members(&schema["properties"]).for_each(|(name, schema)| field(place, name, schema, found));
}

fn field(place: &str, name: &str, schema: &Value, found: &mut Vec<String>) {
    if is_marked(schema) {
        found.push(canary(place, name));
    }
}

/// Also where only what a list or a JSON text holds is marked.
fn is_marked(schema: &Value) -> bool {
    let inside = [&schema["items"], &schema["contentSchema"]].into_iter().filter(|inside| inside.is_object());
    schema.get("x-wechatpay-encrypted").is_some()
        || schema["x-wechatpay-sensitive"] == true
        || inside.chain(members(&schema["properties"]).map(|(_, schema)| schema)).any(is_marked)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
