//! The rows of a batch: read twice, first to check and fingerprint them, then one by one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::StringRecord;
use sha2::{Digest as _, Sha256};
use wechatpay_sdk::Error;

/// A CSV file that was read to its end once.
pub(super) struct Input {
    path: PathBuf,
    pub(super) columns: Vec<String>,
    pub(super) rows: u64,
    pub(super) sha256: String,
}

impl Input {
    /// Reads the whole file: its columns, how many rows it has, and what its content hashes to.
    pub(super) fn scan(path: &Path) -> Result<Self, Error> {
        let hashing = Hashing { inner: open(path)?, hash: Sha256::new() };
        let mut reader = reader(hashing);
        let columns = reader.headers().map_err(|error| unreadable(path, &error))?.clone();
        let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
        for (at, column) in columns.iter().enumerate() {
            if column.is_empty() || columns[..at].contains(column) {
                let problem = format!("{}: column {} must have a name of its own", path.display(), at + 1);
                return Err(Error::bad_argument("--input", problem));
            }
        }
        let mut record = StringRecord::new();
        let mut rows = 0;
        while reader.read_record(&mut record).map_err(|error| unreadable(path, &error))? {
            rows += 1;
        }
        let sha256 = hex(&reader.into_inner().hash.finalize());
        Ok(Self { path: path.to_owned(), columns, rows, sha256 })
    }

    /// Reads the rows again, from the first one.
    pub(super) fn open(&self) -> Result<Rows, Error> {
        Ok(Rows { reader: reader(open(&self.path)?), path: self.path.clone() })
    }
}

/// The rows, one by one.
pub(super) struct Rows {
    reader: csv::Reader<File>,
    path: PathBuf,
}

impl Rows {
    /// The next row, or none at the end.
    pub(super) fn next(&mut self) -> Result<Option<StringRecord>, Error> {
        let mut record = StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(true) => Ok(Some(record)),
            Ok(false) => Ok(None),
            Err(error) => Err(unreadable(&self.path, &error)),
        }
    }
}

/// SHA-256 in lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open(path: &Path) -> Result<File, Error> {
    File::open(path)
        .map_err(|error| Error::bad_argument("--input", format!("{} cannot be read: {error}", path.display())))
}

fn reader<R: Read>(source: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().trim(csv::Trim::Headers).buffer_capacity(64 << 10).from_reader(source)
}

fn unreadable(path: &Path, error: &csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    let problem = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} cells where the first line has {expected_len}; put cells with commas in quotes")
        }
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8; save the file as \"CSV UTF-8\"".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "cannot be read".to_owned(),
    };
    Error::bad_argument("--input", format!("{}:{line}: {problem}", path.display()))
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}
