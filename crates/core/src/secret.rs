//! Values that must never be printed: they wipe themselves and show as `[redacted]`.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// What stands in the place of a secret wherever it would be printed.
pub const REDACTED: &str = "[redacted]";

/// Text that identifies a person or is sent encrypted: openids, names, phone numbers. Holds the plaintext.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sensitive(String);

impl Sensitive {
    /// The plaintext.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Sensitive {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl fmt::Display for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

/// The merchant's APIv3 key: exactly 32 bytes, set in the merchant console.
#[derive(Clone)]
pub struct ApiV3Key(Zeroizing<[u8; 32]>);

impl ApiV3Key {
    /// Takes the key as it was set in the merchant console.
    ///
    /// # Errors
    /// When it is not 32 bytes long, as a phrase that follows the name of the option.
    pub fn new(key: &str) -> Result<Self, String> {
        key.as_bytes().try_into().map(|key| Self(Zeroizing::new(key))).map_err(|_| {
            format!(
                "must be exactly 32 bytes, but is {}; take the APIv3 key from the merchant console (not the APIv2 key, not a serial number)",
                key.len()
            )
        })
    }

    /// The bytes, for AES-256-GCM.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApiV3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiV3Key({REDACTED})")
    }
}
