//! The processes that make the calls: a line of JSON for each call, and one back when it has ended.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::timeout;

use crate::Problem;
use crate::judge::Answer;

/// How long a driver is waited for, also after a call's deadline, until it counts as lost. A crowded machine may take its
/// time to start one.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who waits for the answer of which call.
type Waiting = Arc<Mutex<HashMap<usize, oneshot::Sender<Box<Answer>>>>>;

/// One process.
pub(crate) struct Driver {
    child: Child,
    pub(crate) pid: u32,
    input: AsyncMutex<ChildStdin>,
    waiting: Waiting,
    rested: AsyncMutex<tokio::sync::mpsc::UnboundedReceiver<()>>,
}

impl Driver {
    /// Starts it with the file of the client's options as its last argument, and waits until its client is there.
    pub(crate) async fn start(
        command: &[OsString],
        config: &Path,
        environment: &[(&str, OsString)],
    ) -> Result<Self, Problem> {
        let [program, arguments @ ..] = command else { return Err("a driver needs a command".into()) };
        let mut child = Command::new(program)
            .args(arguments)
            .arg(config)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.to_string_lossy()))?;
        let pid = child.id().ok_or("the driver has ended already")?;
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let waiting = Waiting::default();
        let (rested, resting) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(listen(output, Arc::clone(&waiting), rested));
        let driver = Self { child, pid, input: AsyncMutex::new(input), waiting, rested: AsyncMutex::new(resting) };
        driver.rest().await?;
        Ok(driver)
    }

    /// Has a call made; none where no answer comes.
    pub(crate) async fn call(&self, n: usize, line: &Value, limit: Duration) -> Option<Box<Answer>> {
        let (sender, receiver) = oneshot::channel();
        self.waiting().insert(n, sender);
        if self.write(line).await.is_err() {
            return None;
        }
        let answer = timeout(limit + PATIENCE, receiver).await.ok()?.ok();
        self.waiting().remove(&n);
        answer
    }

    /// Lets it collect its garbage, with no call under way.
    pub(crate) async fn rest(&self) -> Result<(), Problem> {
        let mut rested = self.rested.lock().await;
        self.write(&json!({"rest": true})).await?;
        let answer = timeout(PATIENCE, rested.recv()).await;
        answer.ok().flatten().ok_or("a driver does not answer: see its messages above")?;
        Ok(())
    }

    /// Ends its input, at which it is to end by itself and say that all was well.
    pub(crate) async fn end(self) -> Result<(), Problem> {
        let Self { mut child, input, .. } = self;
        drop(input);
        let status = timeout(PATIENCE, child.wait()).await.map_err(|_| "a driver does not end")??;
        if status.success() { Ok(()) } else { Err(format!("a driver ended with {status}").into()) }
    }

    async fn write(&self, line: &Value) -> std::io::Result<()> {
        self.input.lock().await.write_all(format!("{line}\n").as_bytes()).await
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<usize, oneshot::Sender<Box<Answer>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands answers to those who wait. A driver that ends leaves nobody waiting.
async fn listen(output: ChildStdout, waiting: Waiting, rested: tokio::sync::mpsc::UnboundedSender<()>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains("\"rested\"") {
            if rested.send(()).is_err() {
                return;
            }
            continue;
        }
        match serde_json::from_str::<Answer>(&line) {
            Ok(answer) => {
                let waiter = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&answer.n);
                // Whoever has given up waiting has said so already.
                drop(waiter.map(|waiter| waiter.send(Box::new(answer))));
            }
            Err(error) => eprintln!("a driver said {line:?}: {error}"),
        }
    }
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}
