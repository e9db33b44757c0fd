//! Replies that faults change: in their place, in part, or cut off.

use std::fmt::Write as _;

use bytes::Bytes;
use hyper::{HeaderMap, StatusCode};
use serde_json::Value;

use super::answer::Answer;
use crate::faults::Fault;

/// The answer after the faults that strike once the work is done; `None` cuts the connection.
pub(super) fn changed(mut answer: Answer, fault: Option<&Fault>) -> Option<Answer> {
    match fault {
        Some(Fault::Reset { .. }) => return None,
        Some(Fault::Status { answer, .. }) => return Some(answer.clone()),
        Some(Fault::Reply { status, body }) => {
            let usual = if answer.status == StatusCode::NO_CONTENT && !body.is_empty() {
                StatusCode::OK
            } else {
                answer.status
            };
            answer = Answer {
                body: body.clone(),
                content_type: Some("application/json; charset=utf-8".to_owned()),
                ..Answer::empty(status.unwrap_or(usual))
            };
        }
        Some(Fault::OversizedBody { bytes }) => {
            if answer.body.is_empty() {
                answer = Answer::json(StatusCode::OK, &Value::Object(serde_json::Map::new()));
            }
            let mut body = answer.body.to_vec();
            body.resize(body.len().max(*bytes), b' ');
            answer.body = body.into();
        }
        _ => {}
    }
    Some(answer)
}

/// One byte, in the middle of the body, is another one than was signed or hashed.
pub(super) fn corrupted(answer: Answer) -> Answer {
    let mut body = answer.body.to_vec();
    let middle = body.len() / 2;
    if let Some(byte) = body.get_mut(middle) {
        *byte ^= 1;
    }
    Answer { body: body.into(), ..answer }
}

/// What a proxy in front of the platform says: HTML, without a signature.
pub(super) fn gateway_page(status: StatusCode, title: &str) -> Answer {
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    Answer {
        content_type: Some("text/html".to_owned()),
        body: Bytes::from(page),
        signed: false,
        ..Answer::empty(status)
    }
}

/// The head with the full length and half of the body, or half of the head where there is no body.
pub(super) fn half(answer: &Answer, headers: &HeaderMap) -> Bytes {
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status);
    for (name, value) in headers {
        write!(head, "{name}: {}\r\n", value.to_str().unwrap_or_default()).expect("writing to a String");
    }
    if answer.body.is_empty() {
        return Bytes::from(head);
    }
    write!(head, "content-length: {}\r\n\r\n", answer.body.len()).expect("writing to a String");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body[..answer.body.len() / 2]);
    bytes.into()
}
