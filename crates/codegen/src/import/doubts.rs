//! `spec/DOUBTS.md`: what the facts leave open, and what is made of it. Found in the facts, so that a doubt that they
//! settle leaves the list by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::facts::{Operation, Param, Webhooks};

const ABOUT: &str = "\
# What the facts leave in doubt

Written by `wechatpay-codegen import` from the facts. Nothing here is decided in `spec/`: each heading says how the \
doubt is kept open.
";

/// Product -> its operations.
pub(super) type Products = BTreeMap<String, Vec<Operation>>;

/// A field of an operation.
struct Place<'a> {
    operation: &'a Operation,
    path: String,
    name: &'a str,
    schema: &'a Value,
}

/// The whole list.
pub(super) fn list(products: &Products, webhooks: &Webhooks) -> String {
    let operations: Vec<&Operation> = products.values().flatten().collect();
    let places: Vec<Place> = operations.iter().flat_map(|operation| places(operation)).collect();
    let mut out = ABOUT.to_owned();
    section(
        &mut out,
        "Required fields of replies",
        "Documents say required more often than the wire does: `required` stands as documented, and a reply without such a field parses.",
        vec![],
    );
    section(
        &mut out,
        "Maybe encrypted",
        "No document says so, and the names do: they are texts, handed over as they come.",
        maybe_encrypted(&places, webhooks),
    );
    section(
        &mut out,
        "An address that an earlier reply gives",
        "The path is an example: the operation is there, and the address of the reply is what is meant to be called.",
        ids(&operations, |operation| operation.status.iter().any(|status| status == "dynamic_url")),
    );
    section(
        &mut out,
        "Integer here, number there",
        "`number` is the documents' word, and mostly means whole cents. It stays, so that neither a decimal nor a digit is lost; these names are an integer elsewhere.",
        numbers(&places),
    );
    section(
        &mut out,
        "A number whose values are words",
        "It is an enumeration of texts.",
        described(&places, |schema| schema["type"] != "string" && values(schema).any(Value::is_string)),
    );
    section(
        &mut out,
        "Objects without a shape",
        "Anything may stand there.",
        described(&places, |schema| {
            schema["type"] == "object" && schema.get("properties").is_none() && schema.get("one_of").is_none()
        }),
    );
    section(
        &mut out,
        "One of several shapes",
        "One shape with the fields of all, of which only those are required that all require.",
        webhooks
            .events
            .iter()
            .filter(|event| !event.variants.is_empty() || event.resource.to_string().contains("\"one_of\""))
            .map(|event| format!("`{}` (event): {}", event.id, variants(event)))
            .collect(),
    );
    section(
        &mut out,
        "Two operations with one address",
        "Nothing in a request tells them apart: both are there, and the platform decides by the value.",
        same_address(&operations),
    );
    section(
        &mut out,
        "A list in the query",
        "No document says how it is written: its name is repeated, once for each element.",
        queries(&operations, |param| param.schema.get("type").is_some_and(|kind| kind == "array")),
    );
    section(
        &mut out,
        "JSON in the query",
        "The text of the object is percent-encoded like any other.",
        queries(&operations, |param| param.schema.get("format").is_some_and(|format| format == "json")),
    );
    section(
        &mut out,
        "One name in the address and in the body",
        "It is one parameter, whose value stands in both: no document gives them two meanings.",
        named_twice(&operations),
    );
    section(
        &mut out,
        "A body in a DELETE",
        "It is sent and signed, as documented.",
        ids(&operations, |operation| operation.method == "DELETE" && operation.body.is_some()),
    );
    section(
        &mut out,
        "A key is named and nothing is encrypted, or the other way round",
        "`Wechatpay-Serial` is sent with every request of a client that has a key of the platform's; encrypted is what is marked, and nothing else.",
        ids(&operations, |operation| {
            let named = operation.headers.iter().any(|header| header.name == "Wechatpay-Serial");
            named != encrypts(operation)
        }),
    );
    section(
        &mut out,
        "Replaced, but not called superseded",
        "The replacement is named; the operation bears no mark.",
        ids(&operations, |operation| {
            !operation.superseded_by.is_empty() && !operation.status.iter().any(|status| status == "superseded")
        }),
    );
    section(
        &mut out,
        "Without an official document",
        "`externalDocs` is missing.",
        ids(&operations, |operation| operation.doc_url.is_none()),
    );
    section(
        &mut out,
        "For direct merchants or for service providers",
        "No document says; `x-wechatpay-modes` is missing.",
        ids(&operations, |operation| operation.modes.is_empty()),
    );
    out
}

fn section(out: &mut String, title: &str, kept: &str, items: Vec<String>) {
    out.push_str(&format!("\n## {title}\n{kept}\n"));
    if !items.is_empty() {
        out.push('\n');
    }
    for item in items {
        out.push_str(&format!("- {item}\n"));
    }
}

