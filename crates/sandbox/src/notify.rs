//! Notifications of the platform: made, encrypted, signed, spoilt on request, and delivered.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use wechatpay_sdk::crypto::default_backend;

use crate::deliver::{Delivery, HeaderCase, Redeliver};
use crate::identity::{Identity, PlatformKey};
use crate::platform::seal;
use crate::spec::{Catalog, EventExample};
use crate::state::merge_patch;
use crate::{clock, random};

/// The body of `POST /notifications`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// The id of an event: what is not given is as in an example of it.
    event: Option<String>,
    event_type: Option<String>,
    /// The plaintext: JSON, or a text as it is.
    resource: Option<Value>,
    original_type: Option<String>,
    #[serde(default)]
    signed_with: SignedWith,
    /// Seconds by which the signature's timestamp differs from now.
    #[serde(default)]
    seconds: i64,
    /// The key to encrypt with, where it is not the merchant's.
    apiv3_key: Option<String>,
    /// Merge patch of the body before it is signed.
    #[serde(default)]
    envelope: Map<String, Value>,
    /// Headers that replace those of the signature, or, null, take them away.
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    /// Text that takes the body's place after it was signed.
    body: Option<String>,
    /// Where to POST it.
    url: Option<String>,
    /// Again and again until it is taken.
    redeliver: Option<Redeliver>,
    #[serde(default)]
    header_case: HeaderCase,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum SignedWith {
    #[default]
    PublicKey,
    Certificate,
}

/// Makes what is ordered, signed perhaps with the `certificate` that signs at the moment, and delivers it where there is a
/// URL: `{"id", "headers", "body", "answer", "deliveries"}`.
pub(crate) async fn notify(order: Order, identity: &Identity, certificate: &PlatformKey) -> Result<Value, String> {
    let envelope = envelope(&order, identity)?;
    let signed = envelope.to_string();
    let body = order.body.as_ref().unwrap_or(&signed);
    // A delivery is signed when it leaves: else those of tomorrow would be stale.
    let make = || Ok((headers(&order, &signed, identity, certificate)?, body.clone()));
    let (first, _) = make()?;
    let mut shown = first;
    let deliveries = match &order.url {
        None => Vec::new(),
        Some(url) => {
            let make = || make().inspect(|(headers, _)| shown = headers.clone());
            Delivery::new(url, order.header_case)?.run(order.redeliver, make).await?
        }
    };
    let shown: Map<String, Value> = shown
        .iter()
        .map(|(name, value)| (title_case(name.as_str()), value.to_str().unwrap_or_default().into()))
        .collect();
    let answer = deliveries.last().map_or(Value::Null, |delivery| delivery["answer"].clone());
    Ok(json!({
        "id": envelope["id"], "headers": shown, "body": body, "answer": answer, "deliveries": deliveries,
    }))
}

/// Of the signature, and what was ordered in their place.
fn headers(order: &Order, signed: &str, identity: &Identity, certificate: &PlatformKey) -> Result<HeaderMap, String> {
    let key = match order.signed_with {
        SignedWith::PublicKey => &identity.public_key,
        SignedWith::Certificate => certificate,
    };
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("request-id", HeaderValue::from_str(&format!("{}-0", random::hex(32))).expect("hex is ASCII"));
    seal::sign(&mut headers, signed.as_bytes(), key, None, clock::now().saturating_add(order.seconds));
    for (name, value) in &order.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("headers.{name} is not a header"))?;
        match value {
            None => drop(headers.remove(&name)),
            Some(value) => {
                let value = HeaderValue::from_str(value).map_err(|_| format!("headers.{name} must be printable"))?;
                headers.insert(name, value);
            }
        }
    }
    Ok(headers)
}

fn envelope(order: &Order, identity: &Identity) -> Result<Value, String> {
    let key: [u8; 32] = order
        .apiv3_key
        .as_deref()
        .unwrap_or(&identity.apiv3_key)
        .as_bytes()
        .try_into()
        .map_err(|_| "apiv3_key must be 32 bytes long")?;
    let content = content(order, identity)?;
    let plaintext = match &content.resource {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    let nonce = random::alphanumeric(12);
    let data = &content.associated_data;
    let ciphertext = default_backend()
        .seal(&key, nonce.as_bytes(), data.as_bytes(), plaintext.as_bytes())
        .map_err(|error| error.to_string())?;
    let mut envelope = json!({
        "id": format!("EV-{}", random::digits(18)),
        "create_time": beijing_time(clock::now()),
        "resource_type": content.resource_type,
        "event_type": content.event_type,
        "summary": content.summary,
        "resource": {
            "original_type": content.original_type,
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": STANDARD.encode(ciphertext),
            "associated_data": data,
            "nonce": nonce,
        },
    });
    if content.original_type.is_none() {
        merge_patch(&mut envelope, json!({"resource": {"original_type": null}}));
    }
    merge_patch(&mut envelope, order.envelope.clone().into());
    Ok(envelope)
}

/// What is ordered: by itself, or an example of an event with what is ordered in its place.
fn content(order: &Order, identity: &Identity) -> Result<EventExample, String> {
    let Some(id) = &order.event else {
        let original_type = order.original_type.clone().unwrap_or_else(|| "transaction".to_owned());
        return Ok(EventExample {
            event_type: order.event_type.clone().ok_or("event_type is missing, or event")?,
            resource_type: "encrypt-resource".to_owned(),
            associated_data: original_type.clone(),
            original_type: Some(original_type),
            summary: "本地微信支付的通知".to_owned(),
            resource: order.resource.clone().ok_or("resource is missing, or event")?,
        });
    };
    let encrypt = |text: &str| {
        let ciphertext = identity.merchant_certificate.public_key.encrypt_oaep(text.as_bytes());
        ciphertext.map(|bytes| STANDARD.encode(bytes)).map_err(|error| error.to_string())
    };
    let mut example = Catalog::embedded()?.event(id, order.original_type.as_deref(), encrypt)?;
    example.event_type = order.event_type.clone().unwrap_or(example.event_type);
    example.resource = order.resource.clone().unwrap_or(example.resource);
    Ok(example)
}

/// `2018-06-08T10:34:56+08:00`
pub(crate) fn beijing_time(now: i64) -> String {
    let offset = UtcOffset::from_hms(8, 0, 0).expect("a valid offset");
    let time = OffsetDateTime::from_unix_timestamp(now).map(|time| time.to_offset(offset));
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).expect("the clock shows a year of four digits")
}

/// As the platform writes them; receivers must not care.
fn title_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1.min(word.len()));
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    words.collect::<Vec<_>>().join("-")
}
