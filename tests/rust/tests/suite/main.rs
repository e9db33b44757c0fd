//! All tests over real sockets, in one binary.

mod capture;
mod cases;
mod filled;
mod invocation;
mod network;
mod notifications;
mod processes;
mod secrets;
mod seen;
mod sharing;
mod signers;
mod typed;
mod vectors;
mod wires;
