//! Thousands of calls per language through the sandbox while hosts, replies, names, clocks and keys fail, drawn from one
//! seed. The judge is the sandbox's journal: every result was given and verified, every error tells the truth about its
//! effect, nothing was done twice, nothing took longer than it may, nothing leaks.

mod driver;
mod flat;
mod judge;
#[cfg(test)]
mod judge_tests;
mod languages;
mod plan;
mod platform;
mod report;
mod run;
mod rust_driver;
mod stage;
mod table;
mod timeline;
mod trouble;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde_json::json;

use crate::languages::{Language, NAMES};
use crate::plan::Plan;
use crate::report::Outcome;

/// Why there is no verdict.
type Problem = Box<dyn std::error::Error + Send + Sync>;

/// Calls the sandbox from every language while everything fails, and judges by the sandbox's journal.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    role: Option<Role>,
    /// Draws the plan; printed, and the same plan again where it is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Calls per language.
    #[arg(long, default_value_t = 10_000)]
    calls: usize,
    /// Which languages.
    #[arg(long, value_delimiter = ',', default_values_t = NAMES.map(str::to_owned))]
    languages: Vec<String>,
    /// How many of them at once.
    #[arg(long, default_value_t = 2)]
    at_once: usize,
    /// The folder with the drivers.
    #[arg(long, default_value = "tests/campaign")]
    drivers: PathBuf,
    /// The folder with what was compiled for them.
    #[arg(long, default_value = "target/campaign")]
    built: PathBuf,
    /// Writes the table as JSON, too.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Role {
    /// Makes the calls that come on the standard input; `config` is a file of client options.
    #[command(hide = true)]
    Drive { config: PathBuf },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let held = match &arguments.role {
        Some(Role::Drive { config }) => rust_driver::drive(config).await.map(|()| true),
        None => campaign(&arguments).await,
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
async fn campaign(arguments: &Arguments) -> Result<bool, Problem> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let plan = Plan { seed, calls: arguments.calls };
    let replay = format!("--seed {seed} --calls {}", plan.calls);
    eprintln!("campaign {replay}");
    let library = arguments
        .built
        .join("world.so")
        .canonicalize()
        .map_err(|error| format!("{}/world.so: {error}: `make campaign` builds it", arguments.built.display()))?;
    let languages = arguments.languages.iter().map(|name| Language::new(name, &arguments.drivers, &arguments.built));
    let languages: Vec<_> = languages.collect::<Result<_, _>>()?;
    let folder = tempfile::tempdir()?;
    let runs = languages.iter().map(|language| one(plan, language, folder.path(), &library));
    let outcomes: Vec<Outcome> = stream::iter(runs).buffered(arguments.at_once.max(1)).try_collect().await?;
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_string_pretty(&json!({"seed": seed, "languages": outcomes}))?)?;
    }
    show(&outcomes, &replay);
    Ok(outcomes.iter().all(Outcome::holds))
}

async fn one(plan: Plan, language: &Language, folder: &Path, library: &Path) -> Result<Outcome, Problem> {
    let folder = folder.join(language.name);
    std::fs::create_dir(&folder)?;
    run::run(plan, language, &folder, library).await.map_err(|error| format!("{}: {error}", language.name).into())
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn show(outcomes: &[Outcome], replay: &str) {
    println!("{}", table::table(outcomes));
    for outcome in outcomes.iter().filter(|outcome| !outcome.holds()) {
        let Outcome { language, violations, leaks, failback_s, new_key, .. } = outcome;
        println!("\n{language} does not hold: {violations:?} {leaks:?}, failback {failback_s:?}, new key {new_key}");
        for told in &outcome.told {
            println!("{told:#}");
        }
    }
    println!("replay: {replay}");
}
