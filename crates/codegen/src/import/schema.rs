//! The schemas of the facts -> JSON Schema, nested objects and string enumerations hoisted into components.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::names::{Key, Site, resolve};
use super::variant_names;
use crate::Result;
use crate::words::{pascal, singular};

/// Where in a product a schema stands.
#[derive(Clone)]
pub(crate) struct At {
    /// Namespaces, action and properties around it, from the outermost in.
    pub(crate) context: Vec<String>,
    /// In a reply rather than a request.
    pub(crate) reply: bool,
}

/// Collects the shapes that become components, and once they are named writes them.
#[derive(Default)]
pub(crate) struct Hoist {
    sites: Vec<Site>,
    names: HashMap<Key, String>,
    /// Finished components, in the order of the document.
    pub(crate) components: Map<String, Value>,
}

impl Hoist {
    /// Ends the first walk: from here on components are written under their names.
    pub(crate) fn name_components(&mut self, reserved: &[String]) -> Result<()> {
        self.names = resolve(&self.sites, reserved)?;
        self.components.clear();
        Ok(())
    }

    /// An object whose properties stay in place: the body of a request or a reply, or a component.
    pub(crate) fn object(&mut self, schema: &Value, at: &At) -> Result<Value> {
        if schema["type"] != "object" {
            return Err(format!("the body is {} and not an object", schema["type"]));
        }
        let mut properties = Map::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let value = self.property(name, property, at).map_err(|error| format!("{name}: {error}"))?;
            properties.insert(name.clone(), value);
        }
        let mut out = json!({"type": "object", "properties": properties});
        if let Some(required) = schema["required"].as_array().filter(|list| !list.is_empty()) {
            out["required"] = json!(required);
        }
        Ok(out)
    }

    /// The schema of a property or parameter of this name.
    pub(crate) fn property(&mut self, name: &str, schema: &Value, at: &At) -> Result<Value> {
        let Some(schema) = schema.as_object() else { return Err(format!("{schema} is not a schema")) };
        let mut out = Map::new();
        if let Some(kind) = schema.get("type") {
            out.insert("type".to_owned(), kind.clone());
        }
        let textual = schema.get("enum").and_then(Value::as_array).filter(|list| list.iter().all(Value::is_string));
        if let Some(literals) = textual {
            // Also where the source calls a list of words a number.
            let reference = self.component(name, &json!({"type": "string", "enum": literals}), at)?;
            out = Map::from_iter([("$ref".to_owned(), json!(reference))]);
        } else if schema.get("properties").is_some() {
            let reference = self.component(name, &Value::Object(schema.clone()), at)?;
            out = Map::from_iter([("$ref".to_owned(), json!(reference))]);
        }
        for (key, value) in schema {
            let (key, value) = match key.as_str() {
                "type" | "properties" | "required" => continue,
                "enum" if textual.is_some() => continue,
                "enum" | "default" => (key.as_str(), value.clone()),
                "items" => (key.as_str(), self.property(&singular(name), value, at)?),
                "one_of" => ("oneOf", self.alternatives(name, value, at)?),
                "example" => ("examples", json!([value])),
                "max_length" => ("maxLength", value.clone()),
                "min_items" => ("minItems", value.clone()),
                "max_items" => ("maxItems", value.clone()),
                "encrypted" => ("x-wechatpay-encrypted", value.clone()),
                "format" if value == "json" => ("contentMediaType", json!("application/json")),
                "format" => (key.as_str(), value.clone()),
                "content_schema" if at.reply => ("contentSchema", inline(value)),
                "content_schema" => ("contentSchema", self.property(name, value, at)?),
                other => return Err(format!("unknown schema key {other}")),
            };
            out.insert(key.to_owned(), value);
        }
        if name.ends_with("openid") && out.get("type").is_some_and(|kind| kind == "string") {
            out.insert("x-wechatpay-sensitive".to_owned(), json!(true));
        }
        Ok(Value::Object(out))
    }

    fn alternatives(&mut self, name: &str, list: &Value, at: &At) -> Result<Value> {
        let list = list.as_array().ok_or("one_of is not a list")?;
        list.iter().map(|schema| self.property(name, schema, at)).collect::<Result<Vec<_>>>().map(Value::Array)
    }

    /// Hoists an enumeration or an object and returns the reference to it.
    fn component(&mut self, name: &str, schema: &Value, at: &At) -> Result<String> {
        let own = pascal(name);
        let object = schema["type"] == "object";
        let key = Key { own: own.clone(), reply_object: at.reply && object, shape: canonical(schema).to_string() };
        let inside = At { context: at.context.iter().cloned().chain([own]).collect(), reply: at.reply };
        let Some(component) = self.names.get(&key).cloned() else {
            self.sites.push(Site { key, context: at.context.clone(), reply: at.reply });
            if object {
                self.object(schema, &inside)?;
            }
            return Ok(String::new());
        };
        if !self.components.contains_key(&component) {
            // Keeps its place before what it holds.
            self.components.insert(component.clone(), Value::Null);
            let body = if object { self.object(schema, &inside)? } else { enumeration(schema) };
            self.components.insert(component.clone(), body);
        }
        Ok(format!("#/components/schemas/{component}"))
    }
}

fn enumeration(schema: &Value) -> Value {
    let literals: Vec<&str> = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut out = json!({"type": "string", "enum": literals});
    if let Some(names) = variant_names(&literals) {
        out["x-enum-varnames"] = json!(names);
    }
    out
}

/// The JSON text in a reply is handed over as text, so what it holds is documentation and names no types.
fn inline(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in map {
        let (key, value) = match key.as_str() {
            "properties" => {
                let inner =
                    value.as_object().into_iter().flatten().map(|(name, property)| (name.clone(), inline(property)));
                (key.as_str(), inner.collect())
            }
            "items" => (key.as_str(), inline(value)),
            "content_schema" => ("contentSchema", inline(value)),
            "format" if value == "json" => ("contentMediaType", json!("application/json")),
            "encrypted" => ("x-wechatpay-encrypted", value.clone()),
            "example" => ("examples", json!([value])),
            "max_length" => ("maxLength", value.clone()),
            _ => (key.as_str(), value.clone()),
        };
        out.insert(key.to_owned(), value);
    }
    Value::Object(out)
}

/// The shape without what does not make it another: examples, and the order of properties and literals.
fn canonical(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> = map
                .iter()
                .filter(|(key, value)| *key != "example" || value.is_object())
                .map(|(key, value)| (key, canonical(value)))
                .collect();
            sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(canonical).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        other => other.clone(),
    }
}
