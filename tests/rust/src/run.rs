//! Runs cases: through the async client or the blocking one, both built from JSON as every binding does.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};
use wechatpay_sdk::{Attempt, CallOptions, Client, Error, Response, blocking};

use crate::case::{Alteration, Call, Case, Step};
use crate::compare::{contains, differences, missing, text};
use crate::local::{self, Local};
use crate::{signer, tests_dir, vector_text};

/// Which client makes the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// `wechatpay_sdk::Client`
    Async,
    /// `wechatpay_sdk::blocking::Client`
    Blocking,
}

/// Runs cases one after the other against one sandbox.
pub struct Runner<'a> {
    local: &'a Local,
    names: Value,
    scratch: tempfile::TempDir,
    /// How many have begun: each has files of its own.
    cases: AtomicUsize,
    /// What the case's last call gave.
    last: Mutex<Value>,
}

/// Which cases held, and what was wrong with the others.
#[derive(Debug, Default)]
pub struct Summary {
    /// Names of the cases in which everything was as expected.
    pub passed: Vec<String>,
    /// For each other case its name and every difference.
    pub failed: Vec<(String, Vec<String>)>,
}

impl<'a> Runner<'a> {
    /// A runner over this sandbox.
    ///
    /// # Panics
    /// Where there is no folder for temporary files.
    #[must_use]
    pub fn new(local: &'a Local) -> Self {
        let names = serde_json::to_value(&local.info).expect("the description is plain data");
        let scratch = tempfile::tempdir().expect("a folder for the files of the cases");
        Self { local, names, scratch, cases: AtomicUsize::new(0), last: Mutex::default() }
    }

    /// Runs the cases.
    pub async fn run(&self, cases: &[Case], face: Face) -> Summary {
        let mut summary = Summary::default();
        for case in cases {
            let problems = self.run_case(case, face).await;
            if problems.is_empty() {
                summary.passed.push(case.name.clone());
            } else {
                summary.failed.push((case.name.clone(), problems));
            }
        }
        summary
    }

    async fn run_case(&self, case: &Case, face: Face) -> Vec<String> {
        let admin = &self.local.admin;
        admin.reset().await;
        self.cases.fetch_add(1, Ordering::Relaxed);
        let key = || signer::key(&self.fill(&case.signer));
        let make = || local::client(self.local.options_with(&self.fill(&case.client)), key());
        let mut client = make();
        for (at, step) in case.steps.iter().enumerate() {
            if let Some(alteration) = &step.alter {
                self.alter(alteration);
            }
            if step.restart {
                client = make();
            }
            admin.clear_faults().await;
            if let Some(patch) = &step.state {
                admin.patch_state(&self.fill(patch)).await;
            }
            if let Some(seconds) = step.clock {
                admin.advance(seconds).await;
            }
            for request in &step.admin {
                let body = request.body.as_ref().map(|body| self.fill(body));
                admin.send(&request.method, &request.path, body.as_ref()).await;
            }
            for fault in &step.faults {
                admin.fault(self.fill(fault)).await;
            }
            for _ in 0..step.times.unwrap_or(1) {
                admin.clear_journal().await;
                let outcome = match (&client, &step.call) {
                    (Err(error), _) => Err(error.clone()),
                    (Ok(client), Some(call)) => self.call(client, call, face).await,
                    (Ok(_), None) => return vec!["the client was accepted".to_owned()],
                };
                let problems = self.check(case, step, &outcome).await;
                if let Ok(reply) = &outcome {
                    *self.last() = json_of(reply);
                }
                if !problems.is_empty() {
                    return problems.into_iter().map(|problem| format!("step {}: {problem}", at + 1)).collect();
                }
            }
        }
        Vec::new()
    }

