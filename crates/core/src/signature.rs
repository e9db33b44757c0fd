//! The two signed messages of APIv3, and the diagnosis of a signature that does not hold. Pure: no clock, and no I/O but
//! that of a key which does not lie in this process.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;

use crate::error::{Error, ErrorKind};
use crate::merchant_key::SigningKey;
use crate::platform_keys::{NoKey, PlatformKeys};

/// The only scheme of this SDK so far.
pub const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// Replies and notifications further from our clock than this are refused. Exactly this far is accepted.
pub const MAX_SKEW_SECONDS: i64 = 300;

const PROBE_PREFIX: &str = "WECHATPAY/SIGNTEST/";

/// What a request signs: `METHOD\nURL\nTIMESTAMP\nNONCE\nBODY\n`; `target` is the path and query exactly as sent.
///
/// Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>
#[must_use]
pub fn request_message(method: &str, target: &str, timestamp: i64, nonce: &str, body: &[u8]) -> Vec<u8> {
    joined(&[method.as_bytes(), target.as_bytes(), timestamp.to_string().as_bytes(), nonce.as_bytes(), body])
}

/// What a reply or notification signs: `TIMESTAMP\nNONCE\nBODY\n`, with the body exactly as received.
///
/// Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365350>
#[must_use]
pub fn reply_message(timestamp: &str, nonce: &str, body: &[u8]) -> Vec<u8> {
    joined(&[timestamp.as_bytes(), nonce.as_bytes(), body])
}

/// Each on a line of its own.
fn joined(lines: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        message.extend_from_slice(line);
        message.push(b'\n');
    }
    message
}

/// Who signs: the merchant number, the serial of its API certificate, and the private key.
#[derive(Debug, Clone)]
pub struct Signer {
    /// Merchant number.
    pub mchid: String,
    /// Serial number of the merchant's API certificate.
    pub serial_no: String,
    /// The key of that certificate.
    pub key: SigningKey,
}

impl Signer {
    /// Signs any message, within `limit`.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub async fn sign(&self, message: &[u8], limit: Duration) -> Result<Vec<u8>, Error> {
        self.key.sign(message, limit).await
    }

    /// The value of the `Authorization` header for this request, made within `limit`.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub async fn authorization(
        &self,
        method: &str,
        target: &str,
        timestamp: i64,
        nonce: &str,
        body: &[u8],
        limit: Duration,
    ) -> Result<String, Error> {
        let signature = self.sign(&request_message(method, target, timestamp, nonce, body), limit).await?;
        let timestamp = timestamp.to_string();
        let parts = [
            SCHEME,
            " mchid=\"",
            &self.mchid,
            "\",nonce_str=\"",
            nonce,
            "\",timestamp=\"",
            &timestamp,
            "\",serial_no=\"",
            &self.serial_no,
            "\",signature=\"",
        ];
        // Made in one piece: a string that grows step by step is copied at each one.
        let length = parts.iter().map(|part| part.len()).sum::<usize>() + signature.len().div_ceil(3) * 4 + 1;
        let mut authorization = String::with_capacity(length);
        parts.iter().for_each(|part| authorization.push_str(part));
        STANDARD.encode_string(signature, &mut authorization);
        authorization.push('"');
        Ok(authorization)
    }
}

/// Whether the headers claim a signature at all.
pub(crate) fn is_signed(headers: &HeaderMap) -> bool {
    headers.contains_key("wechatpay-signature")
}

