//! What every binding needs and core should not know.
//!
//! A binding makes a [`Client`] from JSON, asks it for a [`Call`], and lets it run in one of three ways:
//! - [`Call::start`] hands the result to a function (Node);
//! - [`wait`] blocks the thread and lets the interpreter look after signals in between (C, PHP, Python);
//! - [`Completions::start`] queues the result for an event loop, with one wake-up for many calls (asyncio).
//!
//! Each of these three also carries what a call says meanwhile ([`Said`]): its [`Question`]s to the merchant's key, where
//! that lies elsewhere, and the attempts that it makes, where somebody watches them.
//!
//! A [`Receiver`] reads notifications; that needs no network, and so no call. A [`Seen`] knows which have been processed.
//!
//! Errors are one flat record ([`ErrorRecord`]); panics become one at every entry ([`guard`]). After a fork the child
//! uses a runtime and connections of its own; nothing here holds a lock across the fork that the child would need.
//! The bridge is no API: it changes with its bindings.

mod attempts;
mod call;
mod catalogue;
mod client;
mod completions;
mod desk;
mod error;
mod files;
mod guard;
mod headers;
mod readable;
mod receiver;
mod seen;
mod signer;
mod utility;
mod wake;

pub use attempts::{AttemptEnd, AttemptEvent, AttemptRecord, Waiting};
pub use call::{Call, GivenUp, Waited, nobody_hears, wait};
pub use catalogue::{operations_json, option_names, products};
pub use client::{Client, Key, Reply};
pub use completions::{Completions, Event, News, Ticket};
pub use desk::Said;
pub use error::{ErrorRecord, Result};
pub use files::Progress;
pub use guard::guard;
pub use receiver::{Receiver, ack, failure};
pub use seen::Seen;
pub use signer::{Answer, Question, Task};
pub use wechatpay_sdk::KeyError;
pub use wechatpay_sdk::operation::ReplyKind;
