//! Where results go: standard output or a file that appears whole or not at all.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::NamedTempFile;
use wechatpay_sdk::operation::ReplyKind;
use wechatpay_sdk::{Error, Response};

use crate::args::SendArgs;
use crate::failure::Failure;

/// Where a reply will be written: opened before the call, so that a reply is not lost for want of a place.
pub(crate) enum Sink {
    Stdout { pretty: bool },
    File { temporary: NamedTempFile, path: PathBuf },
}

impl Sink {
    pub(crate) fn open(args: &SendArgs, reply: ReplyKind) -> Result<Self, Error> {
        let terminal = io::stdout().is_terminal();
        match &args.output {
            Some(path) => {
                let path = path.clone();
                let temporary = temporary_beside(&path).map_err(|error| {
                    Error::bad_argument(
                        "--output",
                        format!("names {}, which cannot be written: {error}", path.display()),
                    )
                })?;
                Ok(Self::File { temporary, path })
            }
            None if reply == ReplyKind::Binary && terminal => {
                Err(Error::bad_argument("--output", "is needed: this operation answers with a file"))
            }
            None => Ok(Self::Stdout { pretty: terminal && !args.compact }),
        }
    }

    pub(crate) fn write(self, reply: &Response) -> Result<(), Failure> {
        if reply.body.is_empty() {
            return Ok(());
        }
        match self {
            Self::File { mut temporary, path } => {
                let written = temporary.write_all(&reply.body);
                written
                    .and_then(|()| temporary.persist(&path).map(drop).map_err(|error| error.error))
                    .map_err(|error| Failure::io(&format!("{} cannot be written", path.display()), &error))
            }
            // A file passes as it came; JSON on one line also when the platform sent it on several.
            Self::Stdout { pretty } => match serde_json::from_slice::<Value>(&reply.body) {
                Ok(value) if pretty => line(&format!("{value:#}")),
                Ok(value) => line(&value.to_string()),
                Err(_) => raw(&reply.body),
            },
        }
    }
}

/// Writes a whole file at once.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let write = || {
        let mut temporary = temporary_beside(path)?;
        temporary.write_all(content)?;
        temporary.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| Failure::io(&format!("{} cannot be written", path.display()), &error))
}

fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    raw(format!("{text}\n").as_bytes())
}

/// Writes a line to standard error. Where that is full or closed there is nobody to tell, and no reason to panic.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // The reader has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::io("standard output", &error)),
    }
}
