//! Files: what a reply leads to, kept for as long as its URL lives, and given out for the token in it.
//!
//! Works on replies and not on operations: whatever holds a `download_url` (or `url` beside `hash_value`) is led to a file
//! of this sandbox, with its hash, and encrypted where the reply has an `encrypt_key`.

mod bill;
mod content;

use std::collections::VecDeque;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use wechatpay_sdk::crypto::{PublicKey, default_backend};

use self::content::Content;
pub(crate) use self::content::digest;
use crate::business::Business;
use crate::platform::answer::Refusal;
use crate::random;
use crate::spec::Problem;

/// Seconds that a URL lives. Documented: five minutes.
/// Source: <https://pay.weixin.qq.com/docs/partner/apis/bill-download/download-sub-merchant-fund-bill.html>
const LIVES: i64 = 5 * 60;
/// Parts that a bill with a list of them comes in. Documented for bills beyond 16 GB: they are put together in this order.
const PARTS: usize = 2;

/// Beyond so many bytes the oldest file goes before its time.
const MOST_BYTES: usize = 512 << 20;

/// Files, the oldest first.
#[derive(Default)]
pub(crate) struct Files(VecDeque<Kept>);

struct Kept {
    token: String,
    until: i64,
    bytes: Bytes,
}

impl Files {
    pub(crate) fn keep(&mut self, bytes: Bytes, now: i64) -> String {
        let token = random::alphanumeric(32);
        self.0.retain(|kept| kept.until >= now);
        self.0.push_back(Kept { token: token.clone(), until: now.saturating_add(LIVES), bytes });
        while self.0.len() > 1 && self.0.iter().map(|kept| kept.bytes.len()).sum::<usize>() > MOST_BYTES {
            self.0.pop_front();
        }
        token
    }

    fn find(&self, token: &str, now: i64) -> Option<Bytes> {
        self.0.iter().find(|kept| kept.token == token && kept.until >= now).map(|kept| kept.bytes.clone())
    }
}

/// The file that a download asks for by its token: one that a reply led to, or one of the state.
pub(crate) fn find(business: &Business, token: &str) -> Result<Bytes, Refusal> {
    let seeded = || business.state.files.get(token).map(|text| Bytes::from(text.clone()));
    let found = business.files.find(token, business.now()).or_else(seeded);
    found.ok_or_else(|| Refusal::new(404, "NOT_FOUND", "文件不存在或下载地址已失效"))
}

/// A reply that may lead to files.
pub(crate) struct Offer<'a> {
    pub(crate) operation: &'a str,
    pub(crate) parameters: &'a Value,
    /// As the client reached the sandbox: `http://127.0.0.1:8080`.
    pub(crate) base_url: String,
    /// Of the merchant, whom an encrypted file's key is for.
    pub(crate) public_key: &'a PublicKey,
    /// Rows of a bill.
    pub(crate) rows: usize,
}

impl Offer<'_> {
    /// Makes the files that `reply` tells of. They are put where `keep` puts them, which gives their tokens.
    pub(crate) fn complete(&self, reply: &mut Value, keep: &mut impl FnMut(Bytes) -> String) -> Result<bool, Refusal> {
        match reply {
            Value::Array(items) => {
                let mut led = false;
                for item in items {
                    led |= self.complete(item, keep)?;
                }
                Ok(led)
            }
            Value::Object(members) => {
                let link = ["download_url", "url"].into_iter().find(|name| members.contains_key(*name));
                if let Some(link) = link.filter(|name| *name == "download_url" || members.contains_key("hash_value")) {
                    self.lead(members, link, &Content::of(self.operation, self.parameters, self.rows), keep)?;
                    return Ok(true);
                }
                if let Some([part]) = members.get("download_bill_list").and_then(Value::as_array).map(Vec::as_slice) {
                    let list = self.parts(part.clone(), keep)?;
                    members["download_bill_count"] = json!(list.len());
                    members["download_bill_list"] = list.into();
                    return Ok(true);
                }
                let mut led = false;
                for member in members.values_mut() {
                    led |= self.complete(member, keep)?;
                }
                Ok(led)
            }
            _ => Ok(false),
        }
    }

    /// A bill in several files, each like `part`.
    fn parts(&self, part: Value, keep: &mut impl FnMut(Bytes) -> String) -> Result<Vec<Value>, Refusal> {
        let Value::Object(part) = part else { return Ok(vec![part]) };
        let whole = Content::of(self.operation, self.parameters, self.rows);
        let parts = whole.split(PARTS).into_iter().zip(1..).map(|(content, sequence)| {
            let mut part = part.clone();
            part["bill_sequence"] = json!(sequence);
            self.lead(&mut part, "download_url", &content, keep)?;
            Ok(part.into())
        });
        parts.collect()
    }

    fn lead(
        &self,
        members: &mut Map<String, Value>,
        link: &str,
        content: &Content,
        keep: &mut impl FnMut(Bytes) -> String,
    ) -> Result<(), Refusal> {
        let gzip = self.parameters["query"]["tar_type"] == "GZIP";
        let mut bytes = if gzip { content.gzip() } else { content.bytes.clone() };
        if members.contains_key("encrypt_key") {
            // Documented: decrypted first, then decompressed, so that the compressed file is what is encrypted.
            // Source: <https://payapp.weixin.qq.com/wiki/doc/apiv3/apis/chapter6_1_29.shtml>
            bytes = self.encrypt(members, &bytes)?;
        }
        members[link] = json!(format!("{}{}", self.base_url, content.place.target(&keep(bytes), gzip)));
        if members.contains_key("hash_value") {
            // Over the plain file, whatever was done to it on its way.
            let algorithm = content.hash_type(members.get("hash_type").and_then(Value::as_str));
            members["hash_value"] = json!(digest(algorithm, &content.bytes));
            members.insert("hash_type".to_owned(), json!(algorithm));
        }
        Ok(())
    }

    fn encrypt(&self, members: &mut Map<String, Value>, bytes: &[u8]) -> Result<Bytes, Refusal> {
        let query = &self.parameters["query"];
        for name in ["algorithm", "encryption_algorithm"] {
            if let Some(value) = query.get(name).filter(|value| **value != "AEAD_AES_256_GCM") {
                let issue = "the sandbox encrypts with AEAD_AES_256_GCM only";
                return Err(Problem::new(format!("/query/{name}"), Some(value.clone()), issue).into());
            }
        }
        let (key, nonce) = (random::alphanumeric(32), random::alphanumeric(12));
        let failed = |_| Refusal::new(500, "SYSTEM_ERROR", "系统异常,请稍后重试");
        let encrypt_key = self.public_key.encrypt_oaep(key.as_bytes()).map_err(failed)?;
        let key = key.as_bytes().try_into().expect("32 letters of one byte");
        // No document mentions associated data, so there is none.
        let sealed = default_backend().seal(key, nonce.as_bytes(), b"", bytes).map_err(failed)?;
        members["encrypt_key"] = json!(STANDARD.encode(encrypt_key));
        members["nonce"] = json!(nonce);
        Ok(sealed.into())
    }
}