    async fn call(&self, client: &Client, call: &Call, face: Face) -> Result<Response, Error> {
        let client = match &call.options {
            None => client.clone(),
            Some(options) => {
                let mut wanted = CallOptions::default();
                wanted.timeout = options.timeout.map(std::time::Duration::from_secs_f64);
                wanted.retry = options.retry;
                wanted.encrypted_with = options.encrypted_with.as_deref().map(|serial| self.fill_text(serial));
                client.with_options(wanted)
            }
        };
        if let Some(order) = &call.notification {
            return read_notification(&client, &self.local.admin.notification(self.fill(order)).await);
        }
        if let Some(payment) = &call.payment {
            return read_notification(&client, &self.local.admin.payment(self.fill(payment)).await);
        }
        if let Some(name) = &call.utility {
            return utility(&client, name, &self.fill(&call.params.clone().into())).await;
        }
        let Value::Object(params) = self.fill(&call.params.clone().into()) else { unreachable!("it was an object") };
        let mut call = Call { params, ..call.clone() };
        if let Some(raw) = &mut call.request {
            raw.body = raw.body.as_ref().map(|body| self.fill(body));
        }
        match face {
            Face::Async => match (&call.operation, &call.request) {
                (Some(operation), None) => client.call(operation, call.params).await,
                (None, Some(raw)) => {
                    let method = raw.method.parse().expect("a case names a known method");
                    client.request(method, &raw.path, &pairs(&raw.query), raw.body.as_ref()).await
                }
                _ => panic!("a call is an operation or a request"),
            },
            // A thread outside of any runtime, as code without async has it.
            Face::Blocking => tokio::task::block_in_place(|| {
                let run = || blocking_call(&client.into(), call);
                std::thread::scope(|scope| scope.spawn(run).join()).expect("the blocking client does not panic")
            }),
        }
    }

    async fn check(&self, case: &Case, step: &Step, outcome: &Result<Response, Error>) -> Vec<String> {
        let expect = &step.expect;
        let mut problems = match (outcome, &expect.error) {
            (Ok(reply), None) => self.check_reply(step, reply).await,
            (Err(error), Some(wanted)) => self.check_error(case, wanted, error),
            (Ok(reply), Some(_)) => vec![format!("expected an error, got {reply:?}")],
            (Err(error), None) => return vec![format!("expected a result, got {error:?}")],
        };
        let kind = expect.error.as_ref().and_then(|error| error["kind"].as_str());
        let refused_here = matches!(kind, Some("config" | "invalid_request"));
        let received = self.local.admin.journal().await;
        match &expect.wire {
            Some(wire) => problems.extend(self.check_wire(wire, &received)),
            None if refused_here => problems.extend(self.check_wire(&[], &received)),
            None => {}
        }
        problems.extend(received.iter().flat_map(|entry| always(&entry["headers"])));
        if let Some(effects) = &expect.effects {
            problems.extend(missing("effects", effects, &self.local.admin.state().await));
        }
        problems
    }

    async fn check_reply(&self, step: &Step, reply: &Response) -> Vec<String> {
        let expect = &step.expect;
        let mut problems = Vec::new();
        if let Some(wanted) = &expect.result {
            problems.extend(differences("result", &self.fill(wanted), &json_of(reply)));
        }
        if let Some(wanted) = &expect.result_has {
            problems.extend(missing("result", &self.fill(wanted), &json_of(reply)));
        }
        if let Some(wanted) = &expect.cashier {
            let said = self.local.admin.cashier(json_of(reply)).await;
            problems.extend(missing("cashier", &self.fill(wanted), &said));
        }
        if let Some(wanted) = &expect.result_base64 {
            problems.extend(differences("result_base64", &json!(wanted), &json!(STANDARD.encode(&reply.body))));
        }
        if let Some(wanted) = expect.status {
            problems.extend(differences("status", &json!(wanted), &json!(reply.status)));
        }
        if reply.request_id.is_none() {
            problems.push("request_id: the reply had one, but it is gone".to_owned());
        }
        problems
    }

