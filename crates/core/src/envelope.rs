//! The body of a notification. Read once, without a tree of values: that costs as much as the signature.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// The texts of a body.
pub(crate) enum Envelope<'a> {
    /// Of the documented form.
    Usual(Box<Usual<'a>>),
    /// Of any other, which is looked at piece by piece.
    Other(Value),
}

#[derive(Deserialize)]
pub(crate) struct Usual<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    create_time: Cow<'a, str>,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
    #[serde(borrow)]
    resource_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    summary: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource: Resource<'a>,
}

#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow)]
    original_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    algorithm: Cow<'a, str>,
    #[serde(borrow)]
    ciphertext: Cow<'a, str>,
    #[serde(borrow)]
    associated_data: Option<Cow<'a, str>>,
    #[serde(borrow)]
    nonce: Cow<'a, str>,
}

impl<'a> Envelope<'a> {
    /// Nothing where it is not JSON.
    pub(crate) fn read(body: &'a [u8]) -> Option<Self> {
        match serde_json::from_slice(body) {
            Ok(usual) => Some(Self::Usual(Box::new(usual))),
            Err(_) => serde_json::from_slice(body).ok().map(Self::Other),
        }
    }

    /// The text at a JSON pointer, where there is one.
    pub(crate) fn text(&self, at: &str) -> Option<&str> {
        let usual = match self {
            Self::Usual(usual) => usual,
            Self::Other(value) => return value.pointer(at).and_then(Value::as_str),
        };
        let Resource { original_type, algorithm, ciphertext, associated_data, nonce } = &usual.resource;
        match at {
            "/id" => Some(&usual.id),
            "/create_time" => Some(&usual.create_time),
            "/event_type" => Some(&usual.event_type),
            "/resource_type" => usual.resource_type.as_deref(),
            "/summary" => usual.summary.as_deref(),
            "/resource/original_type" => original_type.as_deref(),
            "/resource/algorithm" => Some(algorithm),
            "/resource/ciphertext" => Some(ciphertext),
            "/resource/associated_data" => associated_data.as_deref(),
            "/resource/nonce" => Some(nonce),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Envelope;

    const NAMES: [&str; 10] = [
        "/id",
        "/create_time",
        "/event_type",
        "/resource_type",
        "/summary",
        "/resource/original_type",
        "/resource/algorithm",
        "/resource/ciphertext",
        "/resource/associated_data",
        "/resource/nonce",
    ];

    /// The quick way gives what the tree of values gives.
    #[test]
    fn both_forms_give_the_same_texts() {
        let usual = r#"{"id": "EV\u002d1", "create_time": "2", "event_type": "3", "resource_type": "4", "summary": "\u652f",
            "more": [{}], "resource": {"original_type": "5", "algorithm": "6", "ciphertext": "7", "associated_data": "8",
            "nonce": "9", "more": 1}}"#;
        let quick = Envelope::read(usual.as_bytes()).expect("JSON");
        let tree = Envelope::Other(serde_json::from_str(usual).expect("JSON"));
        assert!(matches!(quick, Envelope::Usual(_)));
        for name in NAMES {
            assert!(quick.text(name).is_some_and(|text| Some(text) == tree.text(name)), "{name}");
        }
        assert_eq!((quick.text("/id"), quick.text("/more")), (Some("EV-1"), None));
    }

    #[test]
    fn what_is_missing_null_or_no_text_is_missing_in_both() {
        for (body, id, summary) in [
            (r#"{"id": "1", "summary": null, "resource": {}}"#, Some("1"), None),
            (r#"{"id": "1", "summary": 1}"#, Some("1"), None),
            (r#"{"id": 1, "summary": "s"}"#, None, Some("s")),
            (r#"{"id": "1", "id": "2", "resource": []}"#, Some("2"), None),
            ("[]", None, None),
            ("1", None, None),
        ] {
            let envelope = Envelope::read(body.as_bytes()).expect("JSON");
            assert_eq!((envelope.text("/id"), envelope.text("/summary")), (id, summary), "{body}");
            assert_eq!(envelope.text("/resource/nonce"), None, "{body}");
        }
        for body in ["", "{", "\u{fffd}", "{\"id\": \"\\ud800\"}"] {
            assert!(Envelope::read(body.as_bytes()).is_none(), "{body}");
        }
        assert!(Envelope::read(b"{\"id\": \"\xff\"}").is_none());
    }
}
