//! Faults that the admin listener arms and the next matching calls run into.

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::host::Host;
use crate::platform::answer::Answer;
use crate::replay::Replay;

/// What goes wrong.
#[derive(Debug)]
pub(crate) enum Fault {
    Delay { ms: u64 },
    Status { answer: Answer, after: After },
    Refused { host: Host },
    Reset { after: After },
    HalfReply,
    WrongSignature,
    StaleTimestamp { seconds: i64 },
    UnknownSerial,
    SigntestProbe,
    OversizedBody { bytes: usize },
    Html502,
    Unsigned,
    MissingHeader { name: HeaderName },
    Reply { status: Option<StatusCode>, body: Bytes },
    Replay(Replay),
    CertificateSigned,
    OtherCertificate,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum After {
    /// The head of the request was read, and a part of its body.
    Part,
    /// The request was read and has had no effect.
    #[default]
    Read,
    /// The request has had its effect.
    Work,
}

/// The most bytes that `oversized_body` makes.
const MOST_BYTES: usize = 1 << 30;
/// The reply headers that can be left out.
const REMOVABLE: [&str; 7] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-signature",
    "wechatpay-serial",
    "wechatpay-signature-type",
    "request-id",
    "content-type",
];

impl Fault {
    fn is_early(&self) -> bool {
        matches!(self, Self::Reset { after: After::Part })
    }

