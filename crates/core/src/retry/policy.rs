//! What a caller allows.

use std::str::FromStr;

/// What may be repeated when the fate of a request is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Retry {
    /// Nothing is repeated, not even where the request was never sent.
    Off,
    /// What is safe for money: GETs, operations that `spec/` marks as idempotent, and any request that was provably never
    /// carried out.
    #[default]
    Safe,
    /// This request too: the caller says that repeating it is harmless, since it carries its own `out_…_no`.
    Idempotent,
}

impl Retry {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Off, Self::Safe, Self::Idempotent];

    /// The name, the same in every language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Safe => "safe",
            Self::Idempotent => "idempotent",
        }
    }
}

impl FromStr for Retry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|retry| retry.as_str() == text)
            .ok_or_else(|| "must be one of off, safe, idempotent".to_owned())
    }
}
