//! The steps of one row, in order.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use csv::StringRecord;
use serde_json::{Map, Value};
use tokio::sync::watch;
use wechatpay_sdk::ambient::{Ambient as _, System};
use wechatpay_sdk::{Client, Error, ErrorKind, Response, Retryability};

use super::cells::Outcome;
use super::ledger::Ledger;
use super::line::Line;
use super::plan::{OnError, Plan, Step};

/// How often a call is sent whose repetition is harmless.
const MAX_ATTEMPTS: u32 = 4;
const BACKOFF_BASE: Duration = Duration::from_millis(400);

/// What all rows of a running batch share.
pub(super) struct Job {
    pub(super) plan: Plan,
    /// Never repeats a call by itself: what is sent has its start on disk, and a repetition waits for its turn before.
    pub(super) client: Client,
    pub(super) retry_failed: bool,
    /// Becomes true when no more steps are to be started.
    pub(super) stop: watch::Receiver<bool>,
    pub(super) ledger: Mutex<Ledger>,
    /// Requests sent in this run.
    pub(super) calls: AtomicU64,
    /// How often each `(step, kind, code)` went wrong in this run.
    pub(super) failures: Mutex<BTreeMap<(usize, &'static str, String), u64>>,
}

/// How a call ended.
struct End {
    result: Result<Response, Error>,
    /// An attempt may have taken effect, of this run or of an earlier one.
    open: bool,
    /// The batch stops, and a further attempt was due.
    stopped: bool,
}

/// What is to be done about a step.
enum Next {
    Run,
    Leave,
    Skip,
}

impl Job {
    /// Brings a row as far as it goes. What is left undone because the batch stops is for the next run.
    pub(super) async fn run(&self, row: u64, record: &StringRecord) -> io::Result<()> {
        let key = self.plan.key.and_then(|at| record.get(at)).unwrap_or_default();
        let mut stopped_by: Option<&str> = None;
        for (at, step) in self.plan.steps.iter().enumerate() {
            let outcome = match self.next(row, key, at, stopped_by.is_some())? {
                (Next::Leave, outcome) => outcome,
                (Next::Skip, _) => {
                    let line = Line::skipped(row, key, &step.name, stopped_by.unwrap_or_default());
                    self.ledger().record(row, at, &line)?;
                    Some(Outcome::Skipped)
                }
                (Next::Run, before) => {
                    let open = before == Some(Outcome::Unknown);
                    match self.attempt(row, key, at, record, open).await? {
                        Some(outcome) => Some(outcome),
                        None => return Ok(()),
                    }
                }
            };
            let went_wrong = matches!(outcome, Some(Outcome::Failed | Outcome::Unknown));
            if went_wrong && step.on_error == OnError::Stop {
                stopped_by = stopped_by.or(Some(&step.name));
            }
        }
        Ok(())
    }

    /// Decides about a step by what is known of it.
    fn next(&self, row: u64, key: &str, at: usize, stopped: bool) -> io::Result<(Next, Option<Outcome>)> {
        let step = &self.plan.steps[at];
        let mut ledger = self.ledger();
        // Each start gets an outcome. There are several open ones only if a crash of the machine took lines away.
        while ledger.cells.get(row, at).in_flight {
            ledger.record(row, at, &Line::interrupted(row, key, &step.name, step.repeatable()))?;
        }
        let outcome = ledger.cells.get(row, at).outcome;
        let run = match outcome {
            Some(Outcome::Done) => false,
            Some(Outcome::Failed) => self.retry_failed,
            Some(Outcome::Unknown) => step.repeatable(),
            // What stopped the row before may be out of the way now.
            Some(Outcome::Skipped) | None => true,
        };
        let next = match (run, stopped) {
            (true, false) => Next::Run,
            (true, true) if outcome.is_none() => Next::Skip,
            _ => Next::Leave,
        };
        Ok((next, outcome))
    }

    /// Runs a step and records what became of it; none if the batch is to stop before that is known for good. `open` if
    /// an earlier run leaves it unknown.
    async fn attempt(
        &self,
        row: u64,
        key: &str,
        at: usize,
        record: &StringRecord,
        open: bool,
    ) -> io::Result<Option<Outcome>> {
        let step = &self.plan.steps[at];
        let params = step.bind(record);
        let client = match params {
            // Nothing is sent.
            Err(_) => self.client.clone(),
            Ok(_) => match self.turn(step).await {
                Some(client) => client,
                None => return Ok(None),
            },
        };
        let attempted_at = System.now();
        self.ledger().start(row, at, &step.name)?;
        let End { result, open, stopped } = match params {
            Ok(params) => self.call(client, step, params, open).await,
            Err(error) => End { result: Err(error), open: false, stopped: false },
        };
        if stopped && !open {
            self.ledger().void(row, at, &step.name)?;
            return Ok(None);
        }
        let line = Line::of_attempt(row, key, &step.name, attempted_at, result, open);
        if line.outcome != Outcome::Done {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            *failures.entry((at, line.kind, line.code.clone())).or_default() += 1;
        }
        self.ledger().record(row, at, &line)?;
        Ok(Some(line.outcome))
    }

    /// Sends a call, and again after a pause where that is harmless. The `client` has its first turn.
    async fn call(&self, mut client: Client, step: &Step, params: Map<String, Value>, mut open: bool) -> End {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let result = client.call(step.operation.id, params.clone()).await;
            // What cannot be sent could not be sent by an earlier run either.
            if matches!(&result, Err(error) if error.kind() == ErrorKind::InvalidRequest) {
                return End { result, open: false, stopped: false };
            }
            self.calls.fetch_add(1, Ordering::Relaxed);
            // A refusal is one of this attempt: it does not undo what an earlier one may have done.
            open |= matches!(&result, Err(error) if error.may_have_taken_effect());
            let again =
                attempt < MAX_ATTEMPTS && matches!(&result, Err(error) if error.retryability() == Retryability::Safe);
            if !again {
                return End { result, open, stopped: false };
            }
            let pause = tokio::time::sleep(jitter(BACKOFF_BASE * 2_u32.pow(attempt - 1)));
            let turn = if self.unless_stopped(pause).await.is_some() { self.turn(step).await } else { None };
            let Some(next) = turn else { return End { result, open, stopped: true } };
            client = next;
        }
    }

    /// Waits for the turn of a call; none if the batch is to stop.
    async fn turn(&self, step: &Step) -> Option<Client> {
        self.unless_stopped(self.client.turn(step.operation.id)).await
    }

    async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => None,
            done = wait => Some(done),
        }
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Up to this long: repetitions of many rows must not come all at once.
fn jitter(ceiling: Duration) -> Duration {
    let mut bytes = [0; 2];
    System.fill(&mut bytes);
    ceiling.mul_f64(f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}