    /// Reads `{"kind": …, …}`.
    fn parse(fault: Value, host: Option<Host>) -> Result<Self, String> {
        let Value::Object(mut members) = fault else { return Err("fault must be an object".to_owned()) };
        let Some(Value::String(kind)) = members.remove("kind") else {
            return Err("fault.kind must be a string".to_owned());
        };
        let fault = match kind.as_str() {
            "delay" => {
                let Delay { ms } = read(members)?;
                return Ok(Self::Delay { ms });
            }
            "status" => return read::<Status>(members)?.fault(),
            "reset" => {
                let Reset { after } = read(members)?;
                return Ok(Self::Reset { after });
            }
            "stale_timestamp" => {
                let StaleTimestamp { seconds } = read(members)?;
                return Ok(Self::StaleTimestamp { seconds });
            }
            "oversized_body" => {
                let OversizedBody { bytes } = read(members)?;
                if bytes > MOST_BYTES {
                    return Err(format!("bytes must be at most {MOST_BYTES}"));
                }
                return Ok(Self::OversizedBody { bytes });
            }
            "missing_header" => {
                let MissingHeader { name } = read(members)?;
                let name = name.to_ascii_lowercase();
                if !REMOVABLE.contains(&name.as_str()) {
                    return Err(format!("name must be one of {}", REMOVABLE.join(", ")));
                }
                return Ok(Self::MissingHeader { name: HeaderName::from_bytes(name.as_bytes()).expect("one of ours") });
            }
            "reply" => {
                let Reply { status, body } = read(members)?;
                let status = status.map(reply_status).transpose()?;
                let body = text(body);
                if !body.is_empty() && status.is_some_and(bodiless) {
                    return Err("a reply with this status has no body".to_owned());
                }
                return Ok(Self::Reply { status, body });
            }
            "replay" => return Replay::parse(members).map(Self::Replay),
            "refused" => Self::Refused { host: host.ok_or("refused needs match.host")? },
            "half_reply" => Self::HalfReply,
            "wrong_signature" => Self::WrongSignature,
            "unknown_serial" => Self::UnknownSerial,
            "signtest_probe" => Self::SigntestProbe,
            "html_502" => Self::Html502,
            "unsigned" => Self::Unsigned,
            "certificate_signed" => Self::CertificateSigned,
            "other_certificate" => Self::OtherCertificate,
            _ => {
                return Err(format!(
                    "fault.kind {kind:?} is unknown: one of delay, status, refused, reset, half_reply, wrong_signature, \
                     stale_timestamp, unknown_serial, signtest_probe, oversized_body, html_502, unsigned, \
                     missing_header, reply, replay, certificate_signed, other_certificate"
                ));
            }
        };
        match members.keys().next() {
            None => Ok(fault),
            Some(name) => Err(format!("fault has an unknown field {name:?}")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delay {
    ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    status: u16,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    content_type: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default = "yes")]
    signed: bool,
    #[serde(default)]
    after: After,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    after: After,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StaleTimestamp {
    #[serde(default = "ten_minutes")]
    seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OversizedBody {
    #[serde(default = "thirty_two_mebibytes")]
    bytes: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingHeader {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    #[serde(default)]
    status: Option<u16>,
    body: Value,
}

fn yes() -> bool {
    true
}

fn ten_minutes() -> i64 {
    600
}

fn thirty_two_mebibytes() -> usize {
    32 << 20
}

impl Status {
    fn fault(self) -> Result<Fault, String> {
        let status = reply_status(self.status)?;
        let usual = match &self.body {
            None => None,
            Some(Value::String(_)) => Some("text/plain; charset=utf-8"),
            Some(_) => Some("application/json; charset=utf-8"),
        };
        let body = self.body.map(text).unwrap_or_default();
        if bodiless(status) && !body.is_empty() {
            return Err("a reply with this status has no body".to_owned());
        }
        let content_type = self.content_type.or_else(|| usual.map(str::to_owned));
        if content_type.as_deref().is_some_and(|value| HeaderValue::from_str(value).is_err()) {
            return Err("content_type is not a header value".to_owned());
        }
        if self.after == After::Part {
            return Err("after must be read or work: only a reset comes in the middle of a request".to_owned());
        }
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
            match (HeaderName::from_bytes(name.as_bytes()), value) {
                (Ok(name), Some(value)) if !framing(&name) => headers.insert(name, value),
                _ => {
                    return Err(format!(
                        "headers.{name} is not a header with a text value, or one that frames the body"
                    ));
                }
            };
        }
        let answer = Answer { status, content_type, headers, body, signed: self.signed };
        Ok(Fault::Status { answer, after: self.after })
    }
}

fn framing(name: &HeaderName) -> bool {
    ["content-length", "transfer-encoding", "connection"].contains(&name.as_str())
}

fn reply_status(status: u16) -> Result<StatusCode, String> {
    let valid = StatusCode::from_u16(status).ok().filter(|_| (200..600).contains(&status));
    valid.ok_or_else(|| "status must be between 200 and 599".to_owned())
}

fn bodiless(status: StatusCode) -> bool {
    status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

/// A string as it is, anything else as JSON.
fn text(body: Value) -> Bytes {
    match body {
        Value::String(text) => text.into(),
        value => value.to_string().into(),
    }
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(members)).map_err(|error| format!("fault: {error}"))
}

/// Which calls a fault is for; what is left out matches everything.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    operation: Option<String>,
    method: Option<String>,
    path: Option<String>,
    host: Option<Host>,
    /// A text in the target or the body: what is called by a number of its own can be told from all others.
    contains: Option<String>,
}

/// What is known of a request when a fault may strike it; of the body perhaps only a part.
pub(crate) struct Seen<'a> {
    pub(crate) host: Host,
    pub(crate) method: &'a str,
    pub(crate) target: &'a str,
    pub(crate) operation: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Rule {
    fn matches(&self, seen: &Seen<'_>) -> bool {
        let path = seen.target.split_once('?').map_or(seen.target, |(path, _)| path);
        let holds = |wanted: &str| {
            seen.target.contains(wanted) || seen.body.windows(wanted.len()).any(|part| part == wanted.as_bytes())
        };
        self.operation.as_deref().is_none_or(|wanted| seen.operation == Some(wanted))
            && self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(seen.method))
            && self.path.as_deref().is_none_or(|wanted| wanted == path)
            && self.host.is_none_or(|wanted| wanted == seen.host)
            && self.contains.as_deref().is_none_or(holds)
    }
}

/// The body of `POST /faults`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(default, rename = "match")]
    rule: Rule,
    times: Option<u64>,
    fault: Value,
}

/// A fault and the calls it is still for.
struct Armed {
    id: u64,
    rule: Rule,
    /// Calls left; `None` until it is taken away.
    times: Option<u64>,
    fault: Arc<Named>,
    order: Value,
}

/// A fault with the name of its kind, for the journal.
pub(crate) struct Named {
    pub(crate) kind: String,
    pub(crate) fault: Fault,
}

/// All armed faults, in the order in which they came.
#[derive(Default)]
pub(crate) struct Faults {
    last_id: u64,
    armed: Vec<Armed>,
}

impl Faults {
    /// Arms what `POST /faults` describes. Gives its id and the fault.
    pub(crate) fn arm(&mut self, order: Value, knows: impl Fn(&str) -> bool) -> Result<(u64, Arc<Named>), String> {
        let Order { rule, times, fault } = serde_json::from_value(order.clone()).map_err(|error| error.to_string())?;
        if let Some(id) = rule.operation.as_deref().filter(|id| !knows(id)) {
            return Err(format!("match.operation {id:?} is not in spec/"));
        }
        if times == Some(0) {
            return Err("times must be at least 1".to_owned());
        }
        if rule.contains.as_deref() == Some("") {
            return Err("match.contains must not be empty".to_owned());
        }
        let kind = fault["kind"].as_str().unwrap_or_default().to_owned();
        let fault = Fault::parse(fault, rule.host)?;
        let refused = matches!(fault, Fault::Refused { .. });
        if refused
            && (times.is_some()
                || rule.operation.is_some()
                || rule.method.is_some()
                || rule.path.is_some()
                || rule.contains.is_some())
        {
            return Err("refused closes a listener until DELETE /faults or POST /reset: \
                        it takes match.host and nothing else"
                .to_owned());
        }
        self.last_id += 1;
        let id = self.last_id;
        let fault = Arc::new(Named { kind, fault });
        let times = if refused { None } else { Some(times.unwrap_or(1)) };
        self.armed.push(Armed { id, rule, times, fault: Arc::clone(&fault), order });
        Ok((id, fault))
    }

