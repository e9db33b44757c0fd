//! What arrived against what must arrive, and what came back against what the platform sent.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::arrival::{Arrival, Part};
use crate::compare;
use crate::filled::Filled;
use crate::request::{Body, Content, Request, encode, plain};

/// What a language got back of an operation, as its driver tells it.
pub(crate) enum Answer {
    /// Null where the reply has no body.
    Reply(Value),
    File(Vec<u8>),
    Error(String),
}

/// The verdict on one language.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) operations: usize,
    pub(crate) called: usize,
    pub(crate) exact: usize,
    pub(crate) whole: usize,
    pub(crate) differences: Vec<String>,
}

impl Verdict {
    pub(crate) fn holds(&self) -> bool {
        let all = self.operations;
        all > 0 && [self.called, self.exact, self.whole] == [all; 3] && self.differences.is_empty()
    }
}

/// Judges one language. `serial` is the platform's key that every request must name.
pub(crate) fn judge(
    requests: &[Request],
    arrivals: Vec<Arrival>,
    answers: &HashMap<String, Answer>,
    serial: &str,
) -> Verdict {
    let mut verdict = Verdict { operations: requests.len(), ..Verdict::default() };
    // Every path and method is of one request alone, also where two operations have one address.
    let mut by_address: HashMap<(String, String), Vec<Arrival>> = HashMap::new();
    for arrival in arrivals {
        by_address.entry((arrival.method.clone(), arrival.path.clone())).or_default().push(arrival);
    }
    for request in requests {
        let arrived = by_address.remove(&(request.method.clone(), request.path.clone())).unwrap_or_default();
        let differences = match arrived.as_slice() {
            [] => vec![format!("no {} {} came", request.method, request.path)],
            [arrival] => arrived_differently(request, arrival, serial),
            several => vec![format!("came {} times", several.len())],
        };
        verdict.exact += usize::from(differences.is_empty());
        let answer = answers.get(&request.id);
        verdict.called += usize::from(answer.is_some());
        let further = answered_differently(request, answer);
        verdict.whole += usize::from(further.is_empty());
        let told = differences.into_iter().chain(further).map(|difference| format!("{}: {difference}", request.id));
        verdict.differences.extend(told);
    }
    let strangers = by_address.keys().map(|(method, path)| format!("{method} {path} came, which is of no operation"));
    verdict.differences.extend(strangers);
    verdict
}

fn arrived_differently(request: &Request, arrival: &Arrival, serial: &str) -> Vec<String> {
    let mut differences = Vec::new();
    if !arrival.authorized {
        differences.push("its signature was refused".to_owned());
    }
    if request.has_secrets() == arrival.understood.is_null() {
        differences.push("something travels encrypted that should not, or the other way round".to_owned());
    }
    query(request, arrival, &mut differences);
    headers(request, arrival, serial, &mut differences);
    match &request.body {
        Body::None if arrival.body.is_empty() => {}
        Body::None => differences.push("has a body".to_owned()),
        Body::Json(wanted) => match serde_json::from_slice(&arrival.body) {
            Ok(found) => compare::sent("body", wanted, &found, arrival.understood.get("body"), &mut differences),
            Err(error) => differences.push(format!("body is no JSON: {error}")),
        },
        Body::Form(wanted) => form(wanted, arrival, &mut differences),
    }
    differences
}

/// Name by name, in order; a list repeats its name.
fn query(request: &Request, arrival: &Arrival, differences: &mut Vec<String>) {
    let repeated = request.query.iter().flat_map(|(name, value)| match value {
        Filled::List(items) => items.iter().map(|item| (name, item)).collect(),
        one => vec![(name, one)],
    });
    let wanted: Vec<_> = repeated.collect();
    let found: Vec<_> = arrival.query.iter().flat_map(|query| query.split('&')).collect();
    if wanted.len() != found.len() {
        differences.push(format!("query has {} pairs instead of {}: {:?}", found.len(), wanted.len(), arrival.query));
        return;
    }
    for ((name, wanted), found) in wanted.into_iter().zip(found) {
        let (found_name, raw) = found.split_once('=').unwrap_or((found, ""));
        let value = percent_decode_str(raw).decode_utf8_lossy().into_owned();
        if found_name != encode(name) {
            differences.push(format!("query has {found_name} in the place of {name}"));
        } else if raw != encode(&value) {
            differences.push(format!("query.{name} is {raw}, which is not percent-encoded as it should be"));
        } else {
            let at = format!("query.{name}");
            match wanted {
                Filled::Plain(wanted) => compare::values(&at, &json!(plain(wanted)), &json!(value), differences),
                other => compare::sent(&at, other, &json!(value), arrival.understood["query"].get(name), differences),
            }
        }
    }
}

