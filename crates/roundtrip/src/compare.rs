//! What there is against what must be. Exact: numbers by their digits, texts by their characters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::filled::Filled;

/// What RSA with 2048 bits makes of any text.
const CIPHERTEXT: usize = 256;
/// So much of a value is shown.
const SHOWN: usize = 120;

/// Adds how `found` differs from `wanted`.
pub(crate) fn values(at: &str, wanted: &Value, found: &Value, differences: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (name, wanted) in wanted {
                match found.get(name) {
                    Some(found) => values(&format!("{at}.{name}"), wanted, found, differences),
                    None => differences.push(format!("{at}.{name} is missing")),
                }
            }
            for (name, _) in found.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
                differences.push(format!("{at}.{name} is too much"));
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                values(&format!("{at}[{index}]"), wanted, found, differences);
            }
        }
        // Numbers are compared as they are written: serde_json keeps their digits.
        _ if wanted == found => {}
        _ => differences.push(format!("{at} is {} instead of {}", shown(found), shown(wanted))),
    }
}

/// Adds how what was sent differs from what must be, where some of it travels encrypted: `opened` is the same as the
/// platform understood it.
pub(crate) fn sent(at: &str, wanted: &Filled, sent: &Value, opened: Option<&Value>, differences: &mut Vec<String>) {
    match (wanted, sent) {
        (Filled::Secret(text), _) => secret(at, text, sent, opened, differences),
        (Filled::Text(inner), Value::String(text)) => {
            let opened = opened.map(|opened| opened.as_str().and_then(parsed).unwrap_or_else(|| opened.clone()));
            match parsed(text) {
                Some(value) => self::sent(at, inner, &value, opened.as_ref(), differences),
                None => differences.push(format!("{at} is {} and no JSON", shown(sent))),
            }
        }
        (Filled::Text(_), _) => differences.push(format!("{at} is {} and no text", shown(sent))),
        (Filled::Record(members), Value::Object(found)) => {
            for (name, wanted) in members {
                let (at, opened) = (format!("{at}.{name}"), opened.and_then(|opened| opened.get(name)));
                match found.get(name) {
                    Some(found) => self::sent(&at, wanted, found, opened, differences),
                    None => differences.push(format!("{at} is missing")),
                }
            }
            for name in found.keys().filter(|name| members.iter().all(|(member, _)| member != *name)) {
                differences.push(format!("{at}.{name} is too much"));
            }
        }
        (Filled::List(items), Value::Array(found)) if items.len() == found.len() => {
            for (index, (wanted, found)) in items.iter().zip(found).enumerate() {
                let opened = opened.and_then(|opened| opened.get(index));
                self::sent(&format!("{at}[{index}]"), wanted, found, opened, differences);
            }
        }
        _ => values(at, &wanted.given(), sent, differences),
    }
}

fn secret(at: &str, text: &str, sent: &Value, opened: Option<&Value>, differences: &mut Vec<String>) {
    let ciphertext = sent.as_str().and_then(|sent| STANDARD.decode(sent).ok());
    if ciphertext.is_none_or(|bytes| bytes.len() != CIPHERTEXT) {
        differences.push(format!("{at} is {} and no ciphertext", shown(sent)));
    }
    match opened {
        Some(opened) => values(&format!("{at}, decrypted,"), &Value::from(text), opened, differences),
        None => differences.push(format!("{at} was not decrypted by the platform")),
    }
}

pub(crate) fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