    /// Whether any strikes before the whole body is there.
    pub(crate) fn early(&self) -> bool {
        self.armed.iter().any(|armed| armed.fault.fault.is_early())
    }

    /// The first armed fault that is for this call, used up by one; `early`: of those that strike before the whole body
    /// is there.
    pub(crate) fn take(&mut self, seen: &Seen<'_>, early: bool) -> Option<Arc<Named>> {
        let at = self.armed.iter().position(|armed| {
            armed.times.is_some() && armed.fault.fault.is_early() == early && armed.rule.matches(seen)
        })?;
        let armed = &mut self.armed[at];
        let fault = Arc::clone(&armed.fault);
        armed.times = armed.times.map(|times| times - 1);
        if armed.times == Some(0) {
            self.armed.remove(at);
        }
        Some(fault)
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    /// Takes one away. Whose listener may open again: of one that was refused, unless another fault refuses it, too.
    pub(crate) fn disarm(&mut self, id: u64) -> Option<Host> {
        let at = self.armed.iter().position(|armed| armed.id == id)?;
        let refused = |armed: &Armed| match armed.fault.fault {
            Fault::Refused { host } => Some(host),
            _ => None,
        };
        let host = refused(&self.armed.remove(at))?;
        (!self.armed.iter().any(|armed| refused(armed) == Some(host))).then_some(host)
    }

    /// What `GET /faults` shows: the orders, `times` counted down.
    pub(crate) fn list(&self) -> Value {
        let show = |armed: &Armed| {
            json!({
                "id": armed.id,
                "match": armed.order.get("match").cloned().unwrap_or_else(|| json!({})),
                "times": armed.times,
                "fault": armed.order["fault"],
            })
        };
        self.armed.iter().map(show).collect()
    }
}
