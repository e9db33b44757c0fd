//! The two hosts that serve the same API.

use serde::{Deserialize, Serialize};

/// Which listener a request came in by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Host {
    Main,
    Backup,
}

impl Host {
    pub(crate) const ALL: [Self; 2] = [Self::Main, Self::Backup];
}
