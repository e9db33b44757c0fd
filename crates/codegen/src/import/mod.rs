//! Facts -> one OpenAPI 3.1 document per product, and one for the events.

mod changes;
mod doubts;
mod forms;
mod marks;
mod merge;
mod names;
mod pages;
mod schema;
mod webhooks;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::facts::{self, Errors, Operation, Param};
use crate::words::{pascal, singular};
use crate::{Result, WEBHOOKS, model};
use marks::Marks;
use schema::{At, Hoist};

/// The list of doubts, beside the documents.
const DOUBTS: &str = "DOUBTS.md";
/// Headers that the client sets itself.
const OWN_HEADERS: [&str; 2] = ["Wechatpay-Serial", "Accept-Encoding"];
/// Names that generated files need for what they always mean, in Rust or in Python.
const PRELUDES: [&str; 29] = [
    "Any",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Error",
    "From",
    "Into",
    "Iterator",
    "List",
    "Literal",
    "None",
    "NotRequired",
    "Ok",
    "Operations",
    "Option",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "TypeAlias",
    "TypedDict",
    "Vec",
];
/// Verbs that say nothing about what they act on: a name is better made from the namespace.
const BARE_VERBS: [&str; 9] = ["get", "list", "create", "update", "replace", "delete", "query", "upload", "download"];

/// A document as it is imported: where it goes, and its text.
pub(crate) struct Imported {
    pub(crate) path: PathBuf,
    text: String,
}

/// Makes the documents of these products, or of all that the facts hold, and then the list of doubts, too.
pub(crate) fn import(facts: &Path, spec: &Path, products: &[String]) -> Result<Vec<Imported>> {
    let document =
        |product: &String| Ok(Imported { path: spec.join(format!("{product}.json")), text: text(facts, product)? });
    if !products.is_empty() {
        return products.iter().map(document).collect();
    }
    let products = facts::products(facts)?;
    let mut all: Vec<Imported> = products.iter().map(document).collect::<Result<_>>()?;
    all.push(document(&WEBHOOKS.to_owned())?);
    let operations = products.into_iter().map(|product| Ok((product.clone(), facts::operations(facts, &product)?)));
    let text = doubts::list(&operations.collect::<Result<_>>()?, &facts::webhooks(facts)?);
    all.push(Imported { path: spec.join(DOUBTS), text });
    Ok(all)
}

impl Imported {
    /// Writes the document; one that is there only with force.
    pub(crate) fn write(&self, force: bool) -> Result<()> {
        let Self { path, text } = self;
        if path.exists() && !force {
            return Err(format!("{} exists: pass --force to lose what was edited there", path.display()));
        }
        std::fs::create_dir_all(path.parent().unwrap_or(path))
            .and_then(|()| std::fs::write(path, text))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// Fails with a list of the documents that are not as they would be imported, and of what would change in them.
pub(crate) fn verify(imported: &[Imported]) -> Result<()> {
    let mut wrong: Vec<String> = Vec::new();
    for Imported { path, text } in imported {
        match std::fs::read_to_string(path) {
            Ok(there) if there == *text => {}
            Ok(there) => {
                wrong.push(format!("differs: {}", path.display()));
                if path.extension().is_some_and(|extension| extension == "json") {
                    wrong.extend(changes::changes(&there, text).iter().map(|change| format!("    {change}")));
                }
            }
            Err(_) => wrong.push(format!("missing: {}", path.display())),
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("documents are not what facts and marks say: run `wechatpay-codegen import`\n{}", wrong.join("\n")))
}

/// The document of a product or of the events, as it is written.
fn text(facts: &Path, product: &str) -> Result<String> {
    let document = if product == WEBHOOKS {
        webhooks::document(&facts::webhooks(facts)?)
    } else {
        document(product, &facts::operations(facts, product)?, &facts::errors(facts)?)
    };
    let document = document.map_err(|error| format!("{product}: {error}"))?;
    Ok(serde_json::to_string_pretty(&document).map_err(|error| error.to_string())? + "\n")
}

fn document(product: &str, operations: &[Operation], errors: &Errors) -> Result<Value> {
    let marks = Marks::read()?;
    marks.check(product, operations)?;
    // Names depend on what else the product holds, so the schemas are walked twice: to collect, then to write.
    let mut hoist = Hoist::default();
    paths(operations, errors, &marks, &mut hoist)?;
    hoist.name_components(&reserved(product, operations)?)?;
    let paths = paths(operations, errors, &marks, &mut hoist)?;
    let mut schemas = hoist.components;
    schemas.insert("Error".to_owned(), error_schema());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": format!("WeChat Pay APIv3: {product}"), "version": "v3"},
        "servers": [
            {"url": "https://api.mch.weixin.qq.com", "description": "Main host"},
            {"url": "https://api2.mch.weixin.qq.com", "description": "Backup host, in another city"},
        ],
        "x-wechatpay-errors": errors.common,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Error": {
                "description": "Failure; codes are an open set",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }},
        },
    });
    marks.mark_sensitive(product, &mut document)?;
    forms::mark_computed(&mut document);
    Ok(document)
}

/// Names that the backends make for operations and namespaces: a component must not take them.
fn reserved(product: &str, operations: &[Operation]) -> Result<Vec<String>> {
    let mut names: Vec<String> = PRELUDES.map(str::to_owned).into();
    for operation in operations {
        let segments: Vec<&str> = operation.id.split('.').collect();
        let inner = &segments[model::namespace_length(product, &operation.id)?..];
        for name in [pascal(segments[segments.len() - 1]), inner.iter().map(|part| pascal(part)).collect()] {
            names.push(format!("{name}Reply"));
            names.push(name);
        }
        for end in 1..segments.len() {
            let namespace: String = segments[..end].iter().map(|part| pascal(part)).collect();
            names.push(format!("Async{namespace}"));
            names.push(namespace);
        }
    }
    Ok(names)
}

