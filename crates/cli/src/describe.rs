//! `wechatpay describe`: an operation in full, and a call of it in each language.

use serde_json::{Map, Value, json};
use wechatpay_sdk::operation::{Operation, Param, Schema, namespaces};

use crate::args::{DescribeArgs, Language};
use crate::failure::Failure;
use crate::operations::in_full;
use crate::output::line;
use crate::values::operation;

const LANGUAGES: [(Language, &str); 6] = [
    (Language::Shell, "Shell"),
    (Language::Rust, "Rust"),
    (Language::Python, "Python"),
    (Language::Node, "Node.js"),
    (Language::C, "C"),
    (Language::Php, "PHP"),
];
/// Where Python wants another name.
const PYTHON_KEYWORDS: [&str; 36] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "self", "try", "while", "with", "yield",
];

pub(crate) fn run(args: &DescribeArgs) -> Result<(), Failure> {
    let operation = operation(&args.id)?;
    let record = record(operation);
    if let Some(language) = args.language {
        return line(&call(language, operation, &record));
    }
    let calls =
        LANGUAGES.map(|(language, name)| format!("\n{name}:\n{}", indented(&call(language, operation, &record))));
    line(&format!("{}\n{}", in_full(operation), calls.join("\n")))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// What is required, with values to be replaced.
fn record(operation: &Operation) -> Map<String, Value> {
    let required = operation.params.iter().filter(|param| param.required);
    required.map(|Param { name, schema, .. }| ((*name).to_owned(), value(name, schema))).collect()
}

fn value(name: &str, schema: &Schema) -> Value {
    match schema {
        Schema::String { values: [first, ..], .. } => json!(first),
        Schema::String { .. } | Schema::Computed(_) => json!(name.to_uppercase()),
        Schema::Integer | Schema::Number => json!(1),
        Schema::Boolean => json!(true),
        Schema::Array(items) => json!([value(name, items)]),
        Schema::Object(fields) => {
            let required = fields.iter().filter(|field| field.required);
            required.map(|field| (field.name.to_owned(), value(field.name, field.schema))).collect()
        }
        Schema::JsonText(inner) => value(name, inner),
        Schema::Binary => json!({"path": "FILE"}),
        Schema::Any => json!({}),
    }
}

fn call(language: Language, operation: &Operation, record: &Map<String, Value>) -> String {
    let id = operation.id;
    let steps: Vec<&str> = id.split('.').collect();
    let json = Value::from(record.clone()).to_string();
    match language {
        Language::Shell => shell(operation, record),
        Language::Rust => format!(
            "// typed, with the feature {:?}: wechatpay_sdk::{}\nlet params = serde_json::from_str(r#\"{json}\"#)?;\n\
             let reply = client.call({id:?}, params).await?;",
            feature(id),
            type_path(&steps),
        ),
        Language::Python => {
            let path: Vec<String> = steps.iter().map(|step| python_name(step)).collect();
            let arguments: Vec<String> =
                record.iter().map(|(name, value)| format!("{}={}", python_name(name), python(value))).collect();
            format!("reply = client.{}({})", path.join("."), arguments.join(", "))
        }
        Language::Node => {
            let path: Vec<String> = steps.iter().map(|step| camel(step)).collect();
            let params = if record.is_empty() { String::new() } else { node(&Value::from(record.clone())) };
            format!("const reply = await client.{}({params});", path.join("."))
        }
        Language::C => format!(
            "const char *json = {:?};\nwechatpay_reply *reply;\n\
             wechatpay_error *error = wechatpay_{}(client, json, strlen(json), &reply);",
            json,
            id.replace('.', "_"),
        ),
        Language::Php => {
            let path: Vec<String> = steps.iter().map(|step| camel(step)).collect();
            let params = if record.is_empty() { String::new() } else { php(&Value::from(record.clone())) };
            format!("$reply = $client->{}({params});", path.join("->"))
        }
    }
}

fn shell(operation: &Operation, record: &Map<String, Value>) -> String {
    let arguments = record.iter().map(|(name, value)| {
        let file = operation.params.iter().any(|param| param.name == name && matches!(param.schema, Schema::Binary));
        match value {
            _ if file => format!(" {name}=@FILE"),
            Value::String(text) => format!(" {}", quoted(&format!("{name}={text}"))),
            value => format!(" {}", quoted(&format!("{name}:={value}"))),
        }
    });
    format!("wechatpay call {}{}", operation.id, arguments.collect::<String>())
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-=:./@".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The feature of the product: `marketing.bank.…` is in `marketing-bank`.
fn feature(id: &str) -> String {
    let inside = |namespace: &&str| id.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('.'));
    namespaces().find(inside).unwrap_or_default().replace(['.', '_'], "-")
}

fn type_path(steps: &[&str]) -> String {
    let (action, modules) = steps.split_last().expect("an id has segments");
    let name: String = action.split('_').map(capital).collect();
    format!("{}::{name}", modules.join("::"))
}

fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + rest
}

fn camel(step: &str) -> String {
    let (first, rest) = step.split_once('_').unwrap_or((step, ""));
    first.to_owned() + &rest.split('_').map(capital).collect::<String>()
}

fn python_name(name: &str) -> String {
    if PYTHON_KEYWORDS.contains(&name) { format!("{name}_") } else { name.replace('-', "_").to_lowercase() }
}

/// As [`value`] writes one.
fn is_file(members: &Map<String, Value>) -> bool {
    members.get("content").is_some_and(|content| content == "BASE64")
}

fn python(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if is_file(members) => "(\"FILE\", content)".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name:?}: {}", python(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn node(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(node).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if is_file(members) => "{ filename: 'FILE', content }".to_owned(),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let name = |name: &str| if name.contains('-') { format!("'{name}'") } else { name.to_owned() };
            let members = members.iter().map(|(key, value)| format!("{}: {}", name(key), node(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}

fn php(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(php).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if is_file(members) => "['filename' => 'FILE', 'content' => $content]".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("'{name}' => {}", php(value)));
            format!("[{}]", members.collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => format!("'{text}'"),
        other => other.to_string(),
    }
}
