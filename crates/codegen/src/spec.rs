//! `spec/*.json` -> the model. Follows references and never invents a name.

mod events;

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::model::{
    BodyKind, Component, Computed, Field, Operation, Paging, Place, Product, Reply, Shape, Step, Type,
    namespace_length, variants,
};
use crate::{Result, WEBHOOKS};

pub(crate) use events::read_events;

const COMPONENT: &str = "#/components/schemas/";
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads the document of every product in the directory, sorted by name.
pub(crate) fn read_all(dir: &Path) -> Result<Vec<Product>> {
    let entries = std::fs::read_dir(dir).map_err(|error| format!("cannot read {}: {error}", dir.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.retain(|path| path.file_stem().is_some_and(|stem| stem != WEBHOOKS));
    paths.sort();
    let products: Vec<Product> = paths
        .iter()
        .map(|path| read(path).map_err(|error| format!("{}: {error}", path.display())))
        .collect::<Result<_>>()?;
    for product in &products {
        let below = |other: &&Product| other.name != product.name && other.namespace.starts_with(&product.namespace);
        if let Some(other) = products.iter().find(below) {
            return Err(format!("{} and {} claim the same namespace", product.name, other.name));
        }
    }
    Ok(products)
}

fn document(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<Product> {
    let document = document(path)?;
    let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("the file has no name")?.to_owned();
    let mut reader = Reader { schemas: &document["components"]["schemas"], components: Vec::new(), at: HashMap::new() };
    let mut operations = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(item).filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let mut read =
                reader.operation(method, path, operation).map_err(|error| format!("{method} {path}: {error}"))?;
            read.depth = read.id.split('.').count() - 1 - namespace_length(&name, &read.id)?;
            operations.push(read);
        }
    }
    operations.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(pair) = operations.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(format!("operationId {} is there twice", pair[0].id));
    }
    check_read_back(&operations)?;
    let first = operations.first().ok_or("there is no operation")?;
    let namespace: Vec<String> =
        first.id.split('.').take(namespace_length(&name, &first.id)?).map(str::to_owned).collect();
    Ok(Product { name, namespace, operations, components: reader.in_order() })
}

/// Where a schema stands: a request and a reply say different things with the same words.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Request,
    Reply,
    /// Read like a reply.
    Event,
}

struct Reader<'a> {
    schemas: &'a Value,
    components: Vec<Component>,
    at: HashMap<String, usize>,
}

