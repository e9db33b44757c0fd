//! `wechatpay download`: what an operation gives, or what its reply points to, as files that appear whole or not at all.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use wechatpay_sdk::{Error, SaveTo};

use crate::args::{CredentialArgs, SendArgs};
use crate::call::unless_interrupted;
use crate::failure::Failure;
use crate::output::{line, note};
use crate::values;

const DOWNLOAD: &str = "\
A bill or receipt is checked against the hash in the signed reply that gave its address, an encrypted one is decrypted, and
one that was asked for with tar_type=GZIP is inflated. Of several files the second goes to bill.2.csv where the first goes to
bill.csv. Prints the path of each.

Examples:
  wechatpay download bill.trade_bill.get bill_date=2026-11-25 tar_type=GZIP --output 2026-11-25.csv
  wechatpay download merchant_service.images.get media_id=BB04A5DEEFEA18D4F2554C1EDD3B610B --output evidence.png";

#[derive(Debug, Args)]
#[command(after_help = DOWNLOAD)]
pub(crate) struct DownloadArgs {
    /// Id of the operation that gives the file, or its address.
    id: String,
    /// Parameters, one argument each, as of `wechatpay call`.
    #[arg(value_name = "KEY=VALUE")]
    params: Vec<String>,
    /// Inflate a file that no tar_type was given for.
    #[arg(long)]
    gunzip: bool,
    #[command(flatten)]
    send: SendArgs,
    #[command(flatten)]
    credentials: CredentialArgs,
}

pub(crate) async fn run(args: DownloadArgs) -> Result<(), Failure> {
    let operation = values::operation(&args.id)?;
    let params = values::record(operation, &args.params)?;
    let Some(to) = &args.send.output else {
        return Err(Error::bad_argument("--output", "is needed: the file that is to be written").into());
    };
    let client = args.credentials.client()?.with_options(args.send.options());
    // Drawn on a terminal only.
    let bar = ProgressBar::no_length();
    bar.set_style(ProgressStyle::with_template("{binary_bytes} of {binary_total_bytes}").expect("a template"));
    let drawn = bar.clone();
    let to = SaveTo::new(to).gunzip(args.gunzip).progress(move |progress| {
        drawn.set_position(progress.received);
        if let Some(total) = progress.total {
            drawn.set_length(total);
        }
    });
    let files =
        unless_interrupted(client.download_by_id(operation.id, params, to), operation.id, operation.method).await;
    bar.finish_and_clear();
    for file in files? {
        if args.send.verbose {
            let checked = file.hash_type.unwrap_or("no hash");
            note(&format!("{}: {} bytes, checked with {checked}", file.path.display(), file.length));
        }
        line(&file.path.display().to_string())?;
    }
    Ok(())
}
