//! Why a command did not do its work, and with which exit status it says so.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use wechatpay_bridge::ErrorRecord;
use wechatpay_sdk::operation::find_operation;
use wechatpay_sdk::{Error, ErrorKind, Retryability};

use crate::args::ErrorFormat;

const FAILED: u8 = 1;
const NOTHING_SENT: u8 = 2;
const OUTCOME_UNKNOWN: u8 = 3;
/// What shells report for a command that SIGINT ended.
pub(crate) const INTERRUPTED: u8 = 130;

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What the SDK says, or what this command says in its words: wrong arguments are an invalid request too.
    Sdk(Error),
    /// Ctrl-C while a call was under way.
    Interrupted(Error),
    /// A file or the terminal, after the arguments were found right.
    Io(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Sdk(error)
    }
}

impl Failure {
    pub(crate) fn io(what: &str, error: &io::Error) -> Self {
        Self::Io(format!("{what}: {error}"))
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Interrupted(_) => INTERRUPTED,
            Self::Io(_) => FAILED,
            Self::Sdk(error) => match error.kind() {
                ErrorKind::Config | ErrorKind::InvalidRequest => NOTHING_SENT,
                _ if error.may_have_taken_effect() => OUTCOME_UNKNOWN,
                _ => FAILED,
            },
        }
    }

    /// Writes it to standard error and gives the exit status.
    pub(crate) fn report(&self, format: ErrorFormat) -> ExitCode {
        let text = match format {
            ErrorFormat::Text => self.text(),
            ErrorFormat::Json => self.record(),
        };
        eprintln!("{text}");
        ExitCode::from(self.exit_status())
    }

    fn text(&self) -> String {
        match self {
            Self::Io(message) => format!("error: {message}"),
            Self::Interrupted(error) => format!("interrupted: {error}"),
            Self::Sdk(error) => {
                let mut text = format!("error: {error}");
                if let Some(advice) = advice(error) {
                    let _ = write!(text, "\n  what to do: {advice}");
                }
                text
            }
        }
    }

    /// The flat record that every language knows. The offending value and the raw detail stay out: they may be an
    /// openid, and standard error ends up in logs.
    fn record(&self) -> String {
        let error = match self {
            Self::Sdk(error) | Self::Interrupted(error) => error.clone(),
            Self::Io(message) => Error::internal(message.clone()),
        };
        let mut record: Box<ErrorRecord> = error.into();
        if let Self::Io(_) = self {
            (record.kind, record.code) = ("io", "io".to_owned());
        }
        (record.value, record.detail) = (None, None);
        String::from_utf8_lossy(&record.to_json()).into_owned()
    }
}

fn advice(error: &Error) -> Option<String> {
    let document = error.operation().and_then(find_operation).map(|operation| operation.doc_url);
    match (error.kind(), error.retryability()) {
        (ErrorKind::Config, _) => {
            Some("give the credentials in WECHATPAY_* variables, --config FILE or --sandbox DIR; see --help".to_owned())
        }
        (_, Retryability::CheckFirst) => {
            Some("query what became of the request before you repeat it: it may have taken effect".to_owned())
        }
        (_, Retryability::Safe) => Some("repeat the command after a pause; that is safe".to_owned()),
        (ErrorKind::Api, _) if error.status() == Some(401) => {
            Some("check that mchid, serial_no and the private key belong together, and this machine's clock".to_owned())
        }
        (ErrorKind::Api, _) => Some(match document {
            Some(document) => format!("correct the request or the permissions; {document} explains the codes"),
            None => "correct the request or the permissions; the operation's document explains the codes".to_owned(),
        }),
        (ErrorKind::InvalidRequest, _) => {
            error.operation().map(|id| format!("`wechatpay operations {id}` shows what it takes"))
        }
        _ => None,
    }
}