impl Reader<'_> {
    /// The components that were reached, in the order of the document.
    fn in_order(self) -> Vec<Component> {
        let order: HashMap<&String, usize> =
            members(self.schemas).enumerate().map(|(at, (name, _))| (name, at)).collect();
        let mut components = self.components;
        components.sort_by_key(|component| order.get(&component.name).copied());
        components
    }

    fn operation(&mut self, method: &str, path: &str, node: &Value) -> Result<Operation> {
        let mut params = Vec::new();
        for parameter in list(&node["parameters"]) {
            let name = text(&parameter["name"]).ok_or("a parameter has no name")?;
            let place = match text(&parameter["in"]) {
                Some("path") => Place::Path,
                Some("query") => Place::Query,
                Some("header") => Place::Header,
                other => return Err(format!("{name}: in {other:?} is not supported")),
            };
            params.push((
                place,
                self.field(name, parameter["required"] == true, &parameter["schema"], Direction::Request)?,
            ));
        }
        let mut body = BodyKind::None;
        if let Some((media, content)) = members(&node["requestBody"]["content"]).next() {
            body = match media.as_str() {
                "application/json" => BodyKind::Json,
                "multipart/form-data" => BodyKind::Multipart,
                other => return Err(format!("a body of {other} is not supported")),
            };
            let mut fields = self.fields(&content["schema"], Direction::Request)?;
            fields.iter_mut().for_each(|field| field.required &= !self.says_nothing_of_its_own(field));
            params.extend(fields.into_iter().map(|field| (Place::Body, field)));
        }
        for (at, (_, field)) in params.iter().enumerate() {
            if params[..at].iter().any(|(_, other)| other.name == field.name && other.ty != field.ty) {
                return Err(format!("{} stands in two places with two types", field.name));
            }
        }
        let reply = self.reply(&node["responses"])?;
        // The client takes no signature there: it must be said, and nowhere else.
        if matches!(reply, Reply::Binary) != (node["x-wechatpay-unsigned-reply"] == true) {
            return Err("x-wechatpay-unsigned-reply belongs to a reply that is a file, and to no other".to_owned());
        }
        let mut encrypted_reply = Vec::new();
        if let Some(schema) =
            success(&node["responses"]).and_then(|response| response.pointer("/content/application~1json/schema"))
        {
            self.encrypted(schema, "", &mut Vec::new(), &mut encrypted_reply);
        }
        Ok(Operation {
            id: text(&node["operationId"]).ok_or("no operationId")?.to_owned(),
            depth: 0,
            title: text(&node["summary"]).unwrap_or_default().to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            host: text(&node["servers"][0]["url"]).map(str::to_owned),
            doc_url: text(&node["externalDocs"]["url"]).unwrap_or_default().to_owned(),
            modes: texts(&node["x-wechatpay-modes"]),
            status: texts(&node["x-wechatpay-status"]),
            superseded_by: texts(&node["x-wechatpay-superseded-by"]),
            idempotent: idempotent(method, &node["x-wechatpay-idempotent"])?,
            read_back: text(&node["x-wechatpay-read-back"]).map(str::to_owned),
            params,
            body,
            reply,
            encrypted_reply,
            paging: paging(&node["x-wechatpay-paging"])?,
        })
    }

    fn reply(&mut self, responses: &Value) -> Result<Reply> {
        let response = success(responses).ok_or("no success response")?;
        let Some((media, content)) = members(&response["content"]).next() else { return Ok(Reply::Empty) };
        if media == "application/json" {
            return Ok(Reply::Json(self.fields(&content["schema"], Direction::Reply)?));
        }
        Ok(Reply::Binary)
    }

    fn fields(&mut self, schema: &Value, direction: Direction) -> Result<Vec<Field>> {
        let required = texts(&schema["required"]);
        members(&schema["properties"])
            .map(|(name, property)| self.field(name, required.contains(name), property, direction))
            .collect()
    }

    fn field(&mut self, name: &str, required: bool, schema: &Value, direction: Direction) -> Result<Field> {
        let ty = self.ty(name, schema, direction).map_err(|error| format!("{name}: {error}"))?;
        let given = [&schema["examples"][0], &schema["default"]].into_iter().find(|value| !value.is_null()).cloned();
        let inside = schema.get("contentSchema").map(|inner| Value::String(inside(name, inner).to_string()));
        let given = given.or(inside);
        let computed = self.computed(schema).map_err(|error| format!("{name}: {error}"))?;
        let (required, notes) = (required && computed.is_none(), notes(schema, direction));
        Ok(Field { name: name.to_owned(), required, ty, notes, given, computed })
    }

    /// The `meta` of an upload in which everything that is required is computed.
    fn says_nothing_of_its_own(&self, field: &Field) -> bool {
        let Type::Json(inner) = &field.ty else { return false };
        let Type::Named(name) = &**inner else { return false };
        let Shape::Object(fields) = &self.components[self.at[name]].shape else { return false };
        fields.iter().any(|field| field.computed.is_some()) && fields.iter().all(|field| !field.required)
    }

    fn computed(&self, schema: &Value) -> Result<Option<Computed>> {
        let literal = || {
            let name = text(&schema["$ref"])?.strip_prefix(COMPONENT)?;
            text(&self.schemas.get(name)?["enum"][0]).map(str::to_owned)
        };
        Ok(Some(match text(&schema["x-wechatpay-computed"]) {
            None => return Ok(None),
            Some("filename") => Computed::FileName,
            Some("sha256") => Computed::Sha256,
            Some("sm3") => Computed::Sm3,
            Some("literal") => Computed::Literal(literal().ok_or("x-wechatpay-computed: no enumeration to take from")?),
            Some(other) => return Err(format!("x-wechatpay-computed: {other} is not known")),
        }))
    }

    fn ty(&mut self, name: &str, schema: &Value, direction: Direction) -> Result<Type> {
        if let Some(reference) = text(&schema["$ref"]) {
            return self.named(name, reference, direction);
        }
        let encrypted = schema.get("x-wechatpay-encrypted").is_some();
        Ok(match text(&schema["type"]) {
            Some("string") if schema.get("enum").is_some() => return Err(inline("an enumeration")),
            Some("string") if schema["format"] == "binary" => Type::File,
            Some("string") if schema.get("contentSchema").is_some() && direction == Direction::Request => {
                Type::Json(Box::new(self.ty(name, &schema["contentSchema"], direction)?))
            }
            Some("string") if encrypted || schema["x-wechatpay-sensitive"] == true => {
                Type::Secret { encrypted: encrypted && direction == Direction::Request }
            }
            Some("string") => Type::Text,
            Some("integer") => Type::Integer,
            Some("number") => Type::Number,
            Some("boolean") => Type::Boolean,
            Some("array") => Type::Array(Box::new(self.ty(name, &schema["items"], direction)?)),
            Some("object") if schema.get("properties").is_some() => return Err(inline("an object")),
            _ => Type::Any,
        })
    }

    fn named(&mut self, used_as: &str, reference: &str, direction: Direction) -> Result<Type> {
        let name =
            reference.strip_prefix(COMPONENT).ok_or_else(|| format!("{reference} is not in {COMPONENT}"))?.to_owned();
        let schema = self.schemas.get(&name).ok_or_else(|| format!("{reference} does not exist"))?;
        if !self.at.contains_key(&name) {
            self.at.insert(name.clone(), self.components.len());
            self.components.push(Component {
                name: name.clone(),
                used_as: Vec::new(),
                in_request: false,
                in_reply: false,
                shape: Shape::Object(Vec::new()),
            });
            let at = self.components.len() - 1;
            let shape = self.shape(schema, direction).map_err(|error| format!("{name}: {error}"))?;
            self.components[at].shape = shape;
        }
        let component = &mut self.components[self.at[&name]];
        component.in_request |= direction == Direction::Request;
        component.in_reply |= direction != Direction::Request;
        if !component.used_as.iter().any(|known| known == used_as) {
            component.used_as.push(used_as.to_owned());
        }
        if component.in_request && component.in_reply && matches!(component.shape, Shape::Object(_)) {
            return Err(format!("object {name} serves requests and replies: give the reply a component of its own"));
        }
        Ok(Type::Named(name))
    }

    fn shape(&mut self, schema: &Value, direction: Direction) -> Result<Shape> {
        if schema["type"] == "object" {
            return Ok(Shape::Object(self.fields(schema, direction)?));
        }
        if schema["type"] == "string" && schema.get("enum").is_some() {
            let literals: Vec<&str> = list(&schema["enum"]).filter_map(text).collect();
            let names = schema.get("x-enum-varnames").map(|names| list(names).filter_map(text).collect());
            return Ok(Shape::Enum(variants(&literals, names)?));
        }
        Err("a component must be an object or an enumeration of strings".to_owned())
    }

    /// Paths of the fields below a reply that the platform encrypts for the merchant.
    fn encrypted(&self, schema: &Value, path: &str, inside: &mut Vec<String>, found: &mut Vec<String>) {
        if let Some(reference) = text(&schema["$ref"]).and_then(|reference| reference.strip_prefix(COMPONENT)) {
            if !inside.iter().any(|name| name == reference) {
                inside.push(reference.to_owned());
                self.encrypted(&self.schemas[reference], path, inside, found);
                inside.pop();
            }
            return;
        }
        if schema.get("x-wechatpay-encrypted").is_some() {
            found.push(path.to_owned());
        }
        if schema.get("items").is_some() {
            self.encrypted(&schema["items"], &format!("{path}[]"), inside, found);
        }
        for (name, property) in members(&schema["properties"]) {
            let dot = if path.is_empty() { "" } else { "." };
            self.encrypted(property, &format!("{path}{dot}{name}"), inside, found);
        }
    }
}

