//! All tests over real sockets, in one binary.

mod capture;
mod cases;
mod certificates;
mod downloads;
mod encrypted_with;
mod events;
mod filled;
mod fuzz;
mod invocation;
mod limits;
mod network;
mod notifications;
mod pages;
mod processes;
mod retries;
mod secrets;
mod seen;
mod sharing;
mod signers;
mod typed;
mod uploads;
mod vectors;
mod wires;
