//! Which host, how often, how long: retries that never double-charge.
//!
//! [`classify`] says what the end of an attempt means, [`course`] what comes next, [`hosts`] where it goes, [`budget`] how
//! much may be repeated at all. None of them does I/O or reads a clock, so the decisions can be explored exhaustively; who
//! carries them out is `send`. ARCHITECTURE.md holds the table of decisions, and the tests are made from that table.

mod attempt;
mod budget;
mod classify;
mod course;
mod hosts;
#[cfg(test)]
mod model;
mod policy;
#[cfg(test)]
mod table;

pub use attempt::{Attempt, Phase};
pub(crate) use budget::Budget;
pub(crate) use classify::{End, Fate};
pub(crate) use course::{Course, Nature, Step};
#[cfg(test)]
pub(crate) use hosts::Registry;
pub(crate) use hosts::{Host, Hosts};
pub use policy::Retry;
