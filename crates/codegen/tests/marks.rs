//! `marks.json` and `spec/` say the same.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::Path;

type Document = serde_json::Value;

fn document(path: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn marks() -> Document {
    document("marks.json")
}

/// The documents of the products, by the prefix that the ids of each have.
fn documents() -> Vec<(String, Document)> {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let names = fs::read_dir(spec).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let products: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    assert!(products.len() > 7);
    let of = |product: &String| {
        let document = document(&format!("../../spec/{product}.json"));
        let id = operations(&document).next()?.1["operationId"].as_str().unwrap();
        let mut ends = id.match_indices('.').map(|(end, _)| end);
        let end = ends.find(|end| id[..*end].replace('.', "_") == *product).unwrap();
        Some((id[..=end].to_owned(), document.clone()))
    };
    products.iter().filter_map(of).collect()
}

/// Methods and operations.
fn operations(document: &Document) -> impl Iterator<Item = (&String, &Document)> {
    document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap())
}

fn find<'a>(document: &'a Document, id: &str) -> Option<(&'a String, &'a Document)> {
    operations(document).find(|(_, operation)| operation["operationId"] == *id)
}

/// Every mark of `kind` of a product in spec/: its id, what it says, and the document.
fn marked<'a>(
    kind: &str,
    marks: &'a Document,
    documents: &'a [(String, Document)],
) -> Vec<(&'a String, &'a Document, &'a Document)> {
    let of = |id: &str| documents.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, document)| document);
    let marks = marks[kind].as_object().unwrap();
    marks.iter().filter_map(|(id, mark)| Some((id, mark, of(id)?))).collect()
}

#[test]
fn every_mark_has_reached_the_specification() {
    let (marks, documents) = (marks(), documents());
    let (idempotent, read_back) = (marked("idempotent", &marks, &documents), marked("read_back", &marks, &documents));
    for (id, mark, document) in &idempotent {
        let (method, operation) = find(document, id).unwrap_or_else(|| panic!("{id} is not there"));
        assert_ne!(method, "get", "{id}");
        assert_eq!(operation["x-wechatpay-idempotent"], **mark, "{id}");
        let further = operation["x-wechatpay-doc-urls"].as_array().into_iter().flatten();
        let mut urls = further.chain([&operation["externalDocs"]["url"]]);
        assert!(urls.any(|url| *url == mark["document"]), "{id}");
    }
    for (id, mark, document) in &read_back {
        let (method, operation) = find(document, id).unwrap_or_else(|| panic!("{id} is not there"));
        assert_ne!(method, "get", "{id}");
        let query = mark.as_str().or_else(|| mark["operation"].as_str()).unwrap();
        assert_eq!(operation["x-wechatpay-read-back"], query, "{id}");
        let (method, query) = find(document, query).unwrap_or_else(|| panic!("{id}: {query} is not there"));
        assert_eq!(method, "get", "{id}");
        let held = held(document, operation);
        for param in query["parameters"].as_array().into_iter().flatten().filter(|param| param["required"] == true) {
            let name = param["name"].as_str().unwrap();
            assert!(held.iter().any(|held| held == name) || mark["besides"][name].is_string(), "{id}: {name}");
        }
    }
    let counted = |key: &str| {
        documents.iter().flat_map(|(_, document)| operations(document)).filter(|(_, it)| it.get(key).is_some()).count()
    };
    assert_eq!(counted("x-wechatpay-idempotent"), idempotent.len());
    assert_eq!(counted("x-wechatpay-read-back"), read_back.len());
}

/// The parameters of an operation, wherever they go.
fn held(document: &Document, operation: &Document) -> Vec<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut names: Vec<String> = parameters.map(|param| param["name"].as_str().unwrap().to_owned()).collect();
    for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(serde_json::Map::values) {
        let reference = content["schema"]["$ref"].as_str().and_then(|reference| document.pointer(&reference[1..]));
        let fields = reference.unwrap_or(&content["schema"])["properties"].as_object().unwrap();
        names.extend(fields.keys().cloned());
    }
    names
}

#[test]
fn every_sensitive_field_is_marked_in_the_specification() {
    for (place, fields) in marks()["sensitive"].as_object().unwrap() {
        let (owner, part) = place.split_once('/').unwrap();
        let document = document(&format!("../../spec/{}.json", owner.split('.').next().unwrap()));
        let schema = match part {
            "request" | "reply" => {
                let (_, operation) = find(&document, owner).unwrap();
                let body = if part == "reply" { &operation["responses"]["200"] } else { &operation["requestBody"] };
                &body["content"]["application/json"]["schema"]
            }
            component => &document["components"]["schemas"][component],
        };
        for (field, reason) in fields.as_object().unwrap() {
            assert!(reason.as_str().is_some_and(|reason| !reason.is_empty()), "{place}.{field} has no reason");
            assert_eq!(schema["properties"][field]["x-wechatpay-sensitive"], true, "{place}.{field}");
        }
    }
}
