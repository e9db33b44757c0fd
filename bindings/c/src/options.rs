//! The options of a client, collected one by one.

use std::ffi::c_char;
use std::fmt::Write;
use std::sync::Arc;

use wechatpay_bridge::{ErrorRecord, Result};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::input::{bad_option, text};
use crate::output::{entry, free};
use crate::signer::Signer;

/// Options of a client or a receiver, owned by the caller, used by one thread at a time. What is kept of secrets is wiped
/// when it is replaced or freed.
#[derive(Default)]
pub struct Options {
    settings: Vec<(String, Setting)>,
    pub(crate) signer: Option<Arc<Signer>>,
}

enum Setting {
    Text(Zeroizing<String>),
    List(Vec<Zeroizing<String>>),
    Number(f64),
    Boolean(bool),
}

impl Options {
    fn set(&mut self, name: &str, setting: Setting) {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), setting));
    }

    fn add(&mut self, name: &str, value: &str) -> Result<()> {
        let value = Zeroizing::new(value.to_owned());
        match self.settings.iter_mut().find(|(known, _)| known == name) {
            Some((_, Setting::List(values))) => values.push(value),
            Some(_) => return Err(bad_option(name)("was set to one value already; nothing can be added to it")),
            None => self.settings.push((name.to_owned(), Setting::List(vec![value]))),
        }
        Ok(())
    }

    /// How long the JSON can be at most: an escaped character takes six bytes.
    fn longest(&self) -> usize {
        let texts = |setting: &Setting| match setting {
            Setting::Text(value) => value.len(),
            Setting::List(values) => values.iter().map(|value| value.len() + 1).sum(),
            Setting::Number(_) => 400,
            Setting::Boolean(_) => 5,
        };
        self.settings.iter().map(|(name, setting)| 6 * (name.len() + texts(setting) + 4)).sum::<usize>() + 2
    }

    /// A JSON object. It is written into its final size: no reallocation leaves a copy of a secret behind.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = String::with_capacity(self.longest());
        let mut before = '{';
        for (name, setting) in &self.settings {
            json.push(before);
            before = ',';
            quote(&mut json, name);
            json.push(':');
            match setting {
                Setting::Text(value) => quote(&mut json, value),
                Setting::Number(value) => write!(json, "{value}").expect("a string can be written to"),
                Setting::Boolean(value) => json.push_str(if *value { "true" } else { "false" }),
                Setting::List(values) => {
                    let mut before = '[';
                    for value in values {
                        json.push(before);
                        before = ',';
                        quote(&mut json, value);
                    }
                    json.push(']');
                }
            }
        }
        json.push_str(if before == '{' { "{}" } else { "}" });
        json.into_bytes()
    }
}

/// A JSON string. Piece by piece, since a copy of the whole would not be wiped.
fn quote(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..='\u{1f}' => write!(json, "\\u{:04x}", u32::from(c)).expect("a string can be written to"),
            _ => json.push(c),
        }
    }
    json.push('"');
}

/// An empty collection of options.
#[unsafe(no_mangle)]
pub extern "C" fn wechatpay_options_new() -> *mut Options {
    Box::into_raw(Box::default())
}

/// Sets an option that is a text (mchid, serial_no, merchant_private_key_path, ...), in place of what it was before.
/// Unknown names, and options that are no texts, are told when the client is made.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_options_set(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        change(options, name, |options, name| {
            let value = text(value).map_err(bad_option(name))?;
            options.set(name, Setting::Text(Zeroizing::new(value.to_owned())));
            Ok(())
        })
    }
}

/// Adds a text to an option that is a list (platform_certificates, platform_certificate_paths).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_options_add(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { change(options, name, |options, name| options.add(name, text(value).map_err(bad_option(name))?)) }
}

/// Sets an option that is a number (timeout, connect_timeout and cool_down in seconds, max_reply_bytes).
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_options_set_number(
    options: *mut Options,
    name: *const c_char,
    value: f64,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        change(options, name, |options, name| {
            if !value.is_finite() {
                return Err(ErrorRecord::bad_option(name, "must be a finite number"));
            }
            options.set(name, Setting::Number(value));
            Ok(())
        })
    }
}

/// Sets an option that is true or false (auto_certificates): 0 is false, anything else true.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_options_set_bool(
    options: *mut Options,
    name: *const c_char,
    value: i32,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        change(options, name, |options, name| {
            options.set(name, Setting::Boolean(value != 0));
            Ok(())
        })
    }
}

/// Wipes and frees options; NULL is legal. Clients that were made from them stay as they are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_options_free(options: *mut Options) {
    // SAFETY: the conventions.
    unsafe { free(options) }
}

/// # Safety
/// Both are NULL or as the conventions say.
unsafe fn change(
    options: *mut Options,
    name: *const c_char,
    change: impl FnOnce(&mut Options, &str) -> Result<()>,
) -> *mut Error {
    entry(|| {
        // SAFETY: the caller's promise.
        let options = unsafe { options.as_mut() }.ok_or_else(|| bad_option("options")("is NULL"))?;
        // SAFETY: the caller's promise.
        let name = unsafe { text(name) }.map_err(bad_option("name"))?;
        change(options, name)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn options_become_one_json_object_written_without_a_reallocation() {
        let mut options = Options::default();
        assert_eq!(options.to_json(), b"{}");
        let awkward: String = (0..0x80_u8).map(char::from).chain("微信".chars()).collect();
        options.set("mchid", Setting::Text(Zeroizing::new("replaced".to_owned())));
        options.set("mchid", Setting::Text(Zeroizing::new(awkward.clone())));
        options.set("timeout", Setting::Number(0.5));
        options.set("max_reply_bytes", Setting::Number(10_485_760.0));
        options.set("\"", Setting::Number(f64::MAX));
        options.set("auto_certificates", Setting::Boolean(false));
        options.set("auto_certificates", Setting::Boolean(true));
        options.add("list", &awkward).unwrap();
        options.add("list", "").unwrap();
        assert_eq!(options.add("timeout", "1").unwrap_err().kind, "config");
        let made = options.to_json();
        let read: Value = serde_json::from_slice(&made).unwrap();
        assert_eq!(read["mchid"], awkward);
        assert_eq!(read["timeout"], json!(0.5));
        assert_eq!(read["max_reply_bytes"].as_u64(), Some(10_485_760), "a whole number has no fraction");
        assert_eq!(read["\""].as_f64(), Some(f64::MAX));
        assert_eq!(read["auto_certificates"], json!(true));
        assert_eq!(read["list"], json!([awkward, ""]));
        assert_eq!(made.capacity(), options.longest());
    }
}
