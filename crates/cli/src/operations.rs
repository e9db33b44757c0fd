//! `wechatpay operations`: what can be called.

use std::fmt::Write as _;

use serde_json::{Value, json};
use wechatpay_sdk::Error;
use wechatpay_sdk::operation::{
    BodyKind, Field, Operation, Place, ReplyKind, Schema, find_operation, namespaces, operations,
};

use crate::args::OperationsArgs;
use crate::failure::Failure;
use crate::output::line;

pub(crate) fn run(args: &OperationsArgs) -> Result<(), Failure> {
    let words = args.words.join(" ");
    let found = find(&args.words);
    if found.is_empty() {
        let ids = operations().iter().map(|operation| operation.id);
        let near = wechatpay_sdk::suggest::closest(&words, namespaces().chain(ids));
        let hint = near.map_or("`wechatpay operations` lists all".to_owned(), |near| format!("did you mean {near}?"));
        return Err(Error::bad_argument(&words, format!("is in no operation's id, path or title; {hint}")).into());
    }
    if args.json {
        let list: Vec<Value> = found.into_iter().map(record).collect();
        return line(&format!("{:#}", Value::Array(list)));
    }
    match found[..] {
        [operation] if operation.id == words => line(&in_full(operation)),
        _ => line(&table(&found)),
    }
}

/// Those in which each of the words stands: in the id, the title or the path. A word that begins ids is meant as that.
fn find(words: &[String]) -> Vec<&'static Operation> {
    if let [word] = words {
        if let Some(operation) = find_operation(word) {
            return vec![operation];
        }
        let begin: Vec<_> = operations().iter().copied().filter(|operation| operation.id.starts_with(word)).collect();
        if !begin.is_empty() {
            return begin;
        }
    }
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let has = |operation: &Operation| {
        let text = format!("{} {} {}", operation.id, operation.path, operation.title).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    operations().iter().copied().filter(|operation| has(operation)).collect()
}

fn table(found: &[&Operation]) -> String {
    let width = |of: fn(&Operation) -> &str| found.iter().map(|operation| of(operation).len()).max().unwrap_or(0);
    let (ids, paths) = (width(|operation| operation.id), width(|operation| operation.path));
    let rows = found.iter().map(|operation| {
        let (id, method, path, title) = (operation.id, operation.method.as_str(), operation.path, operation.title);
        format!("{id:ids$}  {method:6}  {path:paths$}  {title}")
    });
    rows.collect::<Vec<_>>().join("\n")
}

pub(crate) fn in_full(operation: &Operation) -> String {
    let mut text = format!("{}\n{}\n{} {}\n", operation.id, operation.title, operation.method, operation.path);
    if let Some(host) = operation.host {
        let _ = writeln!(text, "host: {host}");
    }
    let reply = match operation.reply {
        ReplyKind::Empty => "none",
        ReplyKind::Json => "a JSON object",
        ReplyKind::Binary => "a file (--output FILE)",
    };
    let idempotent = if operation.idempotent { "yes" } else { "no: repeating it may act twice" };
    let _ = writeln!(text, "reply: {reply}\nidempotent: {idempotent}");
    if let Some(query) = operation.read_back {
        let _ = writeln!(text, "read back by: {query}");
    }
    let _ = writeln!(text, "document: {}\nparameters:", operation.doc_url);
    for param in operation.params {
        describe(&mut text, 1, param.name, param.required, param.schema, Some(place(param.place)));
    }
    if operation.params.is_empty() {
        text.push_str("  none\n");
    }
    text.truncate(text.trim_end().len());
    text
}

fn describe(text: &mut String, depth: usize, name: &str, required: bool, schema: &Schema, place: Option<&str>) {
    let indent = "  ".repeat(depth);
    let need = if required { "required" } else { "optional" };
    let place = place.map_or(String::new(), |place| format!(", in {place}"));
    let _ = writeln!(text, "{indent}{name}: {}, {need}{place}", type_name(schema));
    match innermost(schema) {
        Schema::String { values, .. } if !values.is_empty() => {
            let _ = writeln!(text, "{indent}  one of {} (newer ones pass)", values.join(", "));
        }
        Schema::Object(fields) => {
            for Field { name, required, schema } in *fields {
                describe(text, depth + 1, name, *required, schema, None);
            }
        }
        _ => {}
    }
}

fn innermost(schema: &Schema) -> &Schema {
    match schema {
        Schema::Array(inner) | Schema::JsonText(inner) => innermost(inner),
        other => other,
    }
}

fn type_name(schema: &Schema) -> String {
    match schema {
        Schema::Any => "any".to_owned(),
        Schema::String { encrypted: true, .. } => "string (encrypted for you)".to_owned(),
        Schema::String { .. } | Schema::Computed(_) => "string".to_owned(),
        Schema::Integer => "integer".to_owned(),
        Schema::Number => "number".to_owned(),
        Schema::Boolean => "boolean".to_owned(),
        Schema::Array(items) => format!("list of {}", type_name(items)),
        Schema::Object(_) => "object".to_owned(),
        Schema::JsonText(_) => "object (sent as JSON text)".to_owned(),
        Schema::Binary => "file (@FILE)".to_owned(),
    }
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
        Place::Body => "body",
    }
}

fn record(operation: &Operation) -> Value {
    let params: Vec<Value> = operation
        .params
        .iter()
        .map(|param| {
            let record = json!({"name": param.name, "place": place(param.place), "required": param.required});
            with_shape(record, param.schema)
        })
        .collect();
    json!({
        "id": operation.id,
        "title": operation.title,
        "method": operation.method.as_str(),
        "path": operation.path,
        "host": operation.host,
        "params": params,
        "body": match operation.body {
            BodyKind::None => "empty",
            BodyKind::Json => "json",
            BodyKind::Multipart => "multipart",
        },
        "reply": match operation.reply {
            ReplyKind::Empty => "empty",
            ReplyKind::Json => "json",
            ReplyKind::Binary => "file",
        },
        "encrypted_reply": operation.encrypted_reply,
        "idempotent": operation.idempotent,
        "read_back": operation.read_back,
        "doc_url": operation.doc_url,
    })
}

/// Adds a schema's members: `type`, and with it `values`, `encrypted`, `items`, `fields` or `content`.
fn with_shape(mut record: Value, schema: &Schema) -> Value {
    let inner = |schema| with_shape(json!({}), schema);
    record["type"] = json!(match schema {
        Schema::Any => "any",
        Schema::String { .. } | Schema::Computed(_) => "string",
        Schema::Integer => "integer",
        Schema::Number => "number",
        Schema::Boolean => "boolean",
        Schema::Array(_) => "list",
        Schema::Object(_) => "object",
        Schema::JsonText(_) => "json_text",
        Schema::Binary => "file",
    });
    match schema {
        Schema::String { values, encrypted } => {
            if !values.is_empty() {
                record["values"] = json!(values);
            }
            if *encrypted {
                record["encrypted"] = json!(true);
            }
        }
        Schema::Array(items) => record["items"] = inner(items),
        Schema::JsonText(content) => record["content"] = inner(content),
        Schema::Object(fields) => record["fields"] = fields.iter().map(field).collect(),
        _ => {}
    }
    record
}

fn field(field: &Field) -> Value {
    with_shape(json!({"name": field.name, "required": field.required}), field.schema)
}
