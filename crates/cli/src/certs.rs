//! `wechatpay certs`: the platform's certificates, downloaded, verified, shown and saved.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wechatpay_sdk::ambient::{Ambient as _, System};
use wechatpay_sdk::operation::Method;
use wechatpay_sdk::{Client, Error, PlatformCertificate};

use crate::args::CertsArgs;
use crate::call::unless_interrupted;
use crate::failure::Failure;
use crate::output::{line, write_file};

/// Seconds before its end from which on a certificate is said to be expiring: time to see that a new one arrives.
const SOON: i64 = 30 * 24 * 60 * 60;

pub(crate) async fn run(args: CertsArgs) -> Result<(), Failure> {
    let mut options = args.credentials.options()?;
    // Without a key of the platform a client is made all the same: the list verifies itself.
    options.auto_certificates = Some(true);
    options.certificate_cache = None;
    let client = Client::from_options(&options)?;
    if let Some(folder) = &args.save {
        fs::create_dir_all(folder).map_err(|error| unusable(folder, &error))?;
    }
    let download = client.download_certificates();
    let certificates = unless_interrupted(download, "certificates.list", Method::Get).await?;
    let files = match &args.save {
        Some(folder) => save(folder, &certificates)?.into_iter().map(Some).collect(),
        None => vec![None; certificates.len()],
    };
    let now = System.now();
    let rows: Vec<Row<'_>> = certificates.iter().zip(files).map(|(it, file)| Row::new(it, file, now)).collect();
    if args.json {
        let list: Vec<Value> = rows.iter().map(Row::record).collect();
        return line(&format!("{:#}", Value::Array(list)));
    }
    line(&rows.iter().map(Row::text).collect::<Vec<_>>().join("\n"))
}

/// Each under its serial number; a file of that name is replaced.
fn save(folder: &Path, certificates: &[PlatformCertificate]) -> Result<Vec<PathBuf>, Failure> {
    let save = |it: &PlatformCertificate| {
        let path = folder.join(format!("wechatpay_{}.pem", it.certificate.serial_no));
        write_file(&path, it.pem.as_bytes()).map(|()| path)
    };
    certificates.iter().map(save).collect()
}

fn unusable(folder: &Path, error: &std::io::Error) -> Error {
    Error::bad_argument("--save", format!("names {}, where nothing can be saved: {error}", folder.display()))
}

/// What is shown of one.
struct Row<'a> {
    serial: &'a str,
    not_before: i64,
    not_after: i64,
    state: &'static str,
    file: Option<PathBuf>,
}

impl<'a> Row<'a> {
    fn new(it: &'a PlatformCertificate, file: Option<PathBuf>, now: i64) -> Self {
        let (not_before, not_after) = (it.certificate.not_before, it.certificate.not_after);
        let state = match now {
            _ if now < not_before => "not_yet_valid",
            _ if now > not_after => "expired",
            _ if now > not_after - SOON => "expiring",
            _ => "valid",
        };
        Self { serial: &it.certificate.serial_no, not_before, not_after, state, file }
    }

    /// Times in Unix seconds, as everywhere in this SDK.
    fn record(&self) -> Value {
        let mut record = json!({
            "serial": self.serial, "not_before": self.not_before, "not_after": self.not_after, "state": self.state,
        });
        if let Some(file) = &self.file {
            record["file"] = file.to_string_lossy().into();
        }
        record
    }

    fn text(&self) -> String {
        let file = self.file.as_ref().map_or(String::new(), |file| format!("  {}", file.display()));
        let (from, to) = (date(self.not_before), date(self.not_after));
        format!("{}  {from} to {to}  {}{file}", self.serial, self.state.replace('_', " "))
    }
}

fn date(seconds: i64) -> String {
    let date = OffsetDateTime::from_unix_timestamp(seconds).ok();
    date.and_then(|date| date.format(&Rfc3339).ok()).unwrap_or_else(|| seconds.to_string())
}
