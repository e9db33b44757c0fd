//! Why a command did not do its work, and with which exit status it says so.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use wechatpay_bridge::ErrorRecord;
use wechatpay_sdk::operation::{Method, find_operation};
use wechatpay_sdk::{Error, ErrorKind, Response, Retryability};

use crate::args::ErrorFormat;
use crate::output::note;

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
    /// The same, after the platform carried a call out: it must not pass for a call that failed.
    Unwritten { message: String, changed: bool, status: u16, request_id: Option<String> },
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

    /// The reply came, and only its output failed.
    pub(crate) fn after_reply(self, method: Method, reply: &Response) -> Self {
        let Self::Io(problem) = self else { return self };
        let (status, request_id) = (reply.status, reply.request_id.clone());
        let message = format!(
            "the call was done (status {status}, Request-ID {}), only its output could not be written: {problem}",
            request_id.as_deref().unwrap_or("none")
        );
        Self::Unwritten { message, changed: method != Method::Get, status, request_id }
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Interrupted(_) => INTERRUPTED,
            // Scripts repeat what failed.
            Self::Unwritten { changed: true, .. } => OUTCOME_UNKNOWN,
            Self::Io(_) | Self::Unwritten { .. } => FAILED,
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
        note(&text);
        ExitCode::from(self.exit_status())
    }

    fn text(&self) -> String {
        match self {
            Self::Io(message) => format!("error: {message}"),
            Self::Unwritten { message, changed, .. } => {
                let advice = match changed {
                    true => "do not repeat it for its reply: query its result",
                    false => "repeat the command; it changed nothing",
                };
                format!("error: {message}\n  what to do: {advice}")
            }
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
            Self::Io(message) | Self::Unwritten { message, .. } => Error::internal(message.clone()),
        };
        let mut record: Box<ErrorRecord> = error.into();
        match self {
            Self::Sdk(_) | Self::Interrupted(_) => {}
            Self::Io(_) => (record.kind, record.code) = ("io", "io".to_owned()),
            Self::Unwritten { changed, status, request_id, .. } => {
                (record.kind, record.code) = ("io", "reply_not_written".to_owned());
                let retryability = if *changed { Retryability::CheckFirst } else { Retryability::Safe };
                (record.retryability, record.may_have_taken_effect) = (retryability.as_str(), *changed);
                (record.status, record.request_id) = (Some(*status), request_id.clone());
            }
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
