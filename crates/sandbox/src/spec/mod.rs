//! The documents of `spec/`: which operation a request is for, what it must hold, what a reply looks like.

mod check;
mod encrypted;
mod example;
mod pages;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hyper::{Method, StatusCode};
use jsonschema::{Registry, Validator};
use matchit::Router;
use serde_json::Value;

pub(crate) use check::{Checked, Problem};
pub(crate) use example::Content;
pub(crate) use webhooks::EventExample;

static DOCUMENTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// All operations of `spec/`, read once per process.
pub(crate) struct Catalog {
    router: Router<BTreeMap<String, Operation>>,
    documents: BTreeMap<&'static str, Document>,
}

/// One operation; its validator is compiled when it is first called.
pub(crate) struct Operation {
    pub(crate) id: String,
    product: &'static str,
    /// The JSON pointer of the operation in its document.
    pointer: String,
    /// The names of the path parameters, from left to right.
    path_parameters: Vec<String>,
    validator: OnceLock<Result<Validator, String>>,
}

struct Document {
    value: Value,
    registry: OnceLock<Result<Registry<'static>, String>>,
}

/// What the path and method of a request lead to.
pub(crate) enum Route<'a> {
    Operation(Endpoint<'a>),
    /// The path exists; these methods do.
    OtherMethods(Vec<&'a str>),
    Nothing,
}

/// An operation together with its document and the path parameters of this request, still percent-encoded.
pub(crate) struct Endpoint<'a> {
    pub(crate) operation: &'a Operation,
    document: &'a Document,
    path_parameters: Vec<(String, String)>,
}

impl Catalog {
    /// The embedded documents.
    pub(crate) fn embedded() -> Result<&'static Self, String> {
        static CATALOG: OnceLock<Result<Catalog, String>> = OnceLock::new();
        CATALOG.get_or_init(|| Self::new(DOCUMENTS)).as_ref().map_err(Clone::clone)
    }

    fn new(texts: &[(&'static str, &str)]) -> Result<Self, String> {
        let mut documents = BTreeMap::new();
        let mut paths: BTreeMap<String, BTreeMap<String, Operation>> = BTreeMap::new();
        for (product, text) in texts {
            let value: Value = serde_json::from_str(text).map_err(|error| format!("{product}.json: {error}"))?;
            for (path, item) in value["paths"].as_object().into_iter().flatten() {
                let (shape, path_parameters) = shape(path);
                for method in ["get", "post", "put", "patch", "delete"] {
                    let Some(description) = item.get(method) else { continue };
                    let id = description["operationId"]
                        .as_str()
                        .ok_or_else(|| format!("{product}.json: {method} {path} has no operationId"))?;
                    let operation = Operation {
                        id: id.to_owned(),
                        product,
                        pointer: format!("/paths/{}/{method}", path.replace('~', "~0").replace('/', "~1")),
                        path_parameters: path_parameters.clone(),
                        validator: OnceLock::new(),
                    };
                    // Where two documents differ in nothing but a parameter's name, no request can tell them apart.
                    let methods = paths.entry(shape.clone()).or_default();
                    methods.entry(method.to_ascii_uppercase()).or_insert(operation);
                }
            }
            documents.insert(*product, Document { value, registry: OnceLock::new() });
        }
        let mut router = Router::new();
        for (path, methods) in paths {
            router.insert(path.clone(), methods).map_err(|error| format!("{path}: {error}"))?;
        }
        Ok(Self { router, documents })
    }

    /// The operation behind a method and a raw path (no query).
    pub(crate) fn route(&self, method: &Method, path: &str) -> Route<'_> {
        let Ok(found) = self.router.at(path) else { return Route::Nothing };
        let Some(operation) = found.value.get(method.as_str()) else {
            return Route::OtherMethods(found.value.keys().map(String::as_str).collect());
        };
        Route::Operation(Endpoint {
            operation,
            document: &self.documents[operation.product],
            path_parameters: (operation.path_parameters.iter().cloned())
                .zip(found.params.iter().map(|(_, value)| value.to_owned()))
                .collect(),
        })
    }

    /// Whether an operation has this id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.documents.values().any(|document| {
            let items = document.value["paths"].as_object().into_iter().flat_map(|paths| paths.values());
            items.filter_map(Value::as_object).flat_map(|item| item.values()).any(|one| one["operationId"] == id)
        })
    }
}

