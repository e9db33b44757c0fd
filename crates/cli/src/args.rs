//! What can be written on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wechatpay_sdk::operation::Method;
use wechatpay_sdk::{CallOptions, Retry};

use crate::download::DownloadArgs;

const OVERVIEW: &str = "\
Examples:
  wechatpay operations goldplan
  wechatpay call goldplan.merchants.change_custom_page_status sub_mchid=1900000109 operation_type=OPEN
  wechatpay request GET /v3/certificates
  wechatpay certs --save certificates
  wechatpay batch plan.toml --input rows.csv --output results.csv --rate 20/s
  wechatpay sandbox --dir sandbox

Exit status:
  0    done
  1    the call failed, or rows of a batch did
  2    wrong usage, configuration or request: nothing was sent
  3    the outcome is unknown: the request may have taken effect, or it has and its reply could not be written
  130  interrupted";

/// Calls WeChat Pay APIv3: signed, verified and decrypted.
#[derive(Debug, Parser)]
#[command(name = "wechatpay", version, after_help = OVERVIEW)]
pub(crate) struct Cli {
    /// How errors are written to standard error.
    #[arg(long, global = true, value_enum, default_value_t = ErrorFormat::Text, value_name = "FORMAT")]
    pub(crate) error_format: ErrorFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How errors are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ErrorFormat {
    /// For people.
    Text,
    /// One JSON object on one line.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Call an operation by its id.
    Call(CallArgs),
    /// Download a bill, a receipt or another file.
    Download(DownloadArgs),
    /// List operations, find them by a word, or show one in full.
    Operations(OperationsArgs),
    /// Show an operation in full, with a call of it in each language.
    Describe(DescribeArgs),
    /// Send any request, signed and verified: for paths that are no operation here.
    Request(RequestArgs),
    /// Download the platform's certificates, show and save them.
    Certs(CertsArgs),
    /// Run the operations of a plan for every row of a CSV file; can be killed and resumed.
    Batch(BatchArgs),
    /// Run a local WeChat Pay for development and tests.
    Sandbox(SandboxArgs),
}

/// Where the merchant's number, keys and certificates come from. One source; they are not mixed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Credentials (from WECHATPAY_* variables unless given)")]
pub(crate) struct CredentialArgs {
    /// JSON object of options: mchid, serial_no, merchant_private_key_path, public_key_id, platform_public_key_path …
    ///
    /// The names are those of the variables without WECHATPAY_, in lower case.
    #[arg(long, value_name = "FILE", conflicts_with = "sandbox")]
    pub(crate) config: Option<PathBuf>,
    /// Credentials and address of a running `wechatpay sandbox`: its directory or its sandbox.json.
    #[arg(long, value_name = "DIR_OR_FILE")]
    pub(crate) sandbox: Option<PathBuf>,
}

/// How a call is made and where its reply goes.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// Seconds for the whole call with all its attempts [default: 30].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// What may be repeated: never; safe (GETs, and requests that were provably never sent); idempotent (this one too,
    /// because it carries its own out_…_no) [default: safe].
    #[arg(long, value_name = "off|safe|idempotent")]
    pub(crate) retry: Option<Retry>,
    /// Write the reply's JSON on one line, also on a terminal.
    #[arg(long)]
    pub(crate) compact: bool,
    /// Write the reply to a file; needed for downloads on a terminal.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write status and Request-ID to standard error.
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

impl SendArgs {
    pub(crate) fn options(&self) -> CallOptions {
        let mut options = CallOptions::default();
        options.timeout = self.timeout;
        options.retry = self.retry;
        options
    }
}

const CALL: &str = "\
Parameters:
  key=value    typed by the operation: a string stays a string even if it looks like a number
  key:=JSON    raw JSON: a number, list or object
  a.b=value    a field of an object
  key=@FILE    a file to upload
  A list is given as JSON, or by repeating its key.

Examples:
  wechatpay call goldplan.merchants.change_custom_page_status sub_mchid=1900000109 operation_type=OPEN
  wechatpay call goldplan.merchants.set_advertising_industry_filter sub_mchid=1900000109 \\
      advertising_industry_filters=FOOD advertising_industry_filters=TOURISM
  wechatpay call new_tax_control_fapiao.merchant.check_status sub_mchid=1900000109 -v
  echo '{\"sub_mchid\": \"1900000109\"}' | wechatpay call goldplan.merchants.close_advertising_show --json -";

#[derive(Debug, Args)]
#[command(after_help = CALL)]
pub(crate) struct CallArgs {
    /// Id of the operation; `wechatpay operations` lists them.
    pub(crate) id: String,
    /// Parameters, one argument each.
    #[arg(value_name = "KEY=VALUE")]
    pub(crate) params: Vec<String>,
    /// Read the parameters from a JSON object in a file; - reads standard input.
    #[arg(long, value_name = "FILE|-", conflicts_with = "params")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) send: SendArgs,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
}

const REQUEST: &str = "\
Examples:
  wechatpay request GET /v3/certificates
  wechatpay request GET /v3/bill/tradebill --query bill_date=2026-11-01
  wechatpay request POST /v3/goldplan/merchants/close-advertising-show --body '{\"sub_mchid\": \"1900000109\"}'";

#[derive(Debug, Args)]
#[command(after_help = REQUEST)]
pub(crate) struct RequestArgs {
    /// GET, POST, PUT, PATCH or DELETE.
    pub(crate) method: Method,
    /// Path with its leading /, percent-encoded where needed.
    pub(crate) path: String,
    /// Query parameter; encoded here; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) query: Vec<String>,
    /// JSON body: its text, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(crate) body: Option<String>,
    #[command(flatten)]
    pub(crate) send: SendArgs,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
}

const CERTS: &str = "\
Needs mchid, serial_no, the merchant's private key and apiv3_key; a key of the platform is not needed: the list is
decrypted with apiv3_key, and its signature verified with a certificate that it holds.

Prints a line for each: serial number, validity in UTC, and valid, expiring (within 30 days), expired or not yet valid.

Examples:
  wechatpay certs
  wechatpay certs --save certificates --json";

#[derive(Debug, Args)]
#[command(after_help = CERTS)]
pub(crate) struct CertsArgs {
    /// Write each to DIR/wechatpay_SERIAL.pem, for the option platform_certificate_paths; DIR is made when missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,
    /// A JSON list: serial, not_before and not_after in Unix seconds, state, and the file that was saved.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
}

const OPERATIONS: &str = "\
Examples:
  wechatpay operations goldplan
  wechatpay operations refund query
  wechatpay operations 分账
  wechatpay operations goldplan.merchants.open_advertising_show
  wechatpay operations --json";

#[derive(Debug, Args)]
#[command(after_help = OPERATIONS)]
pub(crate) struct OperationsArgs {
    /// What ids begin with, or words in id, path or title; a whole id shows the operation in full.
    pub(crate) words: Vec<String>,
    /// A JSON list with parameters, places, types, literals and documents.
    #[arg(long)]
    pub(crate) json: bool,
}

const DESCRIBE: &str = "\
Examples:
  wechatpay describe goldplan.merchants.change_custom_page_status
  wechatpay describe refund.domestic.refunds.create --language python";

#[derive(Debug, Args)]
#[command(after_help = DESCRIBE)]
pub(crate) struct DescribeArgs {
    /// Id of the operation; `wechatpay operations` lists them.
    pub(crate) id: String,
    /// Only this call, and nothing else.
    #[arg(long, value_enum)]
    pub(crate) language: Option<Language>,
}

/// A language of the SDK; the command is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Shell,
    Rust,
    Python,
    Node,
    C,
    Php,
}

