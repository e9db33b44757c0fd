//! `wechatpay batch` on a terminal.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use common::batch::{Batch, TWO_STEPS};
use common::{Sandbox, assert_status, stderr, stdout};
use nix::pty::{Winsize, openpty};

/// What a batch of three rows writes to a terminal that is its standard error.
fn on_a_terminal(arguments: &[&str]) -> String {
    let sandbox = Sandbox::start();
    let batch = Batch::of_rows(&sandbox, TWO_STEPS, 3);
    let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(&size, None).unwrap();
    let mut command = batch.command(arguments);
    command.env("TERM", "xterm").stdout(Stdio::null()).stderr(Stdio::from(terminal.slave));
    let mut child = command.spawn().unwrap();
    // It holds our copy of the slave: with it open, the master would never come to an end.
    drop(command);
    let (mut seen, mut master) = (Vec::new(), File::from(terminal.master));
    // Linux ends it with EIO.
    let _ = master.read_to_end(&mut seen);
    assert!(child.wait().unwrap().success());
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn a_bar_is_drawn_on_a_terminal() {
    let seen = on_a_terminal(&[]);
    assert!(seen.contains('█') && seen.contains("/3 rows"), "{seen:?}");
    assert_eq!(on_a_terminal(&["--quiet"]), "");
}

#[test]
fn no_bar_is_drawn_elsewhere() {
    let sandbox = Sandbox::start();
    let output = Batch::of_rows(&sandbox, TWO_STEPS, 3).run(&[]);
    assert_status(&output, 0);
    assert_eq!(stderr(&output), "");
    assert!(!stdout(&output).contains('█'), "{}", stdout(&output));
}
