//! What is called with, and answered, has every documented field: by a validator that knows nothing of how it was filled.

use std::collections::BTreeSet;
use std::path::Path;

use jsonschema::{Draft, Registry};
use serde_json::{Value, json};

use crate::filled::Filled;
use crate::request::{self, Body, Content, Request};
use crate::spec::{self, Document, Operation};

const DOCUMENT: &str = "urn:spec";

#[test]
fn every_call_and_every_reply_is_whole_and_as_documented() {
    let documents = spec::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec")).unwrap();
    let requests = request::all(&documents).unwrap();
    let operations = documents.iter().flat_map(|document| {
        let mut strict = document.value().clone();
        tighten(&mut strict);
        let registry = Registry::new().draft(Draft::Draft202012).add(DOCUMENT, strict).unwrap().prepare().unwrap();
        document.operations().map(|operation| (registry.clone(), operation)).collect::<Vec<_>>()
    });
    let mut wrong = Vec::new();
    for ((registry, operation), request) in operations.zip(&requests) {
        assert_eq!(operation.id, request.id);
        for (at, value) in described(&operation, request) {
            let validator = jsonschema::options()
                .with_draft(Draft::Draft202012)
                .with_registry(&registry)
                .build(&json!({"$ref": format!("{DOCUMENT}#{}", request::encode(&at).replace("%2F", "/"))}))
                .unwrap();
            wrong.extend(validator.iter_errors(&value).map(|error| format!("{}: {at}: {error}", operation.id)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(requests.len(), 1019);
    let addresses: BTreeSet<_> = requests.iter().map(|request| (&request.method, &request.path)).collect();
    assert_eq!(addresses.len(), requests.len(), "the journal tells all of them apart");
}

/// Values of an operation, and where in the document the schema of each stands.
fn described(operation: &Operation<'_>, request: &Request) -> Vec<(String, Value)> {
    let here = operation.pointer();
    let parameters = operation.parameters().enumerate();
    let mut described: Vec<_> = parameters
        .map(|(at, (_, name, _))| (format!("{here}/parameters/{at}/schema"), request.params[name].clone()))
        .collect();
    let body = |media_type: &str| format!("{here}/requestBody/content/{}/schema", media_type.replace('/', "~1"));
    match &request.body {
        Body::None => {}
        Body::Json(value) => described.push((body("application/json"), value.given())),
        Body::Form(parts) => described.push((body("multipart/form-data"), Filled::Record(parts.clone()).given())),
    }
    if let Content::Json(value) = &request.reply.content {
        let at = format!("{here}/responses/{}/content/application~1json/schema", request.reply.status);
        described.push((at, value.given()));
    }
    described
}

/// Makes all fields required and all others forbidden, and shows JSON texts and files as a caller gives them.
fn tighten(schema: &mut Value) {
    if let Some(inner) = schema.get("contentSchema") {
        *schema = inner.clone();
    }
    if schema["format"] == "binary" {
        *schema = json!({"type": "object", "required": ["filename", "content"]});
    }
    if schema["type"] == "array" && schema.get("minItems").is_none() {
        schema["minItems"] = json!(1);
    }
    if schema["type"] == "object"
        && let Some(properties) = schema["properties"].as_object()
    {
        schema["required"] = properties.keys().cloned().collect();
        schema["additionalProperties"] = json!(false);
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(tighten),
        Value::Array(items) => items.iter_mut().for_each(tighten),
        _ => {}
    }
}

#[test]
fn what_is_not_understood_is_not_passed_over() {
    let one_of = json!({"paths": {"/a": {"get": {
        "operationId": "a.get",
        "parameters": [{"name": "x", "in": "query", "schema": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}],
        "responses": {"204": {}},
    }}}});
    let problem = request::all(&[Document::of(one_of)]).unwrap_err().to_string();
    assert_eq!(problem, "a.get: x: a schema says \"oneOf\", which is not understood here");
}