const SANDBOX: &str = "\
Prints one line of JSON when it is ready, and stops on Ctrl-C or SIGTERM. The same object stands in DIR/sandbox.json:
addresses, merchant number, and paths of the keys that the first start made.

Examples:
  wechatpay sandbox --dir sandbox
  wechatpay sandbox --dir sandbox --port 8080 --seed seed.json
  wechatpay call goldplan.merchants.close_advertising_show sub_mchid=1900000109 --sandbox sandbox";

#[derive(Debug, Args)]
#[command(after_help = SANDBOX)]
pub(crate) struct SandboxArgs {
    /// Keys and sandbox.json live here; made when missing.
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Port of the main host; 0 takes any.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Port of the backup host; 0 takes any.
    #[arg(long, default_value_t = 0)]
    pub(crate) backup_port: u16,
    /// Port of the admin listener; 0 takes any.
    #[arg(long, default_value_t = 0)]
    pub(crate) admin_port: u16,
    /// JSON of the state to start from, instead of a handful of built-in sub-merchants.
    #[arg(long, value_name = "FILE")]
    pub(crate) seed: Option<PathBuf>,
}

const BATCH: &str = "\
PLAN is a TOML file:

  key = \"sub_mchid\"                  # column that names a row in the output (optional)

  [[step]]
  name = \"gold_plan\"                 # the operation's id unless given
  operation = \"goldplan.merchants.change_gold_plan_status\"
  params = { sub_mchid = \"{sub_mchid}\", operation_type = \"OPEN\", operation_pay_scene = \"{scene}\" }
  on_error = \"stop\"                  # stop: skip the row's later steps (default); continue: run them

{column} stands for the row's cell and {{ }} for braces. Where the operation wants a number, a boolean or a list, the
cell is read as one; a list's items are separated by |. An empty cell leaves the parameter out.

OUTPUT gets a line per step as soon as its outcome is known: done, failed, unknown (it may have taken effect) or skipped.
The newest line of a row and step counts. Run the same command again to resume after a kill: finished steps are not
repeated. A step that was under way is recorded as unknown and repeated only if its operation is idempotent; otherwise
the row stops there. OUTPUT.journal remembers what was started: keep the two together. They belong to one plan, input,
merchant and host; another of these needs another OUTPUT.

Examples:
  wechatpay batch open_gold_plan.toml --input sub_merchants.csv --output results.csv --rate 20/s
  wechatpay batch open_gold_plan.toml --input sub_merchants.csv --output results.csv --retry-failed

Exit status: 0 all rows done, 1 some failed, 2 nothing was started, 130 interrupted.";

#[derive(Debug, Args)]
#[command(after_help = BATCH)]
pub(crate) struct BatchArgs {
    /// TOML file with the steps.
    pub(crate) plan: PathBuf,
    /// CSV file in UTF-8 with a line of column names.
    #[arg(long, value_name = "CSV")]
    pub(crate) input: PathBuf,
    /// CSV file for the outcomes; continued if this batch began it.
    #[arg(long, value_name = "CSV")]
    pub(crate) output: PathBuf,
    /// The most calls per second over all rows, repeated attempts included; in place of the option rate_limit.
    ///
    /// With classes of operations where they have limits of their own: "50/s, pay=20/s".
    #[arg(long, value_name = "N/s")]
    pub(crate) rate: Option<String>,
    /// How many rows are under way at a time.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,
    /// Run failed rows again from their failed step on.
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// Seconds for one attempt of a call [default: 30].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Write the summary to a file too, as a JSON object.
    #[arg(long, value_name = "FILE")]
    pub(crate) summary_json: Option<PathBuf>,
    /// No progress bar and no summary.
    #[arg(long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialArgs,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("must be more than 0".to_owned()),
    }
}
