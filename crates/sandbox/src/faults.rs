//! What can go wrong on command, as the admin listener is told.

mod armed;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use self::armed::{Faults, Seen};
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
    Corrupt,
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
            "corrupt" => Self::Corrupt,
            _ => {
                return Err(format!(
                    "fault.kind {kind:?} is unknown: one of delay, status, refused, reset, half_reply, wrong_signature, \
                     stale_timestamp, unknown_serial, signtest_probe, oversized_body, html_502, unsigned, \
                     missing_header, reply, replay, certificate_signed, other_certificate, corrupt"
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
