//! The rows of a batch: read twice, first to check and fingerprint them, then one by one.

use std::fs::File;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::io::{self, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::vec;

use csv::StringRecord;
use sha2::{Digest as _, Sha256};
use wechatpay_sdk::Error;

use crate::failure::Failure;

/// A CSV file that was read to its end once.
pub(super) struct Input {
    path: PathBuf,
    /// Stays open: the path may come to name another file.
    file: File,
    pub(super) columns: Vec<String>,
    pub(super) sha256: String,
    hasher: RandomState,
    /// Of each row, so that no row is run which is not the one that was checked.
    hashes: Vec<u64>,
}

impl Input {
    /// Reads the whole file: its columns, how many rows it has, and what its content hashes to.
    pub(super) fn scan(path: &Path) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(|error| cannot_be_read(path, &error))?;
        let mut reader = reader(Hashing { inner: &file, hash: Sha256::new() });
        let columns = reader.headers().map_err(|error| unreadable(path, &error))?.clone();
        let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
        for (at, column) in columns.iter().enumerate() {
            if column.is_empty() || columns[..at].contains(column) {
                let problem = format!("{}: column {} must have a name of its own", path.display(), at + 1);
                return Err(Error::bad_argument("--input", problem));
            }
        }
        let mut record = StringRecord::new();
        let (hasher, mut hashes) = (RandomState::new(), Vec::new());
        while reader.read_record(&mut record).map_err(|error| unreadable(path, &error))? {
            hashes.push(hash(&hasher, &record));
        }
        let sha256 = hex(&reader.into_inner().hash.finalize());
        file.rewind().map_err(|error| cannot_be_read(path, &error))?;
        Ok(Self { path: path.to_owned(), file, columns, sha256, hasher, hashes })
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Reads the rows again, from the first one.
    pub(super) fn into_rows(self) -> Rows {
        let Self { path, file, hasher, hashes, .. } = self;
        Rows { reader: reader(file), path, hasher, hashes: hashes.into_iter() }
    }
}

/// The rows, one by one.
pub(super) struct Rows {
    reader: csv::Reader<File>,
    path: PathBuf,
    hasher: RandomState,
    hashes: vec::IntoIter<u64>,
}

impl Rows {
    /// The next row, or none at the end. Fails where it is not what was read the first time.
    pub(super) fn next(&mut self) -> Result<Option<StringRecord>, Failure> {
        let mut record = StringRecord::new();
        let found = match self.reader.read_record(&mut record) {
            Ok(more) => Ok(more.then(|| hash(&self.hasher, &record))),
            Err(error) => match error.into_kind() {
                csv::ErrorKind::Io(error) => {
                    return Err(Failure::io(&format!("{} cannot be read", self.path.display()), &error));
                }
                // It was readable before.
                _ => Err(()),
            },
        };
        let expected = self.hashes.next();
        if found != Ok(expected) {
            return Err(Failure::Io(format!(
                "{} was changed while the batch was reading it; what was done by then is recorded. Restore it and run \
                 the same command again; put changed rows into an input of their own with an --output of their own",
                self.path.display()
            )));
        }
        Ok(expected.map(|_| record))
    }
}

/// SHA-256 in lower-case hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(hasher: &RandomState, row: &StringRecord) -> u64 {
    let mut hash = hasher.build_hasher();
    row.iter().for_each(|cell| cell.hash(&mut hash));
    hash.finish()
}

fn cannot_be_read(path: &Path, error: &io::Error) -> Error {
    Error::bad_argument("--input", format!("{} cannot be read: {error}", path.display()))
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
