//! `wechatpay-codegen`: facts -> `spec/` -> everything typed.
//!
//! Layers, one direction only: [`facts`] -> [`import`] -> `spec/*.json` -> [`spec`] -> [`model`] -> a backend
//! ([`rust`], [`python`], [`node`], [`c`], [`php`], [`reference`]) -> [`output`]. A further language is a further backend over the same model.

mod c;
mod cases;
mod facts;
mod import;
mod model;
mod node;
mod output;
mod php;
mod python;
mod reference;
mod rust;
mod spec;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, in words for the person who runs the command.
type Result<T> = std::result::Result<T, String>;

/// The name of the document of the events, beside those of the products.
const WEBHOOKS: &str = "webhooks";

#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write spec/PRODUCT.json, or spec/webhooks.json, from a directory of API facts.
    Import {
        /// Directory with errors.json, webhooks.json and operations/PRODUCT.json.
        #[arg(long)]
        facts: PathBuf,
        /// Where the documents go (default: spec/ of the workspace).
        #[arg(long)]
        spec: Option<PathBuf>,
        /// Overwrite a document that exists, and with it what was edited there by hand.
        #[arg(long)]
        force: bool,
        /// Write nothing; list what would change in which document and exit 1.
        #[arg(long, conflicts_with = "force")]
        verify: bool,
        /// Products, such as goldplan, or webhooks for the events; without any: all, and DOUBTS.md.
        products: Vec<String>,
    },
    /// Write every generated file, or with --verify check that all are up to date.
    Generate {
        /// The documents (default: spec/ of the workspace).
        #[arg(long)]
        spec: Option<PathBuf>,
        /// Root that the files are written under (default: the workspace).
        #[arg(long)]
        out: Option<PathBuf>,
        /// Write nothing; list every differing, missing or stale file and exit 1.
        #[arg(long)]
        verify: bool,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("wechatpay-codegen: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Import { facts, spec, force, verify, products } => {
            let spec = spec.map_or_else(default_spec, Ok)?;
            let imported = import::import(&facts, &spec, &products)?;
            if verify {
                return import::verify(&imported);
            }
            for document in imported {
                document.write(force)?;
                eprintln!("imported {}", document.path.display());
            }
            Ok(())
        }
        Command::Generate { spec, out, verify } => {
            let spec = spec.map_or_else(default_spec, Ok)?;
            let out = out.map_or_else(workspace, Ok)?;
            let products = spec::read_all(&spec)?;
            let events = spec::read_events(&spec)?;
            let mut files = output::Files::default();
            rust::generate(&products, &events, &mut files)?;
            rust::add_features(&out, &products, &mut files)?;
            python::generate(&products, &events, &mut files);
            node::generate(&products, &events, &mut files);
            c::generate(&products, &mut files);
            c::add_headers(&out, &products, &mut files)?;
            php::generate(&products, &events, &mut files);
            reference::generate(&products, &mut files);
            cases::generate(&events, &mut files);
            if verify {
                return files.verify(&out);
            }
            let written = files.write(&out)?;
            eprintln!(
                "{} operations, {} events, {} files, {written} changed",
                products.iter().map(|product| product.operations.len()).sum::<usize>(),
                events.events.len(),
                files.len(),
            );
            Ok(())
        }
    }
}

fn default_spec() -> Result<PathBuf> {
    Ok(workspace()?.join("spec"))
}

/// The workspace around the current directory, or else the one that this program was built in.
fn workspace() -> Result<PathBuf> {
    let here = std::env::current_dir().map_err(|error| format!("no current directory: {error}"))?;
    here.ancestors()
        .chain(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors())
        .find(|dir| dir.join("crates/codegen").is_dir())
        .map(Path::to_path_buf)
        .ok_or_else(|| "no workspace found: pass --spec and --out".to_owned())
}
