//! The platform's keys: public keys by id and certificates by serial, both kinds at once.

use serde::{Serialize, Serializer};

use crate::certificates_reply::PlatformCertificate;
use crate::crypto::{Certificate, PublicKey};
use crate::error::Error;

/// Every key that a reply may be signed with.
#[derive(Debug, Clone, Default)]
pub struct PlatformKeys(Vec<PlatformKey>);

/// One of them.
#[derive(Debug, Clone)]
pub struct PlatformKey {
    /// `PUB_KEY_ID_…`, or the certificate's serial in upper-case hex.
    pub serial: String,
    /// The key.
    pub key: PublicKey,
    /// Unix seconds of a certificate's first and last moment; a public key has none.
    validity: Option<(i64, i64)>,
    source: KeySource,
}

/// Where a key came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// From the options.
    Configured,
    /// From the platform, by `auto_certificates`.
    Downloaded,
}

/// What kind of key it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// WeChat Pay's public key, which never expires.
    PublicKey,
    /// A platform certificate.
    Certificate,
}

/// A key as it is told of: the same record in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownKey {
    /// `PUB_KEY_ID_…`, or the certificate's serial in upper-case hex.
    pub serial: String,
    /// What it is.
    pub kind: KeyKind,
    /// Start of a certificate's validity, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<i64>,
    /// Its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<i64>,
    /// Whether requests name it, and encrypt with it.
    pub preferred: bool,
    /// Where it came from.
    pub source: KeySource,
}

/// The platform's keys that a client knows, and what became of the last download.
#[derive(Debug, Clone, Serialize)]
pub struct KnownKeys {
    /// All of them, also those outside their validity, which are not used.
    pub keys: Vec<KnownKey>,
    /// When the platform gave the certificates that were downloaded, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_refresh: Option<i64>,
    /// Why the last download of this process failed; none where it succeeded. In JSON its text.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub last_error: Option<Error>,
}

fn as_text<S: Serializer>(error: &Option<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.collect_str(error),
        None => serializer.serialize_none(),
    }
}

/// Why no key can be taken for a serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoKey {
    Unknown,
    NotYetValid,
    Expired,
}

pub(crate) const PUBLIC_KEY_PREFIX: &str = "PUB_KEY_ID_";

impl PlatformKeys {
    /// Adds a public key (public key mode).
    pub fn add_public_key(&mut self, id: &str, key: PublicKey) {
        self.0.push(PlatformKey { serial: id.to_owned(), key, validity: None, source: KeySource::Configured });
    }

    /// Adds a certificate (platform certificate mode).
    pub fn add_certificate(&mut self, certificate: Certificate) {
        self.0.push(PlatformKey {
            serial: certificate.serial_no,
            key: certificate.public_key,
            validity: Some((certificate.not_before, certificate.not_after)),
            source: KeySource::Configured,
        });
    }

    /// The configured ones of these, and the certificates in the place of all that were downloaded before. What is
    /// configured and downloaded stays what was configured.
    pub(crate) fn with_downloaded(&self, certificates: &[PlatformCertificate]) -> Self {
        let configured = self.0.iter().filter(|key| key.source == KeySource::Configured);
        let configured = Self(configured.cloned().collect());
        let mut keys = configured.and(certificates.iter().map(|it| &it.certificate));
        keys.0[configured.0.len()..].iter_mut().for_each(|key| key.source = KeySource::Downloaded);
        keys
    }

    /// These and certificates beside them.
    pub(crate) fn and<'a>(&self, certificates: impl Iterator<Item = &'a Certificate>) -> Self {
        let mut keys = self.clone();
        for certificate in certificates {
            if !keys.knows(&certificate.serial_no) {
                keys.add_certificate(certificate.clone());
            }
        }
        keys
    }

    /// Whether a key of this serial is there, valid or not.
    pub(crate) fn knows(&self, serial: &str) -> bool {
        self.0.iter().any(|key| same_serial(&key.serial, serial))
    }

    /// What is told of them.
    pub(crate) fn known(&self, now: i64) -> Vec<KnownKey> {
        let preferred = self.preferred(now);
        let known = |key: &PlatformKey| KnownKey {
            serial: key.serial.clone(),
            kind: if key.validity.is_some() { KeyKind::Certificate } else { KeyKind::PublicKey },
            not_before: key.validity.map(|(start, _)| start),
            not_after: key.validity.map(|(_, end)| end),
            preferred: preferred.is_some_and(|preferred| std::ptr::eq(preferred, key)),
            source: key.source,
        };
        self.0.iter().map(known).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key of this serial: hex compared without case and leading zeros, `PUB_KEY_ID_…` as it is.
    pub(crate) fn find(&self, serial: &str, now: i64) -> Result<&PlatformKey, NoKey> {
        let found = self.0.iter().find(|key| same_serial(&key.serial, serial)).ok_or(NoKey::Unknown)?;
        match found.validity {
            Some((start, _)) if now < start => Err(NoKey::NotYetValid),
            Some((_, end)) if now > end => Err(NoKey::Expired),
            _ => Ok(found),
        }
    }

    /// The key that requests name and encrypt with: the public key, else the certificate that lasts longest.
    pub(crate) fn preferred(&self, now: i64) -> Option<&PlatformKey> {
        let valid = |key: &&PlatformKey| key.validity.is_none_or(|(start, end)| (start..=end).contains(&now));
        self.0.iter().filter(valid).max_by_key(|key| key.validity.map_or(i64::MAX, |(_, end)| end))
    }

    /// The serials, for a diagnosis.
    pub(crate) fn serials(&self) -> String {
        self.0.iter().map(|key| key.serial.as_str()).collect::<Vec<_>>().join(", ")
    }
}

pub(crate) fn same_serial(a: &str, b: &str) -> bool {
    if a.starts_with(PUBLIC_KEY_PREFIX) || b.starts_with(PUBLIC_KEY_PREFIX) {
        return a == b;
    }
    a.trim_start_matches('0').eq_ignore_ascii_case(b.trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::same_serial;

    #[test]
    fn hex_serials_ignore_case_and_leading_zeros_and_key_ids_do_not() {
        assert!(same_serial("0AB1", "ab1"));
        assert!(same_serial("AB1", "00ab1"));
        assert!(!same_serial("AB1", "AB10"));
        assert!(same_serial("PUB_KEY_ID_01", "PUB_KEY_ID_01"));
        assert!(!same_serial("PUB_KEY_ID_01", "pub_key_id_01"));
        assert!(!same_serial("PUB_KEY_ID_01", "PUB_KEY_ID_1"));
    }
}
