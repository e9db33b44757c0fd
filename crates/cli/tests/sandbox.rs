//! `wechatpay sandbox`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fs;
use std::io::Read as _;
use std::net::TcpStream;
use std::process::Stdio;

use common::{Sandbox, assert_status, example, signal, stderr, wechatpay};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

#[test]
fn it_announces_itself_and_stops_cleanly_on_either_signal() {
    for stop in [Signal::SIGTERM, Signal::SIGINT] {
        let mut sandbox = Sandbox::start();
        let file: Value = serde_json::from_slice(&fs::read(sandbox.path("sandbox/sandbox.json")).unwrap()).unwrap();
        assert_eq!(sandbox.info, file);
        for path in ["merchant_private_key_path", "platform_certificate_path"] {
            assert!(fs::exists(file[path].as_str().unwrap()).unwrap());
        }
        assert_status(&sandbox.run(&["call", "goldplan.merchants.close_advertising_show", "sub_mchid=1900000109"]), 0);
        signal(&sandbox.child, stop);
        assert_eq!(sandbox.child.wait().unwrap().code(), Some(0));
        let address = sandbox.info["base_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        assert!(TcpStream::connect(address).is_err());
    }
}

#[test]
fn it_takes_a_seed_and_ports() {
    let seed = example("demo/seed.json");
    let sandbox = Sandbox::start_with(&["--seed", seed.to_str().unwrap()]);
    let state = sandbox.admin("GET", "/state", &Value::Null);
    assert_eq!(state["sub_merchants"]["1900000231"]["punished"], json!(true));

    let taken = sandbox.info["base_url"].as_str().unwrap().rsplit(':').next().unwrap();
    for arguments in [&["--port", taken][..], &["--seed", "/nowhere.json"]] {
        let directory = sandbox.text("other");
        let child =
            wechatpay(&["sandbox", "--dir", &directory]).args(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_status(&output, 2);
        assert!(stderr(&output).contains("cannot start"), "{}", stderr(&output));
    }
}

#[test]
fn standard_output_holds_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let mut child =
        wechatpay(&["sandbox", "--dir", directory.path().to_str().unwrap()]).stdout(Stdio::piped()).spawn().unwrap();
    common::wait_until("it is ready", || directory.path().join("sandbox.json").exists());
    // The file appears a moment before the line; the signal handler was there before both.
    std::thread::sleep(std::time::Duration::from_millis(100));
    signal(&child, Signal::SIGTERM);
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    assert_eq!(text.lines().count(), 1);
    let info: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(info.as_object().unwrap().len(), 12);
}
