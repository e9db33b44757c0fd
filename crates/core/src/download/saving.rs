//! A file on its way to the disk: unsealed, inflated and hashed as it comes, in a temporary file beside its place. It takes its
//! place only when it is whole and right, so that nobody ever finds half of it.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::write::MultiGzDecoder;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{Progress, SavedFile};
use crate::crypto::default_backend;
use crate::error::{Error, ErrorKind, Retryability};
use crate::file_hash::{Algorithm, Hasher};
use crate::retry::Phase;
use crate::transport::{Cause, Failure};

/// Whoever watches is told at these intervals, and at the end.
const TOLD_EVERY: u64 = 256 * 1024;

pub(crate) type Watcher = Arc<dyn Fn(Progress) + Send + Sync>;

/// What is to become of the bytes.
pub(crate) struct Plan {
    pub(crate) to: PathBuf,
    pub(crate) gunzip: bool,
    /// Of the plain file.
    pub(crate) hash: Option<(Algorithm, String)>,
    pub(crate) seal: Option<Seal>,
    pub(crate) watcher: Option<Watcher>,
}

/// The file is encrypted with AES-256-GCM, outside of its compression.
pub(crate) struct Seal {
    pub(crate) key: Zeroizing<[u8; 32]>,
    pub(crate) nonce: Vec<u8>,
}

/// The file of one call, through all of its attempts.
pub(crate) struct Saving {
    plan: Plan,
    writing: Option<Writing>,
}

struct Writing {
    sink: Sink,
    received: u64,
    told: u64,
    total: Option<u64>,
}

enum Sink {
    Plain(Out),
    Gunzip(Box<MultiGzDecoder<Out>>),
    /// Nothing of it is known until its tag is: it waits in memory.
    Sealed(Vec<u8>, Out),
}

/// The temporary file, and the hash of what has been written to it.
struct Out {
    file: BufWriter<NamedTempFile>,
    hasher: Option<Hasher>,
    length: u64,
}

/// A file that is whole and right, and not yet in its place.
pub(crate) struct Finished {
    file: NamedTempFile,
    saved: SavedFile,
}

impl Saving {
    /// Fails before anything is sent if there is no place for the file.
    pub(crate) fn new(plan: Plan) -> Result<Self, Error> {
        temporary(&plan.to).map_err(|error| cannot_write(&plan.to, &error))?;
        Ok(Self { plan, writing: None })
    }

    /// An attempt brings the file, of this length if it is known. What an earlier one brought is forgotten.
    pub(crate) fn begin(&mut self, total: Option<u64>) -> Result<(), Failure> {
        let file = temporary(&self.plan.to).map_err(|error| failure(&error))?;
        let hasher = self.plan.hash.as_ref().map(|(algorithm, _)| algorithm.start());
        let out = Out { file: BufWriter::new(file), hasher, length: 0 };
        let sink = match &self.plan.seal {
            Some(_) => Sink::Sealed(Vec::new(), out),
            None if self.plan.gunzip => Sink::Gunzip(Box::new(MultiGzDecoder::new(out))),
            None => Sink::Plain(out),
        };
        self.writing = Some(Writing { sink, received: 0, told: 0, total });
        Ok(())
    }

    pub(crate) fn take(&mut self, chunk: &[u8]) -> Result<(), Failure> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        writing.sink.write(chunk).map_err(|error| failure(&error))?;
        writing.received += chunk.len() as u64;
        if writing.received - writing.told >= TOLD_EVERY {
            writing.tell(self.plan.watcher.as_ref());
        }
        Ok(())
    }

    /// The whole of it has come.
    pub(crate) fn finish(self) -> Result<Finished, Error> {
        let Self { plan, writing } = self;
        let mut writing = writing.ok_or_else(|| Error::internal("a success must bring its file"))?;
        writing.tell(plan.watcher.as_ref());
        let out = writing.sink.end(&plan)?;
        let (length, hash) = (out.length, out.hasher.map(Hasher::finish));
        let file = out.file.into_inner().map_err(|error| cannot_write(&plan.to, error.error()))?;
        file.as_file().sync_all().map_err(|error| cannot_write(&plan.to, &error))?;
        let hash_type = match (&plan.hash, hash) {
            (Some((algorithm, wanted)), Some(hash)) if !wanted.eq_ignore_ascii_case(&hash) => {
                return Err(mismatch(*algorithm, wanted, &hash, plan.gunzip));
            }
            (Some((algorithm, _)), _) => Some(algorithm.name()),
            (None, _) => None,
        };
        Ok(Finished { file, saved: SavedFile { path: plan.to, length, hash_type } })
    }
}

