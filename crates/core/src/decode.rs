//! From a verified body to what the caller gets: encrypted fields decrypted, JSON checked. Pure.

use bytes::Bytes;
use serde_json::Value;

use crate::bind::to_bytes;
use crate::crypto::PrivateKey;
use crate::error::{Error, ErrorKind};
use crate::operation::{Operation, ReplyKind};
use crate::sensitive;

/// Decodes a success body of an operation.
///
/// # Errors
/// Integrity (`empty_reply`, `not_json`) or decrypt (`cannot_decrypt`, naming the field).
pub fn decode(operation: &Operation, body: Bytes, key: &PrivateKey) -> Result<Bytes, Error> {
    match operation.reply {
        ReplyKind::Empty => Ok(Bytes::new()),
        ReplyKind::Binary => Ok(body),
        ReplyKind::Json if operation.encrypted_reply.is_empty() => check_json(&body).map(|()| body),
        ReplyKind::Json => {
            check_json(&body)?;
            let mut value = serde_json::from_slice(&body).map_err(|_| not_json())?;
            decrypt_fields(&mut value, operation.encrypted_reply, "reply", key)?;
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

/// Decrypts the fields at these paths (`items[].payer.name`) of `whole`, as it is called in errors.
pub(crate) fn decrypt_fields(value: &mut Value, paths: &[&str], whole: &str, key: &PrivateKey) -> Result<(), Error> {
    paths.iter().try_for_each(|path| {
        let steps: Vec<&str> = path.split('.').collect();
        decrypt_at(value, &steps, &format!("{path} of the {whole}"), key)
    })
}

fn decrypt_at(value: &mut Value, steps: &[&str], path: &str, key: &PrivateKey) -> Result<(), Error> {
    let [step, rest @ ..] = steps else { return decrypt(value, path, key) };
    let Some(value) = value.get_mut(step.trim_end_matches("[]")) else { return Ok(()) };
    match value {
        Value::Array(items) if step.ends_with("[]") => {
            items.iter_mut().try_for_each(|item| decrypt_at(item, rest, path, key))
        }
        single => decrypt_at(single, rest, path, key),
    }
}

fn decrypt(value: &mut Value, path: &str, key: &PrivateKey) -> Result<(), Error> {
    let Value::String(ciphertext) = value else { return Ok(()) };
    if ciphertext.is_empty() {
        return Ok(());
    }
    let text = sensitive::decrypt(key, ciphertext, path)?;
    *value = Value::String(text);
    Ok(())
}