fn paths(operations: &[Operation], errors: &Errors, marks: &Marks, hoist: &mut Hoist) -> Result<Map<String, Value>> {
    let mut paths = Map::new();
    for operation in operations {
        let method = operation.method.to_lowercase();
        let item = paths.entry(&operation.path).or_insert_with(|| json!({}));
        if item.get(&method).is_some() {
            return Err(format!("{}: {} {} is there twice", operation.id, operation.method, operation.path));
        }
        item[&method] =
            path_item(operation, errors, marks, hoist).map_err(|error| format!("{}: {error}", operation.id))?;
    }
    Ok(paths)
}

fn path_item(operation: &Operation, errors: &Errors, marks: &Marks, hoist: &mut Hoist) -> Result<Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        if !matches!(&value, Value::Null) && value.as_array().is_none_or(|list| !list.is_empty()) {
            out.insert(key.to_owned(), value);
        }
    };
    put("operationId", json!(operation.id));
    put("summary", json!(operation.title));
    put("externalDocs", operation.doc_url.as_ref().map_or(Value::Null, |url| json!({"url": url})));
    put("x-wechatpay-doc-urls", json!(further(&operation.doc_urls, operation.doc_url.as_ref())));
    put("x-wechatpay-modes", json!(operation.modes));
    put("x-wechatpay-status", json!(operation.status));
    put("x-wechatpay-superseded-by", json!(operation.superseded_by));
    put("x-wechatpay-idempotent", json!(marks.idempotent(&operation.id)));
    put("x-wechatpay-read-back", json!(marks.read_back(&operation.id)));
    put("x-wechatpay-paging", json!(pages::paging(operation, marks)));
    put("x-wechatpay-errors", errors.operations.get(&operation.id).cloned().unwrap_or_default());
    let unsigned = operation.responses.values().any(|schema| schema["format"] == "binary");
    put("x-wechatpay-unsigned-reply", if unsigned { json!(true) } else { Value::Null });
    put("servers", operation.host.as_ref().map_or(Value::Null, |host| json!([{"url": host}])));

    let request = At { context: context(&operation.id), reply: false };
    let mut parameters = Vec::new();
    for (place, params) in
        [("path", &operation.path_params), ("query", &operation.query_params), ("header", &operation.headers)]
    {
        for param in params.iter().filter(|param| !OWN_HEADERS.contains(&param.name.as_str())) {
            parameters.push(parameter(place, param, &request, hoist)?);
        }
    }
    put("parameters", json!(parameters));
    if let Some(body) = &operation.body {
        let schema = hoist.object(&body.schema, &request)?;
        put("requestBody", json!({"required": true, "content": {&body.media_type: {"schema": schema}}}));
    }
    let reply = At { reply: true, ..request };
    let mut responses = Map::new();
    for (status, schema) in &operation.responses {
        responses.insert(status.clone(), response(schema, &reply, hoist)?);
    }
    responses.insert("default".to_owned(), json!({"$ref": "#/components/responses/Error"}));
    put("responses", Value::Object(responses));
    Ok(Value::Object(out))
}

/// The official documents besides the first one.
fn further<'a>(urls: &'a [String], first: Option<&String>) -> Vec<&'a String> {
    urls.iter().filter(|url| first != Some(*url)).collect()
}

fn parameter(place: &str, param: &Param, at: &At, hoist: &mut Hoist) -> Result<Value> {
    let schema = hoist.property(&param.name, &Value::Object(param.schema.clone()), at)?;
    Ok(json!({"name": param.name, "in": place, "required": param.required, "schema": schema}))
}

fn response(schema: &Value, at: &At, hoist: &mut Hoist) -> Result<Value> {
    if schema.is_null() {
        return Ok(json!({"description": "Success, without a body"}));
    }
    if schema["format"] == "binary" {
        let content = json!({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}});
        return Ok(json!({"description": "Success: the bytes of a file", "content": content}));
    }
    let schema = hoist.object(schema, at)?;
    Ok(json!({"description": "Success", "content": {"application/json": {"schema": schema}}}))
}

/// What can stand before a name to tell it from others: the namespaces, then the action unless it is a bare verb.
fn context(id: &str) -> Vec<String> {
    let segments: Vec<&str> = id.split('.').collect();
    let (product_and_namespaces, action) = segments.split_at(segments.len() - 1);
    let mut context: Vec<String> = product_and_namespaces.iter().map(|part| pascal(&singular(part))).collect();
    if !BARE_VERBS.contains(&action[0]) || context.len() == 1 {
        context.push(pascal(action[0]));
    } else {
        // Still tells list from get, but only when the namespaces do not.
        context.insert(0, pascal(action[0]));
    }
    context
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "description": "The body of a failure. Gateways may answer without it.",
        "properties": {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "detail": {"description": "Field, value, issue and location; its shape varies"},
        },
    })
}

/// Variant names for an enumeration, when the rule alone does not give legal and distinct ones.
fn variant_names(literals: &[&str]) -> Option<Vec<String>> {
    if model::variants(literals, None).is_ok() {
        return None;
    }
    let mut names: Vec<String> = Vec::new();
    for literal in literals {
        let base = match model::variant(literal) {
            name if name.is_empty() => "Empty".to_owned(),
            name if model::RESERVED_VARIANTS.contains(&name.as_str()) => format!("{name}Literal"),
            name => name,
        };
        let name =
            (1..).map(|n| if n == 1 { base.clone() } else { format!("{base}{n}") }).find(|name| !names.contains(name));
        names.extend(name);
    }
    Some(names)
}