/// Those of the protocol and those of the document, and no others.
fn headers(request: &Request, arrival: &Arrival, serial: &str, differences: &mut Vec<String>) {
    let media_type = match request.body {
        Body::None => None,
        Body::Json(_) => Some("application/json"),
        Body::Form(_) => Some("multipart/form-data; boundary="),
    };
    let mut wanted = vec![("accept", "application/json".to_owned()), ("wechatpay-serial", serial.to_owned())];
    let documented: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.to_lowercase(), plain(&value.given()))).collect();
    wanted.extend(documented.iter().map(|(name, value)| (name.as_str(), value.clone())));
    for (name, wanted) in &wanted {
        let found = arrival.headers.get(*name).unwrap_or(&Value::Null);
        compare::values(&format!("header {name}"), &json!(wanted), found, differences);
    }
    let begins = |name: &str, with: &str| {
        arrival.headers.get(name).and_then(Value::as_str).is_some_and(|value| value.starts_with(with))
    };
    if !begins("user-agent", "wechatpay-sdk/") {
        differences.push("header user-agent does not begin with wechatpay-sdk/".to_owned());
    }
    if media_type.is_some_and(|media_type| !begins("content-type", media_type)) {
        differences.push(format!("header content-type is {:?}", arrival.headers.get("content-type")));
    }
    let usual = ["host", "user-agent", "authorization", "content-length"];
    for name in arrival.headers.keys().map(String::as_str) {
        let known = usual.contains(&name)
            || wanted.iter().any(|(wanted, _)| *wanted == name)
            || (name == "content-type" && media_type.is_some());
        if !known {
            differences.push(format!("header {name} is too much"));
        }
    }
}

/// Part by part: the texts as they are documented, and then the files.
fn form(wanted: &[(String, Filled)], arrival: &Arrival, differences: &mut Vec<String>) {
    let (files, texts): (Vec<_>, Vec<_>) = wanted.iter().partition(|(_, part)| matches!(part, Filled::File { .. }));
    let wanted: Vec<_> = texts.into_iter().chain(files).collect();
    let found = arrival.form.as_deref().unwrap_or_default();
    let names = |names: Vec<&str>| names.join(", ");
    let (wanted_names, found_names) = (
        names(wanted.iter().map(|(name, _)| name.as_str()).collect()),
        names(found.iter().map(|part| part.name.as_str()).collect()),
    );
    if wanted_names != found_names {
        differences.push(format!("the form has the parts {found_names} instead of {wanted_names}"));
        return;
    }
    for ((name, wanted), Part { filename, media_type, content, .. }) in wanted.into_iter().zip(found) {
        let text = String::from_utf8_lossy(content).into_owned();
        let media_type = media_type.as_deref().unwrap_or_default();
        match wanted {
            Filled::File { filename: wanted_name, media_type: wanted_type, content: wanted } => {
                if filename.as_deref() != Some(*wanted_name) || media_type != *wanted_type {
                    differences.push(format!("part {name} is the file {filename:?}, {media_type}"));
                }
                if content != wanted {
                    differences.push(format!("part {name} has other bytes than the file"));
                }
            }
            wanted => {
                if filename.is_some() || media_type != "application/json" {
                    differences.push(format!("part {name} is {media_type}, and its file {filename:?}"));
                }
                let opened = arrival.understood["body"].get(name);
                compare::sent(&format!("part {name}"), wanted, &json!(text), opened, differences);
            }
        }
    }
}

fn answered_differently(request: &Request, answer: Option<&Answer>) -> Vec<String> {
    let mut differences = Vec::new();
    match (&request.reply.content, answer) {
        (_, None) => differences.push("was not called".to_owned()),
        (_, Some(Answer::Error(error))) => differences.push(format!("failed: {error}")),
        (Content::Empty, Some(Answer::Reply(Value::Null))) => {}
        (Content::Json(wanted), Some(Answer::Reply(found))) => {
            compare::values("reply", &wanted.received(), found, &mut differences);
        }
        (Content::File(wanted), Some(Answer::File(found))) if wanted == found => {}
        (_, Some(Answer::Reply(found))) => differences.push(format!("reply is {}", compare::shown(found))),
        (_, Some(Answer::File(found))) => differences.push(format!("reply is another file of {} bytes", found.len())),
    }
    differences
}
