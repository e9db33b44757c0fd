//! The `wechatpay` command: calls, bulk jobs and the local WeChat Pay.

mod args;
mod batch;
mod call;
mod certs;
mod credentials;
mod describe;
mod download;
mod failure;
mod operations;
mod output;
mod sandbox;
mod values;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let format = cli.error_format;
    match run(cli.command) {
        Ok(code) => code,
        Err(failure) => failure.report(format),
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Call(args) => runtime(false)?.block_on(call::call(args)).map(done),
        Command::Request(args) => runtime(false)?.block_on(call::request(args)).map(done),
        Command::Certs(args) => runtime(false)?.block_on(certs::run(args)).map(done),
        Command::Download(args) => runtime(false)?.block_on(download::run(args)).map(done),
        Command::Operations(args) => operations::run(&args).map(done),
        Command::Describe(args) => describe::run(&args).map(done),
        Command::Sandbox(args) => runtime(true)?.block_on(sandbox::run(args)).map(done),
        Command::Batch(args) => batch::run(&args, &runtime(true)?),
    }
}

/// One call needs one thread; servers and bulk jobs sign on all cores.
fn runtime(all_cores: bool) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = match all_cores {
        true => tokio::runtime::Builder::new_multi_thread(),
        false => tokio::runtime::Builder::new_current_thread(),
    };
    builder.enable_all().build().map_err(|error| Failure::io("the runtime cannot be started", &error))
}
