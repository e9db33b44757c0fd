//! What became of a batch, as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::cells::{Cell, Cells, Outcome};
use super::plan::Step;

/// What is known of all rows when a run ends, of earlier runs too.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) interrupted: bool,
    pub(super) rows: Rows,
    steps: Vec<StepCount>,
    /// Requests of this run, repeated attempts included.
    calls_this_run: u64,
    seconds_this_run: f64,
    /// How often the platform asked for fewer calls a second.
    slow_downs_this_run: u64,
    failures_this_run: Vec<Failures>,
    output: PathBuf,
}

/// Rows by how they ended.
#[derive(Default, Serialize)]
pub(super) struct Rows {
    total: u64,
    /// Every step is done.
    done: u64,
    /// A step failed or is unknown, and no more is to be done.
    pub(super) failed: u64,
    /// Steps are left to do.
    pending: u64,
}

#[derive(Serialize)]
struct StepCount {
    step: String,
    operation: &'static str,
    done: u64,
    failed: u64,
    unknown: u64,
    skipped: u64,
    pending: u64,
}

#[derive(Serialize)]
struct Failures {
    step: String,
    kind: &'static str,
    code: String,
    count: u64,
}

/// What is known of this run alone.
pub(super) struct Run {
    pub(super) interrupted: bool,
    pub(super) calls: u64,
    pub(super) time: Duration,
    pub(super) slow_downs: u64,
    pub(super) failures: BTreeMap<(usize, &'static str, String), u64>,
    pub(super) output: PathBuf,
}

impl Summary {
    pub(super) fn new(steps: &[Step], cells: &Cells, run: Run) -> Self {
        let mut counts: Vec<_> = steps.iter().map(StepCount::new).collect();
        let mut rows = Rows::default();
        for row in cells.rows() {
            let (mut pending, mut failed) = (false, false);
            for (cell, count) in row.zip(&mut counts) {
                count.add(cell);
                pending |= is_pending(cell);
                failed |= matches!(cell.outcome, Some(Outcome::Failed | Outcome::Unknown));
            }
            rows.total += 1;
            *match (pending, failed) {
                (true, _) => &mut rows.pending,
                (false, true) => &mut rows.failed,
                (false, false) => &mut rows.done,
            } += 1;
        }
        let failures = run.failures.into_iter();
        let failures =
            failures.map(|((at, kind, code), count)| Failures { step: steps[at].name.clone(), kind, code, count });
        Self {
            interrupted: run.interrupted,
            rows,
            steps: counts,
            calls_this_run: run.calls,
            seconds_this_run: (run.time.as_secs_f64() * 1000.0).round() / 1000.0,
            slow_downs_this_run: run.slow_downs,
            failures_this_run: failures.collect(),
            output: run.output,
        }
    }

    /// A table of step and outcome, what went wrong in this run, and a closing line.
    pub(super) fn text(&self) -> String {
        let width = self.steps.iter().map(|step| step.step.len()).max().unwrap_or(0).max(4);
        let mut text = format!(
            "{:width$}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}\n",
            "step", "done", "failed", "unknown", "skipped", "pending"
        );
        for StepCount { step, done, failed, unknown, skipped, pending, .. } in &self.steps {
            let _ = writeln!(text, "{step:width$}  {done:>9}  {failed:>9}  {unknown:>9}  {skipped:>9}  {pending:>9}");
        }
        if !self.failures_this_run.is_empty() {
            text.push_str("\nwent wrong in this run:\n");
        }
        for Failures { step, kind, code, count } in &self.failures_this_run {
            let _ = writeln!(text, "{step:width$}  {count:>9}  {kind} {code}");
        }
        let Rows { total, done, failed, pending } = self.rows;
        let _ = write!(
            text,
            "\n{total} rows: {done} done, {failed} failed, {pending} pending; {} calls in {:.1} s; outcomes in {}",
            self.calls_this_run,
            self.seconds_this_run,
            self.output.display()
        );
        match self.slow_downs_this_run {
            0 => {}
            1 => text.push_str("\nthe platform slowed it down once"),
            times => {
                let _ = write!(text, "\nthe platform slowed it down {times} times");
            }
        }
        if pending > 0 {
            text.push_str("\nrun the same command again to resume");
        } else if failed > 0 {
            text.push_str("\nrun the same command with --retry-failed once the reasons are out of the way");
        }
        text
    }
}

impl StepCount {
    fn new(step: &Step) -> Self {
        let operation = step.operation.id;
        Self { step: step.name.clone(), operation, done: 0, failed: 0, unknown: 0, skipped: 0, pending: 0 }
    }

    fn add(&mut self, cell: Cell) {
        let count = match cell.outcome {
            _ if is_pending(cell) => &mut self.pending,
            Some(Outcome::Done) => &mut self.done,
            Some(Outcome::Failed) => &mut self.failed,
            Some(Outcome::Unknown) => &mut self.unknown,
            Some(Outcome::Skipped) | None => &mut self.skipped,
        };
        *count += 1;
    }
}

fn is_pending(cell: Cell) -> bool {
    cell.outcome.is_none() || cell.in_flight
}