/// A GET changes nothing; whatever else may be repeated says why, and where that is written.
fn idempotent(method: &str, mark: &Value) -> Result<bool> {
    if mark.is_null() {
        return Ok(method == "get");
    }
    if ["because", "document"].iter().all(|key| text(&mark[*key]).is_some_and(|text| !text.is_empty())) {
        return Ok(true);
    }
    Err("x-wechatpay-idempotent needs because and document".to_owned())
}

/// What reads an operation back is a GET of the same document.
fn check_read_back(operations: &[Operation]) -> Result<()> {
    let read_back = |it: &Operation| it.read_back.clone().map(|query| (it.id.clone(), query));
    for (id, query) in operations.iter().filter_map(read_back) {
        if !operations.iter().any(|operation| operation.id == query && operation.method == "GET") {
            return Err(format!("{id}: x-wechatpay-read-back names {query}, which is no GET of this document"));
        }
    }
    Ok(())
}

fn inline(what: &str) -> String {
    format!("{what} without a name: move it to components/schemas and refer to it")
}

fn notes(schema: &Value, direction: Direction) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(description) = text(&schema["description"]) {
        notes.push(format!("{}.", description.trim_end_matches('.')));
    }
    let items = &schema["items"];
    match (&schema["minItems"], &schema["maxItems"]) {
        (Value::Number(min), Value::Number(max)) => notes.push(format!("{min} to {max} items.")),
        (Value::Number(min), _) => notes.push(format!("At least {min} items.")),
        (_, Value::Number(max)) => notes.push(format!("At most {max} items.")),
        _ => {}
    }
    if let Value::Number(length) = &schema["maxLength"] {
        notes.push(format!("At most {length} characters."));
    }
    if schema["format"] == "date-time" {
        notes.push("RFC 3339 time.".to_owned());
    }
    if schema.get("contentSchema").is_some() && direction != Direction::Request {
        notes.push("JSON text.".to_owned());
    }
    if schema.get("x-wechatpay-computed").is_some() {
        notes.push("Worked out from the file where it is left out.".to_owned());
    }
    if schema.get("x-wechatpay-encrypted").is_some() {
        notes.push(
            match direction {
                Direction::Request => "Encrypted under the platform's key before it is sent.",
                Direction::Reply => "Decrypted with the merchant's key.",
                Direction::Event => {
                    "Encrypted for the merchant: in plaintext where the receiver was made from a client, else ciphertext."
                }
            }
            .to_owned(),
        );
    }
    let values: Vec<String> = list(&schema["enum"]).map(|value| format!("`{value}`")).collect();
    if !values.is_empty() {
        notes.push(format!("Values: {}.", values.join(", ")));
    }
    let example = schema["examples"].get(0).or_else(|| items["examples"].get(0)).and_then(example);
    notes.extend(example.map(|example| format!("Example: `{example}`.")));
    notes
}

