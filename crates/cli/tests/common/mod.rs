//! The real command against the real sandbox, over sockets.
#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod batch;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// `wechatpay` with these arguments and nothing of this machine's credentials.
pub(crate) fn wechatpay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wechatpay"));
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("WECHATPAY_")) {
        command.env_remove(name);
    }
    command
}

/// A file of the repository's examples.
pub(crate) fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(path)
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Asserts the exit status, and shows what was said when it is another one.
#[track_caller]
pub(crate) fn assert_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{}\n{}", stdout(output), stderr(output));
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
}

/// Waits until it holds, for half a minute at most.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A running `wechatpay sandbox` with a directory of its own.
pub(crate) struct Sandbox {
    pub(crate) child: Child,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) info: Value,
}

impl Sandbox {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("sandbox");
        let mut child = wechatpay(&["sandbox", "--dir", keys.to_str().unwrap()])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, directory, info: serde_json::from_str(&line).unwrap() }
    }

    /// A path in the directory of this test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        std::fs::write(self.path(name), content).unwrap();
        self.text(name)
    }

    /// `wechatpay` with these arguments and `--sandbox`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = wechatpay(arguments);
        command.args(["--sandbox", &self.text("sandbox")]);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Talks to the admin listener.
    pub(crate) fn admin(&self, method: &str, path: &str, body: &Value) -> Value {
        let address = self.info["admin_url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{reply}");
        serde_json::from_str(body).unwrap()
    }

    pub(crate) fn fault(&self, fault: Value) {
        self.fault_for(json!({}), 1, fault);
    }

    pub(crate) fn fault_for(&self, matching: Value, times: u32, fault: Value) {
        self.admin("POST", "/faults", &json!({"match": matching, "times": times, "fault": fault}));
    }

    /// The requests that were authorised, in order.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let journal = self.admin("GET", "/journal", &Value::Null);
        journal.as_array().unwrap().iter().filter(|entry| entry["authorized"] == true).cloned().collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
