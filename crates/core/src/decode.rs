//! From a verified body to what the caller gets: encrypted fields decrypted, JSON checked. Pure, but for a key that does
//! not lie in this process.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::bind::to_bytes;
use crate::error::{Error, ErrorKind};
use crate::merchant_key::SigningKey;
use crate::operation::{Operation, ReplyKind};
use crate::sensitive;

/// Decodes a success body of an operation; each of its encrypted fields takes at most `limit()`.
///
/// # Errors
/// Integrity (`empty_reply`, `not_json`), or as [`SigningKey::decrypt`], naming the element that failed.
pub async fn decode(
    operation: &Operation,
    body: Bytes,
    key: &SigningKey,
    limit: impl Fn() -> Duration,
) -> Result<Bytes, Error> {
    match operation.reply {
        ReplyKind::Empty => Ok(Bytes::new()),
        ReplyKind::Binary => Ok(body),
        ReplyKind::Json if operation.encrypted_reply.is_empty() => check_json(&body).map(|()| body),
        ReplyKind::Json => {
            check_json(&body)?;
            let mut value = serde_json::from_slice(&body).map_err(|_| not_json())?;
            for path in operation.encrypted_reply {
                for (path, text) in fields_at(&mut value, path) {
                    *text =
                        sensitive::decrypt(key, text, &path, limit()).await.map_err(|error| match error.code() {
                            "cannot_decrypt" => {
                                error.with_clause("where the platform sent plain text, request() gives it as it came")
                            }
                            // What a key that lies elsewhere says, or that it says nothing, has another reason.
                            _ => error,
                        })?;
                }
            }
            Ok(to_bytes(&value))
        }
    }
}

/// Checks that a body is JSON, without keeping anything of it.
pub(crate) fn check_json(body: &[u8]) -> Result<(), Error> {
    if body.is_empty() {
        let message = "the platform's reply is signed but empty, where a JSON object is documented";
        return Err(Error::new(ErrorKind::Integrity, "empty_reply", message));
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(body).map(drop).map_err(|_| not_json())
}

pub(crate) fn not_json() -> Error {
    Error::new(ErrorKind::Integrity, "not_json", "the platform's reply is signed but not the JSON that is documented")
}

/// The ciphertexts at a documented path (`data[].payer_phone`), each with the path of its own element
/// (`data[0].payer_phone`). Null and an empty text stay what they are; any other text must decrypt, since nobody could tell
/// a ciphertext from a name afterwards. The wire decides what is a list, whatever the document says: a field that is
/// encrypted is decrypted either way.
pub(crate) fn fields_at<'a>(value: &'a mut Value, path: &str) -> Vec<(String, &'a mut String)> {
    let steps: Vec<&str> = path.split('.').collect();
    let mut fields = Vec::new();
    collect(value, &steps, "", &mut fields);
    fields
}

fn collect<'a>(value: &'a mut Value, steps: &[&str], at: &str, found: &mut Vec<(String, &'a mut String)>) {
    match (value, steps) {
        (Value::Array(items), _) => {
            for (index, item) in items.iter_mut().enumerate() {
                collect(item, steps, &format!("{at}[{index}]"), found);
            }
        }
        (Value::Object(members), [step, rest @ ..]) => {
            let name = step.trim_end_matches("[]");
            if let Some(member) = members.get_mut(name) {
                let at = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
                collect(member, rest, &at, found);
            }
        }
        (Value::String(text), []) if !text.is_empty() => found.push((at.to_owned(), text)),
        _ => {}
    }
}