    fn check_error(&self, case: &Case, wanted: &Map<String, Value>, error: &Error) -> Vec<String> {
        let detail = error.detail().cloned().unwrap_or_default();
        let actual = json!({
            "kind": error.kind().as_str(),
            "code": error.code(),
            "status": error.status(),
            "operation": error.operation(),
            "field": detail.field,
            "value": detail.value,
            "issue": detail.issue,
            "location": detail.location,
            "detail": detail.raw,
            "retryability": error.retryability().as_str(),
            "may_have_taken_effect": error.may_have_taken_effect(),
            "verified": error.verified(),
            "check_with": error.check_with(),
        });
        let shown = error.to_string();
        let mut problems = Vec::new();
        for (name, value) in wanted {
            let value = self.fill(value);
            problems.extend(match name.as_str() {
                "message_contains" => contains(name, &value, &shown, true),
                "message_excludes" => contains(name, &value, &shown, false),
                "attempts" => missing(name, &value, &error.attempts().iter().map(attempt).collect()),
                "request_id" => differences(name, &(value == "present").into(), &error.request_id().is_some().into()),
                _ if actual.get(name).is_some() => text(name, &value, &actual[name]),
                _ => panic!("{}: unknown member {name} of an error", case.name),
            });
        }
        let secrets = [&self.local.info.apiv3_key].into_iter().chain(&case.secrets);
        for secret in secrets {
            if format!("{error} {error:?}").contains(secret.as_str()) {
                problems.push(format!("the error {} shows the secret that begins with {:.4}", error.code(), secret));
            }
        }
        problems
    }

    fn check_wire(&self, wanted: &[Value], received: &[Value]) -> Vec<String> {
        if wanted.len() != received.len() {
            return vec![format!("wire: expected {} requests, the sandbox received {received:#?}", wanted.len())];
        }
        let one = |(wanted, received): (&Value, &Value)| {
            let wanted = self.fill(wanted);
            let mut problems =
                differences("authorized", wanted.get("authorized").unwrap_or(&json!(true)), &received["authorized"]);
            for (name, value) in wanted.as_object().expect("a request on the wire is an object") {
                problems.extend(match name.as_str() {
                    "authorized" => Vec::new(),
                    "host" | "method" | "status" => differences(name, value, &received[name]),
                    "target" | "body" => text(name, value, &received[name]),
                    "body_contains" => contains(name, value, received["body"].as_str().unwrap_or_default(), true),
                    "body_json" => {
                        let body = received["body"].as_str().and_then(|body| serde_json::from_str(body).ok());
                        missing(name, value, &body.unwrap_or(Value::Null))
                    }
                    "understood" => missing(name, value, &received[name]),
                    "headers" => {
                        let headers = value.as_object().expect("headers are an object");
                        let actual = &received["headers"];
                        headers.iter().flat_map(|(name, value)| text(name, value, &actual[name])).collect()
                    }
                    _ => panic!("unknown member {name} of a request on the wire"),
                });
            }
            problems
        };
        wanted.iter().zip(received).flat_map(one).collect()
    }

    fn scratch(&self, name: &str) -> PathBuf {
        self.scratch.path().join(format!("{}-{name}", self.cases.load(Ordering::Relaxed)))
    }

    fn alter(&self, Alteration { file, from, to }: &Alteration) {
        let path = self.scratch(file);
        let text = std::fs::read_to_string(&path).expect("the client wrote it");
        assert!(text.contains(from.as_str()), "{file} does not hold {from}");
        std::fs::write(path, text.replace(from, to)).expect("it can be written");
    }

    /// Puts values in the place of `${…}` in every text.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(items) => items.iter().map(|item| self.fill(item)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect::<Map<_, _>>().into()
            }
            other => other.clone(),
        }
    }

    fn last(&self) -> MutexGuard<'_, Value> {
        self.last.lock().expect("no panic under the lock")
    }

    fn fill_text(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once("${") else { return text.to_owned() };
        let (name, after) = rest.split_once('}').unwrap_or_else(|| panic!("{text:?} lacks a closing brace"));
        let own = |name: &str| {
            let value = self.names[name].as_str();
            value.unwrap_or_else(|| panic!("${{{name}}} is not in sandbox.json")).to_owned()
        };
        let value = match name.split_once('/') {
            None => own(name),
            Some(("vectors", file)) => vector_text(file),
            Some(("path", file)) => tests_dir().join("vectors").join(file).to_string_lossy().into_owned(),
            Some(("scratch", name)) => self.scratch(name).to_string_lossy().into_owned(),
            Some(("file", name)) => std::fs::read_to_string(Path::new(&own(name))).expect("a file of the sandbox"),
            Some(("reply", name)) => self.last()[name].as_str().expect("a text of the last result").to_owned(),
            Some((other, _)) => panic!("${{{other}/…}} is unknown"),
        };
        format!("{before}{value}{}", self.fill_text(after))
    }
}

