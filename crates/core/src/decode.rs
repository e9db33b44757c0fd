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
/// Integrity (`empty_reply`, `not_json`), or as [`SigningKey::decrypt`], naming the field.
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
                let steps: Vec<&str> = path.split('.').collect();
                let mut texts = Vec::new();
                collect(&mut value, &steps, &mut texts);
                for text in texts {
                    *text = sensitive::decrypt(key, text, &format!("{path} of the reply"), limit()).await?;
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

/// The texts at a path that are there and not empty.
fn collect<'a>(value: &'a mut Value, steps: &[&str], texts: &mut Vec<&'a mut String>) {
    let [step, rest @ ..] = steps else {
        if let Value::String(text) = value {
            texts.extend((!text.is_empty()).then_some(text));
        }
        return;
    };
    let Some(value) = value.get_mut(step.trim_end_matches("[]")) else { return };
    if value.is_array() && step.ends_with("[]") {
        value.as_array_mut().into_iter().flatten().for_each(|item| collect(item, rest, texts));
    } else {
        collect(value, rest, texts);
    }
}
