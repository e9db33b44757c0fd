//! The sandbox as a client sees it, over real sockets, with signatures of the openssl command.
#![expect(clippy::unwrap_used, reason = "these are tests, their helpers too")]

mod admin;
mod authorization;
mod behaviours;
mod certificates;
mod client;
mod complaints;
mod documented;
mod encrypted;
mod every_operation;
mod faults;
mod files;
mod load;
mod notifications;
mod orders;
mod pages;
mod profitsharing;
mod purchase;
mod records;
mod refunds;
mod requests;
mod shop;
mod start;
mod transfers;
mod uploads;
