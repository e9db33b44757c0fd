//! Issue: "Missing request fields are refused before anything is sent". Derived from the table: every operation, every
//! required parameter, and every value that a Rust struct holds where nobody set one.

use serde_json::{Map, Value, json};
use wechatpay_sdk::operation::{Operation, Schema, operations};
use wechatpay_sdk::{CallOptions, Client, ErrorKind, File, Options, Retry};
use wechatpay_suite::vector_text;

/// A value that binds.
fn good(schema: &Schema) -> Value {
    match schema {
        Schema::Any | Schema::String { .. } | Schema::Computed(_) => "x".into(),
        Schema::Integer | Schema::Number => 1.into(),
        Schema::Boolean => true.into(),
        Schema::Array(items) => json!([good(items)]),
        Schema::Object(fields) => {
            // A digest must be that of the file, so it is left out.
            let own = fields.iter().filter(|field| !matches!(field.schema, Schema::Computed(_)));
            own.map(|field| (field.name.to_owned(), good(field.schema))).collect()
        }
        Schema::JsonText(inner) => good(inner),
        Schema::Binary => json!({"filename": "x", "content": "eA=="}),
    }
}

/// What a required field holds in Rust at its type's default, and where that is refused. Numbers, flags and lists have
/// no default that could be told from a value: no request type that requires one has a default.
fn forgotten(schema: &Schema, path: &str) -> Option<(Value, String)> {
    match schema {
        Schema::String { .. } => Some(("".into(), path.to_owned())),
        Schema::Binary => {
            let file = serde_json::to_value(File::bytes("", "")).expect("plain data");
            Some((file, format!("{path}.filename")))
        }
        Schema::JsonText(inner) => forgotten(inner, path),
        Schema::Object(fields) => {
            let required = fields.iter().filter(|field| field.required);
            let inside: Vec<_> = required
                .map(|field| Some((field.name, forgotten(field.schema, &format!("{path}.{}", field.name))?)))
                .collect::<Option<_>>()?;
            let (_, (_, first)) = inside.first()?;
            let first = first.clone();
            Some((inside.into_iter().map(|(name, (value, _))| (name.to_owned(), value)).collect(), first))
        }
        Schema::Any | Schema::Integer | Schema::Number | Schema::Boolean | Schema::Array(_) | Schema::Computed(_) => {
            None
        }
    }
}

/// A record that binds.
fn record(operation: &Operation) -> Map<String, Value> {
    operation.params.iter().map(|param| (param.name.to_owned(), good(param.schema))).collect()
}

/// A client with a platform key, so that fields can be encrypted, and a host where nobody listens.
fn client() -> Client {
    let options = json!({
        "mchid": "1900000001",
        "merchant_private_key": vector_text("keys/merchant_pkcs8.pem"),
        "merchant_certificate": vector_text("keys/merchant_cert.pem"),
        "public_key_id": "PUB_KEY_ID_01",
        "platform_public_key": vector_text("keys/platform_pub.pem"),
        "base_url": "http://127.0.0.1:9",
        "backup_url": null,
    });
    let options = Options::from_json(options.to_string().as_bytes()).expect("options");
    Client::from_options(&options).expect("complete").with_options(CallOptions::default().retry(Retry::Off))
}

/// Code and field with which a record is refused; the code alone where it was sent.
async fn refusal(client: &Client, operation: &Operation, record: Map<String, Value>) -> (String, String) {
    let error = client.call(operation.id, record).await.expect_err("nobody listens");
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest | ErrorKind::Transport), "{}: {error}", operation.id);
    (error.code().to_owned(), error.detail().and_then(|detail| detail.field.clone()).unwrap_or_default())
}

#[tokio::test]
async fn every_operation_refuses_an_empty_record_by_its_first_required_parameter() {
    let (client, mut refused) = (client(), 0);
    for operation in operations() {
        let Some(first) = operation.params.iter().find(|param| param.required) else { continue };
        let (code, field) = refusal(&client, operation, Map::new()).await;
        assert_eq!((code.as_str(), field.as_str()), ("missing_field", first.name), "{}", operation.id);
        refused += 1;
    }
    assert!(refused > 20, "most operations require something, but {refused} were tried");
}

#[tokio::test]
async fn every_required_parameter_that_is_missing_or_at_its_default_is_refused() {
    let (client, mut defaults) = (client(), 0);
    for operation in operations() {
        let (code, _) = refusal(&client, operation, record(operation)).await;
        assert_eq!(code, "connect_failed", "{}: with all parameters it would be sent", operation.id);
        for param in operation.params.iter().filter(|param| param.required) {
            let mut record = record(operation);
            record.remove(param.name);
            let missing = ("missing_field".to_owned(), param.name.to_owned());
            assert_eq!(refusal(&client, operation, record.clone()).await, missing, "{}", operation.id);
            if let Some((value, field)) = forgotten(param.schema, param.name) {
                record.insert(param.name.to_owned(), value);
                let empty = ("empty_field".to_owned(), field);
                assert_eq!(refusal(&client, operation, record).await, empty, "{}", operation.id);
                defaults += 1;
            }
        }
    }
    assert!(defaults > 20, "most of what is required is text, but {defaults} were tried");
}
