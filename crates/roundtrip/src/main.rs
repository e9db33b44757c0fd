//! The round trip: every operation of `spec/` with every documented field, called from every language over its installed
//! artefact. What must arrive is made from `spec/` alone, and judged by the sandbox's journal; what must come back is
//! made so, too, and the sandbox is told to answer it.

mod arrival;
mod compare;
mod drivers;
mod fill;
mod filled;
mod judge;
#[cfg(test)]
mod judge_tests;
mod platform;
mod request;
#[cfg(test)]
mod right_run;
mod rust_driver;
mod spec;
#[cfg(test)]
mod whole_tests;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::drivers::LANGUAGES;
use crate::judge::{Verdict, judge};
use crate::platform::Platform;
use crate::request::Request;

/// Why there is no verdict.
type Problem = Box<dyn std::error::Error + Send + Sync>;

/// So many differences of a language are told.
const TOLD: usize = 20;

/// Calls every operation with every documented field, from every language.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Which languages.
    #[arg(long, value_delimiter = ',', default_values_t = LANGUAGES.map(str::to_owned))]
    languages: Vec<String>,
    /// The folder with the documents.
    #[arg(long, default_value = "spec")]
    spec: PathBuf,
    /// The folder with the drivers.
    #[arg(long, default_value = "tests/roundtrip")]
    drivers: PathBuf,
    /// The folder with what was compiled for them, where calls and answers are left, too.
    #[arg(long, default_value = "target/roundtrip")]
    built: PathBuf,
}

#[derive(Subcommand)]
enum Role {
    /// Makes the calls in Rust.
    #[command(hide = true)]
    Drive { config: PathBuf, calls: PathBuf, answers: PathBuf },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let held = match &arguments.role {
        Some(Role::Drive { config, calls, answers }) => rust_driver::drive(config, calls, answers).await.map(|()| true),
        None => round_trip(&arguments).await,
    };
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("no verdict: {problem}");
            ExitCode::from(2)
        }
    }
}

/// Whether all held.
async fn round_trip(arguments: &Arguments) -> Result<bool, Problem> {
    let requests = request::all(&spec::read(&arguments.spec)?)?;
    fs::create_dir_all(&arguments.built)?;
    fs::write(arguments.built.join("calls.tsv"), drivers::calls(&requests))?;
    let folder = tempfile::tempdir()?;
    let platform = Platform::start(folder.path()).await?;
    let mut verdicts = Vec::new();
    for language in &arguments.languages {
        let verdict = one(language, &requests, &platform, arguments).await;
        verdicts.push((language, verdict.map_err(|problem| format!("{language}: {problem}"))?));
    }
    platform.shutdown().await;
    show(&verdicts);
    Ok(!verdicts.is_empty() && verdicts.iter().all(|(_, verdict)| verdict.holds()))
}

async fn one(
    language: &str,
    requests: &[Request],
    platform: &Platform,
    arguments: &Arguments,
) -> Result<Verdict, Problem> {
    platform.prepare(requests).await?;
    let (config, calls) = (arguments.built.join("config.json"), arguments.built.join("calls.tsv"));
    fs::write(&config, platform.client_options().to_string())?;
    let answers = drivers::drive(language, &arguments.drivers, &arguments.built, [&config, &calls]).await?;
    Ok(judge(requests, platform.arrivals().await?, &answers, &platform.info().public_key_id))
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn show(verdicts: &[(&String, Verdict)]) {
    println!("{:<10}{:>12}{:>9}{:>17}{:>16}", "language", "operations", "called", "requests exact", "replies whole");
    for (language, Verdict { operations, called, exact, whole, .. }) in verdicts {
        println!("{language:<10}{operations:>12}{called:>9}{exact:>17}{whole:>16}");
    }
    for (language, Verdict { differences, .. }) in verdicts.iter().filter(|(_, verdict)| !verdict.holds()) {
        println!("\n{language} does not hold, {} differences:", differences.len());
        differences.iter().take(TOLD).for_each(|difference| println!("  {difference}"));
    }
}
