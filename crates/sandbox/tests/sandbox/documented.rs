//! Whether a reply is what the document of its operation promises.

use std::fs;
use std::path::Path;

use jsonschema::{Draft, Registry};
use serde_json::{Value, json};

use crate::client::Reply;

/// A document of `spec/`, ready to hold replies against.
pub(crate) struct Document {
    pub(crate) value: Value,
    registry: Registry<'static>,
}

impl Document {
    pub(crate) fn read(path: &Path) -> Self {
        let value: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let registry = Registry::new().draft(Draft::Draft202012).add("urn:spec", value.clone()).unwrap();
        Self { value, registry: registry.prepare().unwrap() }
    }

    /// The operations, and where each stands.
    pub(crate) fn operations(&self) -> Vec<(String, Value)> {
        let items = self.value["paths"].as_object().unwrap().iter();
        let operations = items.flat_map(|(path, item)| {
            let path = path.replace('/', "~1");
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("/paths/{path}/{method}"), operation.clone()))
        });
        operations.collect()
    }

    /// What is wrong with the JSON reply of the operation that stands there.
    pub(crate) fn wrong(&self, pointer: &str, status: u16, body: &Value) -> Vec<String> {
        let at = format!("{pointer}/responses/{status}/content/application~1json/schema");
        assert!(self.value.pointer(&at).is_some(), "{at}");
        let reference = format!("urn:spec#{}", at.replace('{', "%7B").replace('}', "%7D"));
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .build(&json!({"$ref": reference}))
            .unwrap();
        validator.iter_errors(body).map(|error| error.to_string()).collect()
    }
}

/// The JSON of a reply of this operation, which must be a success and as documented.
pub(crate) fn documented(operation: &str, reply: &Reply) -> Value {
    let product = operation.split('.').next().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../spec/{product}.json"));
    let document = Document::read(&path);
    let (pointer, _) = document.operations().into_iter().find(|(_, one)| one["operationId"] == operation).unwrap();
    assert_eq!(reply.status, 200, "{operation}: {}", reply.json());
    assert_eq!(document.wrong(&pointer, reply.status, &reply.json()), Vec::<String>::new(), "{operation}");
    reply.json()
}