fn json_of(reply: &Response) -> Value {
    if reply.body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(&reply.body).unwrap_or_else(|_| json!("(not JSON)"))
}

fn blocking_call(client: &blocking::Client, call: Call) -> Result<Response, Error> {
    match (&call.operation, &call.request) {
        (Some(operation), None) => client.call(operation, call.params),
        (None, Some(raw)) => {
            let method = raw.method.parse().expect("a case names a known method");
            client.request(method, &raw.path, &pairs(&raw.query), raw.body.as_ref())
        }
        _ => panic!("a call is an operation or a request"),
    }
}

/// In the form in which every language hands it over.
async fn utility(client: &Client, name: &str, params: &Value) -> Result<Response, Error> {
    let text = |name: &str| params[name].as_str().expect("parameters of a utility are texts");
    let record = match name {
        "encrypt" => {
            let encrypted = client.encrypt(text("plaintext")).await?;
            json!({"serial": encrypted.serial, "ciphertext": encrypted.ciphertext})
        }
        "decrypt" => json!({"plaintext": client.decrypt(text("ciphertext")).await?.expose()}),
        "invocation.jsapi" => json!(client.invocation().jsapi(text("appid"), text("prepay_id")).await?),
        "invocation.mini_program" => json!(client.invocation().mini_program(text("appid"), text("prepay_id")).await?),
        "invocation.app" => {
            json!(client.invocation().app(text("appid"), text("partnerid"), text("prepay_id")).await?)
        }
        "platform_keys.list" => json!(client.platform_keys()),
        "platform_keys.refresh" => json!(client.refresh_platform_keys().await?),
        _ => panic!("{name} is no utility"),
    };
    Ok(Response { status: 200, request_id: Some(String::new()), body: record.to_string().into() })
}

/// In the form in which every language hands a notification over.
fn read_notification(client: &Client, made: &Value) -> Result<Response, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in made["headers"].as_object().expect("headers") {
        let value = value.as_str().expect("a text").parse().expect("a header value");
        headers.insert(HeaderName::from_bytes(name.as_bytes()).expect("a header name"), value);
    }
    let body = made["body"].as_str().expect("a text").as_bytes();
    let notification = client.notifications()?.parse(&headers, body)?;
    let record = json!({
        "id": notification.id,
        "create_time": notification.create_time,
        "event_type": notification.event_type,
        "resource_type": notification.resource_type,
        "summary": notification.summary,
        "original_type": notification.original_type,
        "resource": notification.resource::<Value>()?,
    });
    Ok(Response { status: 200, request_id: Some(String::new()), body: record.to_string().into() })
}

fn pairs(query: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("query values of a case are texts").to_owned();
    query.iter().map(|(name, value)| (name.clone(), text(value))).collect()
}

/// What holds of every request that any client of ours sends.
fn always(headers: &Value) -> Vec<String> {
    let mut problems = text("user-agent", &json!({"starts_with": "wechatpay-sdk/"}), &headers["user-agent"]);
    problems.extend(differences("accept", &json!("application/json"), &headers["accept"]));
    problems.extend(differences("accept-encoding", &Value::Null, &headers["accept-encoding"]));
    let nonce = headers["authorization"]["nonce_str"].as_str().unwrap_or_default();
    if nonce.len() != 32 || !nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        problems.push(format!("nonce_str: {nonce:?} is not 32 characters of [0-9A-Za-z]"));
    }
    problems
}

/// An attempt as every language tells it.
fn attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "host": &*attempt.host,
        "phase": attempt.phase.as_str(),
        "duration": attempt.duration.as_secs_f64(),
        "status": attempt.status,
        "code": attempt.code,
        "request_id": attempt.request_id(),
    })
}
