//! All tests over real sockets, in one binary.

mod capture;
mod cases;
mod certificates;
mod filled;
mod network;
mod notifications;
mod processes;
mod secrets;
mod sharing;
mod typed;
mod vectors;
mod wires;