/// A path template with its parameters numbered, and their names: templates that match the same paths become equal.
fn shape(path: &str) -> (String, Vec<String>) {
    let mut names = Vec::new();
    let segments =
        path.split('/').map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                names.push(name.to_owned());
                format!("{{{}}}", names.len())
            }
            None => segment.to_owned(),
        });
    (segments.collect::<Vec<_>>().join("/"), names)
}

impl Document {
    /// The schema that a `$ref` inside this document leads to, or the schema itself.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A chain of references this long can only be a circle.
        for _ in 0..32 {
            let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
            match target.and_then(|pointer| self.value.pointer(pointer)) {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }
}

impl Endpoint<'_> {
    fn description(&self) -> &Value {
        self.document.value.pointer(&self.operation.pointer).expect("found there when the catalog was made")
    }

    /// The schema of the request body and where it stands, if the operation has one.
    fn body(&self) -> Option<(&str, &Value, String)> {
        let (media_type, content) = self.description()["requestBody"]["content"].as_object()?.iter().next()?;
        let schema = &content["schema"];
        let pointer = match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
            Some(pointer) => pointer.to_owned(),
            None => {
                let escaped = media_type.replace('/', "~1");
                format!("{}/requestBody/content/{escaped}/schema", self.operation.pointer)
            }
        };
        Some((media_type, self.document.resolve(schema), pointer))
    }

    /// The documented success reply: its status, and content by media type.
    fn success(&self) -> (StatusCode, Option<(&str, &Value)>) {
        let responses = self.description()["responses"].as_object().into_iter().flatten();
        let success = responses.filter_map(|(status, reply)| {
            let status: StatusCode = status.parse().ok()?;
            status.is_success().then_some((status, reply))
        });
        let (status, reply) = success.min_by_key(|(status, _)| *status).unwrap_or((StatusCode::OK, &Value::Null));
        let content = self.document.resolve(reply)["content"].as_object().and_then(|content| content.iter().next());
        (status, content.map(|(media_type, content)| (media_type.as_str(), &content["schema"])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_operation_is_routed_and_compiles() {
        let catalog = Catalog::embedded().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for document in catalog.documents.values() {
            for (path, item) in document.value["paths"].as_object().into_iter().flatten() {
                for (method, description) in item.as_object().unwrap() {
                    if !seen.insert((shape(path).0, method)) {
                        continue;
                    }
                    let method: Method = method.to_ascii_uppercase().parse().unwrap();
                    let Route::Operation(endpoint) = catalog.route(&method, &path.replace(['{', '}'], "")) else {
                        panic!("{method} {path}")
                    };
                    assert_eq!(description["operationId"], endpoint.operation.id.as_str());
                    endpoint.validator().unwrap();
                    endpoint.example(&Value::Null, |text| Ok::<_, Problem>(text.to_owned())).map(drop).unwrap();
                }
            }
        }
        // Two differ in the name of a parameter only.
        assert_eq!(seen.len(), 1018);
    }

    #[test]
    fn every_example_is_whole() {
        let catalog = Catalog::embedded().unwrap();
        let (mut replies, mut missing) = (0, Vec::new());
        for document in catalog.documents.values() {
            for (path, item) in document.value["paths"].as_object().into_iter().flatten() {
                for method in item.as_object().unwrap().keys() {
                    let method: Method = method.to_ascii_uppercase().parse().unwrap();
                    let Route::Operation(endpoint) = catalog.route(&method, &path.replace(['{', '}'], "")) else {
                        panic!("{method} {path}")
                    };
                    let example = endpoint.example(&Value::Null, |text| Ok::<_, Problem>(text.to_owned())).unwrap();
                    if let (Content::Json(value), (_, Some((_, schema)))) = (example.content, endpoint.success()) {
                        replies += 1;
                        lacking(endpoint.document, schema, &endpoint.operation.id, &value, &mut missing);
                    }
                }
            }
        }
        assert_eq!((replies, missing), (905, Vec::<String>::new()));
    }

    /// Documented fields that a value does not have, at any depth; of lists, at least one element has them.
    fn lacking(document: &Document, schema: &Value, at: &str, value: &Value, missing: &mut Vec<String>) {
        let schema = document.resolve(schema);
        if let Some(inner) = schema.get("contentSchema") {
            match value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
                Some(inside) => lacking(document, inner, at, &inside, missing),
                None => missing.push(format!("{at} is no JSON")),
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            match value.get(name) {
                Some(member) => lacking(document, property, &format!("{at}.{name}"), member, missing),
                None => missing.push(format!("{at}.{name}")),
            }
        }
        if let Some(items) = schema.get("items") {
            match value.get(0) {
                Some(item) => lacking(document, items, &format!("{at}[]"), item, missing),
                None => missing.push(format!("{at}[]")),
            }
        }
    }

    #[test]
    fn every_embedded_event_has_an_example() {
        let catalog = Catalog::embedded().unwrap();
        let webhooks = catalog.documents["webhooks"].value["webhooks"].as_object().unwrap();
        assert_eq!(webhooks.len(), 102);
        for id in webhooks.keys() {
            let mut opened = 0;
            let encrypt = |text: &str| {
                opened += 1;
                Ok(format!("<{text}>"))
            };
            let example = catalog.event(id, None, encrypt).unwrap();
            assert_eq!(example.event_type.to_lowercase(), *id);
            assert!(example.resource.as_object().is_some_and(|members| !members.is_empty()), "{id}");
            assert_eq!(example.resource.to_string().matches("\"<").count(), opened, "{id}");
        }
        let shape = |original_type| {
            let example = catalog.event("transaction.success", original_type, |text| Ok(text.to_owned())).unwrap();
            (example.original_type.unwrap(), example.resource["receiver"].is_object())
        };
        assert_eq!(shape(None), ("transaction".to_owned(), false));
        assert_eq!(shape(Some("profitsharing")), ("profitsharing".to_owned(), true));
        assert!(catalog.event("tea.brewed", None, |text| Ok(text.to_owned())).is_err());
    }

    #[test]
    fn templates_that_match_the_same_paths_live_together() {
        let one = r#"{"paths": {
            "/a/{x}": {"get": {"operationId": "a.get"}},
            "/a/{y}/b": {"post": {"operationId": "a.b"}}
        }}"#;
        let two = r#"{"paths": {"/a/{z}": {"get": {"operationId": "a.other"}, "put": {"operationId": "a.put"}}}}"#;
        let catalog = Catalog::new(&[("one", one), ("two", two)]).unwrap();
        for (method, path, id, name) in [
            (Method::GET, "/a/1", "a.get", "x"),
            (Method::PUT, "/a/1", "a.put", "z"),
            (Method::POST, "/a/1/b", "a.b", "y"),
        ] {
            let Route::Operation(endpoint) = catalog.route(&method, path) else { panic!("{method} {path}") };
            assert_eq!(endpoint.operation.id, id);
            assert_eq!(endpoint.path_parameters, [(name.to_owned(), "1".to_owned())]);
        }
        assert!(matches!(catalog.route(&Method::GET, "/a/1/b"), Route::OtherMethods(methods) if methods == ["POST"]));
        assert!(catalog.knows("a.other") && !catalog.knows("a"));
        assert!(Catalog::new(&[("bad", r#"{"paths": {"/": {"get": {}}}}"#)]).is_err());
    }
}