fn ids(operations: &[&Operation], doubtful: impl Fn(&Operation) -> bool) -> Vec<String> {
    operations.iter().filter(|operation| doubtful(operation)).map(|operation| format!("`{}`", operation.id)).collect()
}

/// Parameters of queries.
fn queries(operations: &[&Operation], doubtful: impl Fn(&Param) -> bool) -> Vec<String> {
    let params = operations.iter().flat_map(|it| it.query_params.iter().map(|param| (&it.id, param)));
    params.filter(|(_, param)| doubtful(param)).map(|(id, param)| format!("`{id}`: `{}`", param.name)).collect()
}

fn named_twice(operations: &[&Operation]) -> Vec<String> {
    let params =
        operations.iter().flat_map(|it| it.path_params.iter().chain(&it.query_params).map(move |param| (it, param)));
    let in_body = |operation: &Operation, name: &str| {
        operation.body.as_ref().is_some_and(|body| body.schema["properties"].get(name).is_some())
    };
    let twice = params.filter(|(operation, param)| in_body(operation, &param.name));
    twice.map(|(operation, param)| format!("`{}`: `{}`", operation.id, param.name)).collect()
}

fn described(places: &[Place], doubtful: impl Fn(&Value) -> bool) -> Vec<String> {
    let found = places.iter().filter(|place| doubtful(place.schema));
    found.map(|place| format!("`{}`: `{}`", place.operation.id, place.path)).collect()
}

fn maybe_encrypted(places: &[Place], webhooks: &Webhooks) -> Vec<String> {
    let doubtful = |name: &str| ["encrypt_key", "encrypt_echo_message"].contains(&name);
    let mut found: Vec<String> = places
        .iter()
        .filter(|place| doubtful(place.name) && place.schema.get("encrypted").is_none())
        .map(|place| format!("`{}`: `{}`", place.operation.id, place.path))
        .collect();
    for event in &webhooks.events {
        let names = event.resource["properties"].as_object().into_iter().flatten().map(|(name, _)| name);
        found.extend(names.filter(|name| doubtful(name)).map(|name| format!("`{}` (event): `{name}`", event.id)));
    }
    found
}

fn variants(event: &crate::facts::Event) -> String {
    if event.variants.is_empty() {
        return "inside of the resource".to_owned();
    }
    event.variants.iter().map(|variant| format!("`{}`", variant.key)).collect::<Vec<_>>().join(", ")
}

/// Names that are a number in one place of a product and an integer in another.
fn numbers(places: &[Place]) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for place in places {
        let product = place.operation.id.split('.').next().unwrap_or_default();
        kinds.entry((product, place.name)).or_default().extend(place.schema["type"].as_str());
    }
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((product, name), kinds) in kinds {
        if kinds.contains("number") && kinds.contains("integer") {
            names.entry(product).or_default().push(name);
        }
    }
    names.into_iter().map(|(product, names)| format!("`{product}`: `{}`", names.join("`, `"))).collect()
}

fn same_address(operations: &[&Operation]) -> Vec<String> {
    let mut by_shape: BTreeMap<(String, String), Vec<&Operation>> = BTreeMap::new();
    for operation in operations {
        let segments = operation.path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
        let shape = segments.collect::<Vec<_>>().join("/");
        by_shape.entry((operation.method.clone(), shape)).or_default().push(operation);
    }
    let same = by_shape.into_values().filter(|same| same.len() > 1);
    same.map(|same| same.iter().map(|operation| format!("`{}`", operation.id)).collect::<Vec<_>>().join(", ")).collect()
}

fn encrypts(operation: &Operation) -> bool {
    let params = operation.query_params.iter().chain(&operation.path_params);
    params.into_iter().any(|param| param.schema.contains_key("encrypted"))
        || operation.body.as_ref().is_some_and(|body| body.schema.to_string().contains("\"platform_public_key\""))
}

fn values(schema: &Value) -> impl Iterator<Item = &Value> {
    schema["enum"].as_array().into_iter().flatten()
}

/// Every field of an operation's bodies.
fn places(operation: &Operation) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    if let Some(body) = &operation.body {
        inside(operation, "request", &body.schema, &mut found);
    }
    for (_, reply) in &operation.responses {
        inside(operation, "reply", reply, &mut found);
    }
    found
}

fn inside<'a>(operation: &'a Operation, path: &str, schema: &'a Value, found: &mut Vec<Place<'a>>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        found.push(Place { operation, path: path.clone(), name, schema: property });
        inside(operation, &path, property, found);
    }
    for (key, mark) in [("items", "[]"), ("content_schema", "")] {
        if let Some(inner) = schema.get(key) {
            inside(operation, &format!("{path}{mark}"), inner, found);
        }
    }
}