impl Writing {
    fn tell(&mut self, watcher: Option<&Watcher>) {
        if let Some(watcher) = watcher.filter(|_| self.told < self.received || self.received == 0) {
            watcher(Progress { received: self.received, total: self.total });
        }
        self.told = self.received;
    }
}

impl Sink {
    fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(out) => out.write_all(chunk),
            Self::Gunzip(out) => out.write_all(chunk),
            Self::Sealed(bytes, _) => {
                bytes.extend_from_slice(chunk);
                Ok(())
            }
        }
    }

    fn end(self, plan: &Plan) -> Result<Out, Error> {
        let wrong = |error: io::Error| match is_of_the_disk(&error) {
            true => cannot_write(&plan.to, &error),
            false => Error::new(ErrorKind::Integrity, "not_gzip", not_gzip(&error)),
        };
        match (self, &plan.seal) {
            (Self::Sealed(bytes, mut out), Some(seal)) => {
                let plain = default_backend().open(&seal.key, &seal.nonce, b"", &bytes).map_err(|_| {
                    let message = "the file cannot be decrypted with the key of its signed reply: it was altered, or encrypted otherwise";
                    Error::new(ErrorKind::Decrypt, "cannot_decrypt", message).with_retry(Retryability::Safe)
                })?;
                if !plan.gunzip {
                    out.write_all(&plain).map_err(wrong)?;
                    return Ok(out);
                }
                let mut inflated = MultiGzDecoder::new(out);
                inflated.write_all(&plain).map_err(wrong)?;
                inflated.finish().map_err(wrong)
            }
            (Self::Gunzip(out), _) => out.finish().map_err(wrong),
            (Self::Plain(out) | Self::Sealed(_, out), _) => Ok(out),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.length += written as u64;
        self.hasher.iter_mut().for_each(|hasher| hasher.update(&bytes[..written]));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Finished {
    /// Puts it in its place, over what was there.
    pub(crate) fn persist(self) -> Result<SavedFile, Error> {
        let file = self.file.persist(&self.saved.path);
        file.map(|_: File| ()).map_err(|error| cannot_write(&self.saved.path, &error.error))?;
        Ok(self.saved)
    }
}

/// Beside the place that the file will take, so that it can be moved there at once.
fn temporary(to: &Path) -> io::Result<NamedTempFile> {
    let (Some(name), Some(directory)) = (to.file_name(), to.parent()) else {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is no name of a file"));
    };
    if to.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let prefix = format!(".{}.", name.to_string_lossy());
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

fn cannot_write(to: &Path, error: &io::Error) -> Error {
    let message = format!("{} cannot be written: {error}; no file is left there by this call", to.display());
    Error::new(ErrorKind::Config, "cannot_write", message).with_retry(Retryability::Never)
}

fn is_of_the_disk(error: &io::Error) -> bool {
    error.raw_os_error().is_some()
}

fn not_gzip(error: &io::Error) -> String {
    format!("the file is not the GZIP that was asked for, or broken: {error}; nothing of it was kept")
}

fn failure(error: &io::Error) -> Failure {
    let (code, message) = match is_of_the_disk(error) {
        true => ("cannot_write", format!("the file cannot be written: {error}; nothing of it was kept")),
        false => ("not_gzip", not_gzip(error)),
    };
    Failure { code, message, phase: Phase::Receiving, timeout: false, cause: Cause::Ours }
}

fn mismatch(algorithm: Algorithm, wanted: &str, found: &str, gunzip: bool) -> Error {
    let name = algorithm.name();
    let hint = if gunzip { "" } else { "; of a GZIP file the hash is that of its content: ask for gunzip" };
    let message = format!(
        "the file's {name} is {found}, but the signed reply says {wanted}: it was altered on its way, and nothing of it was kept{hint}"
    );
    Error::new(ErrorKind::Integrity, "hash_mismatch", message).with_retry(Retryability::Safe)
}
