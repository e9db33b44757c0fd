//! Hashes of files, by the names that the documents give them.

use sha2::digest::DynDigest;

/// An algorithm that a file is hashed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
    Sm3,
}

impl Algorithm {
    /// By its name in a reply: `SHA1`, `SHA256`, `SM3`, in any case, with or without a hyphen.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().replace('-', "").as_str() {
            "SHA1" => Some(Self::Sha1),
            "SHA256" => Some(Self::Sha256),
            "SM3" => Some(Self::Sm3),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sm3 => "SM3",
        }
    }

    /// A hash of nothing yet.
    pub(crate) fn start(self) -> Hasher {
        match self {
            Self::Sha1 => Hasher(Box::<sha1::Sha1>::default()),
            Self::Sha256 => Hasher(Box::<sha2::Sha256>::default()),
            Self::Sm3 => Hasher(Box::<sm3::Sm3>::default()),
        }
    }
}

/// A hash under way.
pub(crate) struct Hasher(Box<dyn DynDigest + Send>);

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In lower-case hex, as the documents write it.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_openssl() {
        // printf 'abc' | openssl dgst -sha1 / -sha256 / -sm3
        for (name, hash) in [
            ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("SHA-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("SM3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        ] {
            let mut hasher = Algorithm::named(name).unwrap().start();
            hasher.update(b"a");
            hasher.update(b"bc");
            assert_eq!(hasher.finish(), hash);
        }
        assert_eq!(Algorithm::named("MD5"), None);
    }
}
