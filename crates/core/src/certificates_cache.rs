//! A file for what was downloaded, so that short-lived processes do not download each time.
//!
//! It holds the reply as it was received, still encrypted and signed: reading it takes the same two steps as a download,
//! so whoever alters it is found out. What cannot be the same is the window of five minutes around the signature's
//! timestamp. In its place the age is bounded by that very timestamp, which is signed: an old copy that somebody puts
//! back is worth at most [`MAX_AGE`], which is what a platform that cannot be reached is worth too; and each
//! certificate's own validity holds in any case.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::certificates_reply::{PlatformCertificate, decrypt_certificates, verify_with_itself};
use crate::error::{Error, ErrorKind};
use crate::platform_keys::PlatformKeys;
use crate::secret::ApiV3Key;
use crate::signature::{MAX_SKEW_SECONDS, signed_at};

/// Older than this it is not used, in seconds: the rules ask for a download at least every 24 hours.
const MAX_AGE: i64 = 24 * 60 * 60;
/// No reply is nearly as long; whatever is longer was not written here.
const LONGEST: u64 = 1 << 20;
/// What a signature consists of.
const HEADERS: [&str; 5] =
    ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature", "wechatpay-signature-type"];

/// The file of one merchant.
#[derive(Debug)]
pub(crate) struct Cache {
    path: PathBuf,
    mchid: String,
}

/// What it held.
pub(crate) struct Cached {
    pub(crate) certificates: Vec<PlatformCertificate>,
    /// Unix seconds of the platform.
    pub(crate) signed_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Record {
    mchid: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Cache {
    pub(crate) fn new(path: PathBuf, mchid: &str) -> Self {
        Self { path, mchid: mchid.to_owned() }
    }

    /// What the file holds, if it can be trusted. Anything else is as if it were not there, with a warning: the platform
    /// is asked instead.
    pub(crate) fn load(&self, key: &ApiV3Key, known: &PlatformKeys, now: i64) -> Option<Cached> {
        let path = self.path.display();
        match self.read(key, known, now) {
            Ok(cached) => cached,
            Err(error) => {
                tracing::warn!(%path, code = error.code(), "the cache of platform certificates is not used: {error}");
                None
            }
        }
    }

    fn read(&self, key: &ApiV3Key, known: &PlatformKeys, now: i64) -> Result<Option<Cached>, Error> {
        let Some(text) = read_file(&self.path)? else { return Ok(None) };
        let record: Record = serde_json::from_slice(&text).map_err(|_| unusable("is damaged"))?;
        if record.mchid != self.mchid {
            return Err(unusable("belongs to another merchant: each needs a file of its own"));
        }
        let headers = record.headers()?;
        let signed_at = signed_at(&headers)?;
        let age = now.saturating_sub(signed_at);
        if age < -MAX_SKEW_SECONDS {
            return Err(unusable("is from the future: check this machine's clock"));
        }
        if age > MAX_AGE {
            return Ok(None);
        }
        let body = record.body.as_bytes();
        let certificates = decrypt_certificates(body, key)?;
        // As of the moment at which it was signed: its age has been judged.
        verify_with_itself(&headers, body, known, &certificates, signed_at)?;
        Ok(Some(Cached { certificates, signed_at }))
    }

    /// Puts a verified reply into the file, for its owner only, and all at once: no reader ever sees half of it. A failure
    /// is told in the log; the certificates hold without it.
    pub(crate) fn save(&self, headers: &HeaderMap, body: &[u8]) {
        let text = |name: &&str| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned()));
        let record = Record {
            mchid: self.mchid.clone(),
            headers: HEADERS.iter().filter_map(text).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        };
        let json = serde_json::to_vec(&record).expect("a record of texts can be written");
        if let Err(error) = write_file(&self.path, &json) {
            tracing::warn!(path = %self.path.display(), %error, "the cache of platform certificates cannot be written");
        }
    }
}

impl Record {
    fn headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable("is damaged"))?;
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| unusable("is damaged"))?);
        }
        Ok(headers)
    }
}

/// None where there is no file.
fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(&format!("cannot be read: {error}"))),
    };
    let mut text = Vec::new();
    let read = file.take(LONGEST + 1).read_to_end(&mut text);
    read.map_err(|error| unusable(&format!("cannot be read: {error}")))?;
    if text.len() as u64 > LONGEST { Err(unusable("is too long")) } else { Ok(Some(text)) }
}

/// A new file with mode 0600 in the same folder takes the old one's place.
fn write_file(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::Builder::new().prefix(".wechatpay-").tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

fn unusable(problem: &str) -> Error {
    Error::new(ErrorKind::Integrity, "bad_cache", format!("the file {problem}"))
}
