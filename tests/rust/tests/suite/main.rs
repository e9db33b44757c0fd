//! All tests over real sockets, in one binary.

mod capture;
mod cases;
mod network;
mod processes;
mod secrets;
mod sharing;
mod vectors;
mod wires;
