//! A real Redis: Debian's `redis-server` on loopback, in a folder of its own, writing nothing.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. Ends when it is dropped.
pub struct Redis {
    port: u16,
    arguments: Vec<String>,
    server: Child,
    dir: tempfile::TempDir,
}

impl Redis {
    /// Starts one; `arguments` are those of `redis-server`, and may name the folder `{dir}` and a second free port
    /// `{port}`.
    ///
    /// # Panics
    /// When it does not start: `tools/need.sh` installs it.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder for the store");
        let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        // Between the search for a free port and its use another process may take it.
        for _ in 0..10 {
            let port = free_port();
            let mut server = spawn(port, &arguments, dir.path());
            if answers(port, &mut server) {
                return Self { port, arguments, server, dir };
            }
        }
        panic!("redis-server does not start");
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once; what it knew is lost.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn kill(&mut self) {
        self.server.kill().expect("it can be killed");
        self.server.wait().expect("it ends");
    }

    /// Starts it again on its port, empty.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.server = spawn(self.port, &self.arguments, self.dir.path());
        assert!(answers(self.port, &mut self.server), "redis-server does not start again");
    }

    /// Lets it hang: it takes connections and does not answer.
    ///
    /// # Panics
    /// When it is not there.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    ///
    /// # Panics
    /// When it is not there.
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.server.id()).expect("a process id");
        kill(Pid::from_raw(pid), signal).expect("it is there");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody has at this moment.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn spawn(port: u16, arguments: &[String], dir: &std::path::Path) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"]);
    command.arg(dir).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    command.spawn().expect("redis-server is installed (tools/need.sh)")
}

/// Whether it answers, with what it says to a stranger where it wants a password; false where it has ended.
fn answers(port: u16, server: &mut Child) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if server.try_wait().expect("it is ours").is_some() {
            return false;
        }
        if let Ok(mut connection) = TcpStream::connect(("127.0.0.1", port)) {
            let mut said = [0; 5];
            connection.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let asked = connection.write_all(b"PING\r\n").and_then(|()| connection.read_exact(&mut said));
            if asked.is_ok() && [b"+PONG", b"-NOAU"].contains(&&said) {
                return true;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("redis-server does not answer on port {port}");
}
