//! Fills every field of a schema, each with a value of its own.

use serde_json::{Value, json};

use crate::Problem;
use crate::filled::Filled;
use crate::spec::{Document, members};

/// The file of uploads: bytes that are no text, line ends among them.
const FILENAME: &str = "凭证 1.png";
const MEDIA_TYPE: &str = "image/png";
const CONTENT: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xff--\xe4\xb8\xad\xe6\x96\x87\r\n";
/// What `openssl dgst` says of it.
const SHA256: &str = "29fafa4762a9d151a2616f8dfe8f684daa37991dfb732db7c7bb7e47b1bf8a67";
const SM3: &str = "131912424d964e510335f4735a596d564a18b7378b090835f219c057cfe64d39";

/// A schema that says anything else is not understood, and must not pass for one that is.
const UNDERSTOOD: [&str; 18] = [
    "$ref",
    "contentMediaType",
    "contentSchema",
    "default",
    "enum",
    "examples",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "minItems",
    "properties",
    "required",
    "type",
    "x-enum-varnames",
    "x-wechatpay-computed",
    "x-wechatpay-encrypted",
    "x-wechatpay-sensitive",
];
/// What JSON numbers lose first: more than a double holds.
const BEYOND_DOUBLES: u64 = 1 << 53;

/// Makes values; no two of them alike, enumerations and booleans apart.
#[derive(Default)]
pub(crate) struct Filler {
    made: u64,
}

impl Filler {
    /// A value of this schema, with every property at every depth.
    pub(crate) fn fill(&mut self, document: &Document, name: &str, beside: &Value) -> Result<Filled, Problem> {
        let schema = document.resolve(beside)?;
        if let Some((key, _)) =
            [beside, schema].into_iter().flat_map(members).find(|(key, _)| !UNDERSTOOD.contains(&key.as_str()))
        {
            return Err(format!("{name}: a schema says {key:?}, which is not understood here").into());
        }
        self.made += 1;
        let number = self.made;
        if let Some(inner) = schema.get("contentSchema") {
            return Ok(Filled::Text(Box::new(self.fill(document, name, inner)?)));
        }
        let of_the_file = [beside, schema].into_iter().find_map(|schema| schema["x-wechatpay-computed"].as_str());
        match of_the_file {
            Some("filename") => return Ok(Filled::Plain(json!(FILENAME))),
            Some("sha256") => return Ok(Filled::Plain(json!(SHA256))),
            Some("sm3") => return Ok(Filled::Plain(json!(SM3))),
            None | Some("literal") => {}
            Some(other) => return Err(format!("{name}: what is {other:?} of a file?").into()),
        }
        if let Some(literals) = schema["enum"].as_array() {
            let at = usize::try_from(number)? % literals.len();
            return Ok(Filled::Plain(literals[at].clone()));
        }
        let encrypted = [beside, schema].into_iter().any(|schema| schema.get("x-wechatpay-encrypted").is_some());
        Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string"), Some("binary")) => {
                Filled::File { filename: FILENAME, media_type: MEDIA_TYPE, content: CONTENT }
            }
            (Some("string"), Some("date-time")) => Filled::Plain(json!(moment(number))),
            (Some("string"), _) if encrypted => Filled::Secret(text(name, number, schema)),
            (Some("string"), _) => Filled::Plain(json!(text(name, number, schema))),
            (Some("boolean"), _) => Filled::Plain(json!(number.is_multiple_of(2))),
            (Some("integer"), _) => {
                Filled::Plain(if number.is_multiple_of(2) { json!(number) } else { json!(BEYOND_DOUBLES + number) })
            }
            (Some("number"), _) => Filled::Plain(decimal(number)?),
            (Some("array"), _) => self.list(document, name, schema)?,
            (Some("object"), _) => self.record(document, schema)?,
            (kind, _) => return Err(format!("{name}: {kind:?} is no type").into()),
        })
    }

    fn list(&mut self, document: &Document, name: &str, schema: &Value) -> Result<Filled, Problem> {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
        let items = (0..2.clamp(least, most)).map(|_| self.fill(document, name, &schema["items"]));
        items.collect::<Result<_, _>>().map(Filled::List)
    }

    fn record(&mut self, document: &Document, schema: &Value) -> Result<Filled, Problem> {
        let Some(properties) = schema["properties"].as_object() else {
            // Anything may stand in an object without a shape.
            let anything = Filled::Plain(json!({"任意": [true, {"n": self.made}]}));
            return Ok(Filled::Record(vec![("anything".to_owned(), anything)]));
        };
        let filled = properties.iter().map(|(name, schema)| Ok((name.clone(), self.fill(document, name, schema)?)));
        filled.collect::<Result<_, Problem>>().map(Filled::Record)
    }

    /// A header, which is printable ASCII.
    pub(crate) fn header(&mut self, name: &str) -> Filled {
        self.made += 1;
        Filled::Plain(json!(format!("{name} {}/=?\"%20", self.made)))
    }
}

/// A text that tells its field, with characters that one layer or another gives a meaning.
fn text(name: &str, number: u64, schema: &Value) -> String {
    let text = match number % 4 {
        0 => format!("{name}-{number}"),
        1 => format!("微信支付·{name}/{number}"),
        2 => format!("a b&{name}=c+d%20?#;,:@/{number}"),
        _ => format!("\"{name}\"\\\n\u{1f9e7}é<>'{number}"),
    };
    // What is too long loses its beginning: the number makes it what it is.
    let most = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(most)).collect()
}

fn moment(number: u64) -> String {
    format!("2026-{:02}-{:02}T{:02}:00:00+08:00", number % 12 + 1, number / 12 % 28 + 1, number / 336 % 24)
}

/// Whole, decimal, and whole beyond what a double holds; decimals as short as their double, so that every language that
/// has nothing but doubles can keep their digits.
fn decimal(number: u64) -> Result<Value, Problem> {
    let digits = match number % 3 {
        0 => format!("{number}"),
        1 => format!("{number}.0625{}", number % 9 + 1),
        _ => format!("{}", BEYOND_DOUBLES + number),
    };
    Ok(serde_json::from_str(&digits)?)
}
