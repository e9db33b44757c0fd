//! The Rust runner of the shared cases in `tests/cases` (their format: `tests/README.md`), and the local WeChat Pay
//! that it and the other tests of this package call over real sockets.

mod admin;
mod case;
mod compare;
mod local;
pub mod redis;
mod run;
mod signer;

use std::path::PathBuf;

pub use admin::Admin;
pub use case::{Call, Case, Expect, Step, load};
pub use compare::differences;
pub use local::Local;
pub use run::{Face, Runner, Summary};

/// The folder `tests/` of the repository.
#[must_use]
pub fn tests_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository has this folder")
}

/// A vector file: `name` under `tests/vectors`.
///
/// # Panics
/// When it is not there or not JSON.
#[must_use]
pub fn vectors(name: &str) -> serde_json::Value {
    serde_json::from_str(&vector_text(name)).expect("vectors are JSON")
}

/// The text of a file under `tests/vectors`.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn vector_text(name: &str) -> String {
    let path = tests_dir().join("vectors").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust programs of the README compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../../../README.zh-CN.md")]
mod readme {}
