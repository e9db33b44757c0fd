//! `wechatpay batch`: the operations of a plan for every row of a CSV file.

mod cells;
mod input;
mod ledger;
mod line;
mod pace;
mod plan;
mod row;
mod summary;
mod template;

use std::io::{self, IsTerminal as _};
use std::mem;
use std::process::{self, ExitCode};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wechatpay_sdk::{CallOptions, Client, Error, Options, Retry};

use self::input::{Input, Rows};
use self::ledger::{Fingerprint, Ledger};
use self::pace::Pace;
pub(crate) use self::pace::Rate;
use self::plan::Plan;
use self::row::Job;
use self::summary::{Run, Summary};
use crate::args::BatchArgs;
use crate::failure::{Failure, INTERRUPTED};
use crate::output::{line, note, write_file};
use crate::sandbox::Signals;

pub(crate) fn run(args: &BatchArgs, runtime: &Runtime) -> Result<ExitCode, Failure> {
    let input = Input::scan(&args.input)?;
    let (plan, plan_text) = Plan::read(&args.plan, &input.columns)?;
    let mut call_options = CallOptions::default().retry(Retry::Off);
    call_options.timeout = args.timeout;
    let options = args.credentials.options()?;
    let client = Client::from_options(&options)?.with_options(call_options);
    let of = Fingerprint {
        mchid: client.mchid(),
        host: &host(&options),
        plan_sha256: &input::sha256(&plan_text),
        input_sha256: &input.sha256,
    };
    let ledger = Ledger::open(&args.output, &of, &plan.steps, input.count())?;

    let bar = progress(args.quiet, input.count());
    let (stop, stopped) = watch::channel(false);
    let job = Arc::new(Job {
        plan,
        client,
        pace: Pace::new(args.rate),
        retry_failed: args.retry_failed,
        stop: stopped.clone(),
        ledger: Mutex::new(ledger),
        calls: 0.into(),
        failures: Mutex::default(),
    });
    let started = Instant::now();
    let outcome = runtime.block_on(async {
        let signals = Signals::new()?;
        tokio::spawn(stop_on_signal(signals, stop.clone(), bar.clone()));
        all_rows(&job, input.into_rows(), args.concurrency.into(), &stop, &bar).await
    });
    bar.finish_and_clear();
    outcome?;

    let failures = mem::take(&mut *job.failures.lock().unwrap_or_else(PoisonError::into_inner));
    let run = Run {
        interrupted: *stopped.borrow(),
        calls: job.calls.load(Ordering::Relaxed),
        time: started.elapsed(),
        failures,
        output: args.output.clone(),
    };
    let summary = Summary::new(&job.plan.steps, &job.ledger().cells, run);
    if let Some(path) = &args.summary_json {
        let text = serde_json::to_string_pretty(&summary).map_err(|error| Failure::Io(error.to_string()))?;
        write_file(path, format!("{text}\n").as_bytes())?;
    }
    if !args.quiet {
        line(&summary.text())?;
    }
    Ok(match &summary {
        Summary { interrupted: true, .. } => ExitCode::from(INTERRUPTED),
        Summary { rows, .. } if rows.failed > 0 => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}

/// Runs rows, so many at a time, until all were run, one says stop, or the disk gives out.
async fn all_rows(
    job: &Arc<Job>,
    mut rows: Rows,
    concurrency: usize,
    stop: &watch::Sender<bool>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let mut running = JoinSet::new();
    let mut result = Ok(());
    let mut number = 0;
    loop {
        let full = running.len() >= concurrency;
        if !full && result.is_ok() && !*stop.borrow() {
            match rows.next() {
                Ok(Some(record)) => {
                    number += 1;
                    let job = Arc::clone(job);
                    running.spawn(async move { job.run(number, &record).await });
                    continue;
                }
                Ok(None) => {}
                Err(failure) => result = Err(failure),
            }
        }
        match running.join_next().await {
            None => return result,
            Some(Ok(Ok(()))) => bar.inc(1),
            Some(Ok(Err(error))) => {
                stop.send_replace(true);
                result = Err(Failure::io("an outcome cannot be written; steps under way are unknown", &error));
            }
            Some(Err(error)) => {
                stop.send_replace(true);
                result = Err(Error::internal(format!("a row's task ended: {error}")).into());
            }
        }
    }
}

/// The first signal lets steps under way finish, the second ends the process at once.
async fn stop_on_signal(mut signals: Signals, stop: watch::Sender<bool>, bar: ProgressBar) {
    signals.next().await;
    stop.send_replace(true);
    bar.suspend(|| note("stopping: steps under way are finished; once more to end at once"));
    signals.next().await;
    process::exit(INTERRUPTED.into());
}

/// Where the calls go, as one word.
fn host(options: &Options) -> String {
    match &options.base_url {
        None => "official-hosts".to_owned(),
        Some(url) => {
            let url = url.to_ascii_lowercase().replace(|character: char| character.is_whitespace(), "");
            url.trim_end_matches('/').to_owned()
        }
    }
}

fn progress(quiet: bool, rows: u64) -> ProgressBar {
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(rows), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {human_pos}/{human_len} rows  {elapsed}, {eta} left");
    ProgressBar::new(rows).with_style(style.expect("the template is a constant"))
}
