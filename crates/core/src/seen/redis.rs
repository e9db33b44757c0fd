//! Ids in a Redis, for a fleet.
//!
//! A key is there while somebody has the notification (its value names the process) and after it is done (`done`); its
//! expiry ends both. Each step is one command or script, so that none can be seen half done.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use redis::{Cmd, Pipeline, Value, cmd, pipe};

use super::{Found, Times, unreachable_store};
use crate::error::{Error, ErrorKind};
use crate::redis_lines::{Lines, Problem};

const PREFIX: &str = "wechatpay:seen:";
const DONE: &str = "done";
/// Only the own claim: after its lease another process may have the notification.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
/// For one question, connecting included: what is asked before and after the processing must fit into the 5 seconds of
/// the platform.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Redis {
    lines: Lines,
}

impl Redis {
    pub(super) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { lines: Lines::new("url", url)? })
    }

    pub(super) async fn claim(&self, id: &str, times: Times) -> Result<Found, Error> {
        let answer = self.ask(async {
            let (mut line, token) = self.lines.line().await?;
            let (set, kept): (Value, Value) = claim(id, &token, times).query_async(&mut line).await?;
            let own = matches!(&kept, Value::BulkString(value) if value == token.as_bytes());
            Ok((set, kept, own))
        });
        match answer.await? {
            // It says that it was kept, and it was.
            (Value::Okay, _, true) => Ok(Found::New),
            (Value::Nil, Value::BulkString(value), _) if value == DONE.as_bytes() => Ok(Found::Done),
            // Gone since: the next delivery may have it.
            (Value::Nil, Value::BulkString(_) | Value::Nil, _) => Ok(Found::Busy),
            _ => Err(self.failed(&Problem::Nonsense)),
        }
    }

    pub(super) async fn done(&self, id: &str, times: Times) -> Result<(), Error> {
        let answer = self.ask(async {
            let (mut line, _) = self.lines.line().await?;
            Ok(done(id, times).query_async::<Value>(&mut line).await?)
        });
        if answer.await? == Value::Okay { Ok(()) } else { Err(self.failed(&Problem::Nonsense)) }
    }

    pub(super) async fn release(&self, id: &str) -> Result<(), Error> {
        let answer = self.ask(async {
            let (mut line, token) = self.lines.line().await?;
            Ok(release(id, &token).query_async::<Value>(&mut line).await?)
        });
        if matches!(answer.await?, Value::Int(_)) { Ok(()) } else { Err(self.failed(&Problem::Nonsense)) }
    }

    async fn ask<T>(&self, question: impl Future<Output = Result<T, Problem>>) -> Result<T, Error> {
        self.lines.ask(PATIENCE, question).await.map_err(|problem| self.failed(&problem))
    }

    fn failed(&self, problem: &Problem) -> Error {
        let kind = if matches!(problem, Problem::Late(_)) { ErrorKind::Timeout } else { ErrorKind::Transport };
        unreachable_store(kind, &self.lines, problem)
    }
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).expect("at most a year")
}

/// The second command says who has it, where the first did not take it. In between it may have changed hands: then it
/// says what is true by now.
fn claim(id: &str, token: &str, times: Times) -> Pipeline {
    let mut both = pipe();
    both.add_command(set(id, token, times.lease).arg("NX").to_owned());
    both.add_command(cmd("GET").arg(key(id)).to_owned());
    both
}

fn done(id: &str, times: Times) -> Cmd {
    set(id, DONE, times.ttl)
}

fn set(id: &str, value: &str, time: Duration) -> Cmd {
    cmd("SET").arg(key(id)).arg(value).arg("PX").arg(milliseconds(time)).to_owned()
}

fn release(id: &str, token: &str) -> Cmd {
    cmd("EVAL").arg(RELEASE).arg(1).arg(key(id)).arg(token).to_owned()
}

impl fmt::Debug for Redis {
    /// Without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.lines)
    }
}
