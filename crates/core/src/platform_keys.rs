//! The platform's keys: public keys by id and certificates by serial, both kinds at once.

use crate::crypto::{Certificate, PublicKey};

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
        self.0.push(PlatformKey { serial: id.to_owned(), key, validity: None });
    }

    /// Adds a certificate (platform certificate mode).
    pub fn add_certificate(&mut self, certificate: Certificate) {
        self.0.push(PlatformKey {
            serial: certificate.serial_no,
            key: certificate.public_key,
            validity: Some((certificate.not_before, certificate.not_after)),
        });
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

fn same_serial(a: &str, b: &str) -> bool {
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
