//! An error reply, whatever it looks like: never dropped, never trusted blindly. Pure.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::error::{Detail, Error, ErrorKind, Retryability};
use crate::signature::{MAX_SKEW_SECONDS, server_date};

/// The platform's words for a field that is no ciphertext, or one under another key than the request names.
const NO_CIPHERTEXT: &str = "是否为加密后的密文";

/// What an error reply says. `verified`: it carried a signature that held; `changes`: the request was no GET.
#[must_use]
pub fn api_error(status: u16, headers: &HeaderMap, body: &[u8], verified: bool, changes: bool, now: i64) -> Error {
    let content: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| content[name].as_str().filter(|text| !text.is_empty());
    let code = text("code").map_or_else(|| format!("HTTP_{status}"), str::to_owned);
    let mut message = match text("message") {
        Some(message) => message.to_owned(),
        None if (300..400).contains(&status) => {
            "the host answered with a redirect, which is never followed (is base_url right?)".to_owned()
        }
        None => format!(
            "the reply is not an error of WeChat Pay but {}: a gateway or proxy on the way answered",
            what_it_is(headers, body)
        ),
    };
    let skew = server_date(headers)
        .map(|date| now.saturating_sub(date))
        .filter(|skew| skew.saturating_abs() > MAX_SKEW_SECONDS);
    if let Some(skew) = skew.filter(|_| status == 401) {
        let direction = if skew > 0 { "ahead of" } else { "behind" };
        let seconds = skew.saturating_abs();
        message.push_str(&format!(" (this machine's clock is {seconds} s {direction} the server's: set it by NTP)"));
    }
    let open = changes && leaves_open_status(status);
    let again = status >= 500 || matches!(status, 408 | 429);
    let request_id = headers.get("request-id").and_then(|id| id.to_str().ok());
    let mut error =
        Error::new(ErrorKind::Api, &code, message).with_reply(status, request_id, verified).with_effect(open);
    if !again {
        error = error.with_retry(Retryability::Never);
    }
    match content.get("detail").filter(|detail| !detail.is_null()) {
        Some(detail) => error.with_detail(Detail::from_json(detail.clone())),
        None => error,
    }
}

/// 408 and 5xx leave it open whether the request was carried out; any other refusal is one.
pub(crate) fn leaves_open_status(status: u16) -> bool {
    status >= 500 || status == 408
}

/// Whether the platform says that it cannot decrypt a field of the request.
pub(crate) fn is_about_ciphertext(error: &Error) -> bool {
    error.code() == "PARAM_ERROR" && error.message().contains(NO_CIPHERTEXT)
}

fn what_it_is(headers: &HeaderMap, body: &[u8]) -> &'static str {
    let html = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match body.len() {
        0 => "empty",
        _ if html => "an HTML page",
        _ => "something else",
    }
}