/// What a JSON text holds by way of example: each text its own name.
fn inside(name: &str, schema: &Value) -> Value {
    match text(&schema["type"]) {
        Some("object") => {
            members(&schema["properties"]).map(|(name, schema)| (name.clone(), inside(name, schema))).collect()
        }
        Some("array") => json!([inside(name, &schema["items"])]),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        _ => json!(name),
    }
}

/// A short scalar that can stand in any language's doc comment.
fn example(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    let plain = !text.is_empty() && text.len() <= 64 && !text.contains(['`', '\\', '"', '\n', '\r', '*']);
    plain.then_some(text)
}

fn paging(node: &Value) -> Result<Option<Paging>> {
    if node.is_null() {
        return Ok(None);
    }
    let own = |name: &str| text(&node[name]).map(str::to_owned);
    let must = |name: &str| own(name).ok_or_else(|| format!("x-wechatpay-paging needs {name}"));
    let step = match text(&node["by"]) {
        Some("item") => Step::Item,
        Some("page") => Step::Page,
        Some("token") => Step::Token(must("next")?),
        _ => return Err("x-wechatpay-paging is by item, page or token".to_owned()),
    };
    Ok(Some(Paging { items: must("items")?, at: must("at")?, size: must("size")?, total: own("total"), step }))
}

fn success(responses: &Value) -> Option<&Value> {
    members(responses).find(|(status, _)| status.starts_with('2')).map(|(_, response)| response)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> Option<&str> {
    value.as_str()
}

fn texts(value: &Value) -> Vec<String> {
    list(value).filter_map(text).map(str::to_owned).collect()
}