/// Verifies a reply or notification over the bytes as they were received.
///
/// # Errors
/// [`ErrorKind::Signature`] with a code that says why: `missing_header`, `probe`, `bad_timestamp`, `clock_skew`,
/// `unknown_serial`, `certificate_expired`, `bad_signature`.
pub fn verify(headers: &HeaderMap, body: &[u8], keys: &PlatformKeys, now: i64) -> Result<(), Error> {
    let timestamp = header(headers, "Wechatpay-Timestamp")?;
    let nonce = header(headers, "Wechatpay-Nonce")?;
    let serial = header(headers, "Wechatpay-Serial")?;
    let signature = header(headers, "Wechatpay-Signature")?;

    if signature.starts_with(PROBE_PREFIX) {
        return Err(refuse(
            "probe",
            "this is a probe: the platform sends a wrong signature on purpose to test that it is refused, as it now is; no action is needed",
        ));
    }
    if let Some(kind) = headers.get("wechatpay-signature-type").filter(|kind| kind.as_bytes() != SCHEME.as_bytes()) {
        let kind = String::from_utf8_lossy(kind.as_bytes()).into_owned();
        return Err(refuse("unknown_signature_type", format!("signed with {kind}, but this client verifies {SCHEME}")));
    }
    check_skew(signed_at(headers)?, headers, now)?;
    let key = keys.find(serial, now).map_err(|why| diagnose_key(&why, serial, keys))?;
    let valid = STANDARD
        .decode(signature)
        .is_ok_and(|signature| key.key.verify(&reply_message(timestamp, nonce, body), &signature));
    if valid {
        return Ok(());
    }
    Err(refuse(
        "bad_signature",
        format!(
            "the signature does not hold under the key configured for {serial}: either the body was changed on the way (a proxy that rewrites or decompresses it?), or the key configured for {serial} is another one's; compare it with the merchant console"
        ),
    ))
}

/// The moment at which the headers say that it was signed, Unix seconds.
///
/// # Errors
/// Signature: `missing_header`, `bad_timestamp`.
pub(crate) fn signed_at(headers: &HeaderMap) -> Result<i64, Error> {
    let bad = |_| refuse("bad_timestamp", "the header Wechatpay-Timestamp is not a number of seconds");
    header(headers, "Wechatpay-Timestamp")?.parse().map_err(bad)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Error> {
    headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty()).ok_or_else(|| {
        refuse(
            "missing_header",
            format!("the header {name} is missing: this did not come from WeChat Pay unchanged (a gateway or proxy answered, or removed it?)"),
        )
    })
}

/// Whose clock is wrong is told by a third one: the `Date` header of whoever delivered the reply.
fn check_skew(signed_at: i64, headers: &HeaderMap, now: i64) -> Result<(), Error> {
    let behind = now.saturating_sub(signed_at);
    if behind.saturating_abs() <= MAX_SKEW_SECONDS {
        return Ok(());
    }
    let direction = if behind > 0 { "older" } else { "newer" };
    let date = server_date(headers);
    let verdict = match date {
        Some(date) if date.saturating_sub(signed_at).saturating_abs() <= MAX_SKEW_SECONDS => {
            let fast = if now > date { "fast" } else { "slow" };
            format!("the server's Date header agrees with it, so this machine's clock is {} s {fast}: set it by NTP", now.saturating_sub(date).saturating_abs())
        }
        Some(date) if date.saturating_sub(now).saturating_abs() <= MAX_SKEW_SECONDS => {
            "the server's Date header agrees with this machine's clock, so the reply is stale or replayed (a cache on the way?)".to_owned()
        }
        _ => "check this machine's clock first (NTP); if it is right, the reply is stale or replayed".to_owned(),
    };
    Err(refuse(
        "clock_skew",
        format!(
            "the signature's timestamp is {} s {direction} than this machine's clock, more than the {MAX_SKEW_SECONDS} s allowed; {verdict}",
            behind.saturating_abs()
        ),
    ))
}

/// The `Date` header, in Unix seconds.
pub(crate) fn server_date(headers: &HeaderMap) -> Option<i64> {
    let date = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    Some(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs() as i64)
}

fn diagnose_key(why: &NoKey, serial: &str, keys: &PlatformKeys) -> Error {
    let known =
        if keys.is_empty() { "no key of the platform yet".to_owned() } else { format!("only {}", keys.serials()) };
    match why {
        NoKey::Unknown => refuse(
            "unknown_serial",
            format!(
                "signed with the platform key {serial}, but this client knows {known}; add that public key or platform certificate (both kinds can be configured at once)"
            ),
        ),
        NoKey::Expired => refuse(
            "certificate_expired",
            format!(
                "signed with the platform certificate {serial}, which has expired; configure the current one, or WeChat Pay's public key, which never expires"
            ),
        ),
        NoKey::NotYetValid => refuse(
            "certificate_expired",
            format!(
                "signed with the platform certificate {serial}, which is not valid yet by this machine's clock; check the clock"
            ),
        ),
    }
}

fn refuse(code: &str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Signature, code, message)
}
