//! The data of `tests/cases`; what each member means stands in `tests/README.md`.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::tests_dir;

/// One case: a client and what it does.
#[derive(Debug)]
pub struct Case {
    /// Unique in its file; shown with the file's name before it.
    pub name: String,
    /// Options that differ from the usual ones; null leaves one out.
    pub client: Value,
    /// The merchant's key, where it lies elsewhere.
    pub signer: Value,
    /// Texts that no error may show.
    pub secrets: Vec<String>,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One call and what is expected of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Merge patch for the sandbox's state.
    pub state: Option<Value>,
    /// Seconds to advance the business clock.
    pub clock: Option<i64>,
    /// Requests to the sandbox's admin listener.
    #[serde(default)]
    pub admin: Vec<AdminRequest>,
    /// A change of a file that the client made.
    pub alter: Option<Alteration>,
    /// Whether a new client takes the old one's place, with the same options, as in a new process.
    #[serde(default)]
    pub restart: bool,
    /// Faults to arm; those of the step before are gone.
    #[serde(default)]
    pub faults: Vec<Value>,
    /// Missing only where the client itself is refused.
    pub call: Option<Call>,
    /// How often the call is made; each time must be as expected.
    pub times: Option<u32>,
    /// What must come out.
    pub expect: Expect,
}

/// Texts of a file of the case's own, replaced wherever they stand; one must be there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alteration {
    /// Its name, as in `${scratch/NAME}`.
    pub file: String,
    /// What stands there.
    pub from: String,
    /// What takes its place.
    pub to: String,
}

/// A request to the admin listener.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminRequest {
    /// HTTP method.
    pub method: String,
    /// Begins with `/`.
    pub path: String,
    /// JSON.
    pub body: Option<Value>,
}

/// What is called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// An operation by its id,
    pub operation: Option<String>,
    /// with its parameters;
    #[serde(default)]
    pub params: Map<String, Value>,
    /// or any path;
    pub request: Option<Request>,
    /// or what is no operation, by its name, with its parameters;
    pub utility: Option<String>,
    /// or a notification that the sandbox makes and the client reads;
    pub notification: Option<Value>,
    /// or an order that the sandbox pays, whose notification the client reads.
    pub payment: Option<Value>,
    /// Options of this call.
    pub options: Option<CallOptions>,
}

/// A raw request.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// In any case of letters.
    pub method: String,
    /// Begins with `/`.
    pub path: String,
    /// Not encoded yet.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// JSON.
    pub body: Option<Value>,
}

/// Options of one call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallOptions {
    /// Seconds.
    pub timeout: Option<f64>,
    /// `never`, `safe` or `idempotent`.
    #[serde(default, deserialize_with = "retry")]
    pub retry: Option<wechatpay_sdk::Retry>,
    /// The serial of the key that the caller encrypted with; holds placeholders.
    pub encrypted_with: Option<String>,
}

/// What must come out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The requests that the sandbox received.
    pub wire: Option<Vec<Value>>,
    /// The JSON of the reply; null where it has no body.
    #[serde(default, deserialize_with = "given")]
    pub result: Option<Value>,
    /// What the JSON of the reply must hold; it may hold more.
    pub result_has: Option<Value>,
    /// What the sandbox's cashier says when it is opened with the result.
    pub cashier: Option<Value>,
    /// The bytes of a file.
    pub result_base64: Option<String>,
    /// The reply's status, where the call was a raw request.
    pub status: Option<u16>,
    /// Members of the error.
    pub error: Option<Map<String, Value>>,
    /// What the sandbox's state must hold.
    pub effects: Option<Value>,
}

/// An explicit null is something else than nothing.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

fn retry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<wechatpay_sdk::Retry>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}

/// All cases of all files, the file's name before each name.
///
/// # Panics
/// When a file is not of the documented form, or a name comes twice.
#[must_use]
pub fn load() -> Vec<Case> {
    let folder = tests_dir().join("cases");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("tests/cases is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut cases: Vec<Case> = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a case file can be read");
        let records: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for record in records {
            let case = parse(&stem, record);
            assert!(cases.iter().all(|other| other.name != case.name), "{} comes twice", case.name);
            cases.push(case);
        }
    }
    cases
}

fn parse(stem: &str, record: Value) -> Case {
    let Value::Object(mut record) = record else { panic!("{stem}: a case is an object") };
    let Some(Value::String(name)) = record.remove("name") else { panic!("{stem}: a case has a name") };
    let name = format!("{stem}: {name}");
    let client = record.remove("client").unwrap_or_default();
    let signer = record.remove("signer").unwrap_or_default();
    let secrets = record.remove("secrets").unwrap_or_else(|| Value::Array(Vec::new()));
    // A case of one step is written without the list around it.
    let steps = record.remove("steps").unwrap_or_else(|| Value::Array(vec![std::mem::take(&mut record).into()]));
    assert!(record.is_empty(), "{name}: unknown members {:?}", record.keys());
    let steps = serde_json::from_value(steps).unwrap_or_else(|error| panic!("{name}: {error}"));
    let secrets = serde_json::from_value(secrets).unwrap_or_else(|error| panic!("{name}: {error}"));
    Case { name, client, signer, secrets, steps }
}
