//! The headers of a notification, as frameworks hand them over.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::{ErrorRecord, Result};
use crate::readable::Readable;

const READ: [&str; 6] = [
    "wechatpay-timestamp",
    "wechatpay-nonce",
    "wechatpay-serial",
    "wechatpay-signature",
    "wechatpay-signature-type",
    "date",
];

/// Frameworks hand over a mapping of texts, some of lists of texts, and CGI names of its own.
pub(crate) fn header_map(headers: &[u8]) -> Result<HeaderMap> {
    let bad = |problem: &str| ErrorRecord::bad_argument(None, "headers", problem);
    let Headers(headers) = serde_json::from_slice(headers).map_err(|_| bad("must be an object of names and texts"))?;
    let mut map = HeaderMap::with_capacity(READ.len());
    for (name, value) in headers {
        let text = value.as_str().or_else(|| value.as_array()?.first()?.as_str());
        let text = text.ok_or_else(|| bad(&format!("holds {name}, which must be a text or a list of texts")))?;
        if let Ok(value) = HeaderValue::from_str(text) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    Ok(map)
}

/// Those headers of an object that are read here. Whatever else stands there is none of ours: a WSGI server may add the
/// environment with its WECHATPAY_* secrets.
struct Headers(Vec<(&'static str, Value)>);

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Headers, A::Error> {
        let mut headers = Vec::with_capacity(READ.len());
        while let Some(HeaderKey(name)) = map.next_key()? {
            match name {
                Some(name) => headers.push((name, map.next_value()?)),
                None => {
                    map.next_value::<Readable>()?;
                }
            }
        }
        Ok(Headers(headers))
    }
}

/// The header that a name stands for, in any case and as CGI has it.
struct HeaderKey(Option<&'static str>);

impl<'de> Deserialize<'de> for HeaderKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = HeaderKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> std::result::Result<HeaderKey, E> {
                let plain = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
                let same = |name: &str, known: &str| {
                    name.len() == known.len() && name.as_bytes().iter().map(plain).eq(known.bytes())
                };
                let own = match name.get(..5) {
                    Some(prefix) if same(prefix, "http-") => &name[5..],
                    _ => name,
                };
                Ok(HeaderKey(READ.into_iter().find(|known| same(own, known))))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::header_map;

    #[test]
    fn header_names_are_read_in_any_case_and_as_cgi_has_them() {
        for name in ["Wechatpay-Serial", "wechatpay-serial", "WECHATPAY-SERIAL", "HTTP_WECHATPAY_SERIAL"] {
            for value in [json!("PUB_KEY_ID_1"), json!(["PUB_KEY_ID_1"])] {
                let headers = json!({name: value, "wsgi.input": {}, "HTTP_COOKIE": 1, "WECHATPAY_APIV3_KEY": "x"});
                let map = header_map(headers.to_string().as_bytes()).expect("readable");
                assert_eq!(map.get("wechatpay-serial").expect("there"), "PUB_KEY_ID_1", "{name}");
                assert_eq!(map.len(), 1);
            }
        }
        for wrong in [json!([]), json!({"Wechatpay-Serial": 1}), json!({"Wechatpay-Serial": []})] {
            let error = header_map(wrong.to_string().as_bytes()).expect_err("unreadable");
            assert_eq!((error.code.as_str(), error.field.as_deref()), ("bad_argument", Some("headers")), "{wrong}");
        }
    }
}
