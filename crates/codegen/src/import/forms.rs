//! What the `meta` of an upload says of its file, which whoever has the file can work out.

use serde_json::{Value, json};

/// Marks those fields in each form of a document: `x-wechatpay-computed` is `filename`, `sha256`, `sm3`, or `literal` for an
/// enumeration that leaves no choice. A digest is SHA-256 where no algorithm stands beside it.
pub(super) fn mark_computed(document: &mut Value) {
    for component in metas(document) {
        let algorithm = algorithm(document, &component);
        let properties = document["components"]["schemas"][&component]["properties"].as_object_mut();
        for (name, property) in properties.into_iter().flatten() {
            let computed = match name.as_str() {
                "filename" | "file_name" => "filename",
                "sha256" => "sha256",
                "digest" | "file_digest" => algorithm,
                "digest_algorithm" | "digest_alogrithm" => "literal",
                _ => continue,
            };
            property["x-wechatpay-computed"] = json!(computed);
        }
    }
}

/// The components that are the `meta` of a form.
fn metas(document: &Value) -> Vec<String> {
    let operations = document["paths"].as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object());
    operations
        .flatten()
        .filter_map(|(_, operation)| {
            let form = operation.pointer("/requestBody/content/multipart~1form-data/schema")?;
            let reference = form.pointer("/properties/meta/contentSchema/$ref")?.as_str()?;
            reference.rsplit('/').next().map(str::to_owned)
        })
        .collect()
}

fn algorithm(document: &Value, component: &str) -> &'static str {
    let schemas = &document["components"]["schemas"];
    let named = ["digest_algorithm", "digest_alogrithm"].into_iter().find_map(|name| {
        let reference = schemas[component]["properties"][name]["$ref"].as_str()?;
        schemas[reference.rsplit('/').next()?]["enum"][0].as_str()
    });
    if named.is_some_and(|literal| literal.ends_with("SM3")) { "sm3" } else { "sha256" }
}
