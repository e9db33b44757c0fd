//! What a batch remembers on disk: OUTPUT, a line per outcome, and OUTPUT.journal, a line per start, and one per start
//! that came to nothing because the batch was stopped.
//!
//! A start is written before the request leaves and an outcome as soon as it is known, each with one write to a file
//! opened for appending. Whatever moment the process is killed at, a request that left has its start on disk, and a
//! line that was torn is the last one.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use wechatpay_sdk::Error;

use super::cells::{Cells, Outcome};
use super::line::{COLUMNS, Line};
use super::plan::Step;

/// Begins a journal; whom it is for and the hashes of plan and input follow.
const MAGIC: &str = "wechatpay-batch 2";

/// The two files, locked, and what they say.
pub(super) struct Ledger {
    output: Lines,
    journal: Lines,
    pub(super) cells: Cells,
}

/// What a ledger belongs to.
pub(super) struct Fingerprint<'a> {
    pub(super) mchid: &'a str,
    /// Without spaces.
    pub(super) host: &'a str,
    pub(super) plan_sha256: &'a str,
    pub(super) input_sha256: &'a str,
}

impl Ledger {
    /// Opens or begins the ledger of a batch.
    pub(super) fn open(path: &Path, of: &Fingerprint<'_>, steps: &[Step], rows: u64) -> Result<Self, Error> {
        let journal_path = journal_path(path);
        let cannot = |path: &Path| {
            let path = path.display().to_string();
            move |error: io::Error| Error::bad_argument("--output", format!("{path} cannot be used: {error}"))
        };
        let is_empty = |path: &Path| path.metadata().map_or(true, |metadata| metadata.len() == 0);
        if is_empty(&journal_path) && !is_empty(path) {
            let problem = format!(
                "{} has content, but no journal {}: it is not the output of a batch; take another file, or restore the journal",
                path.display(),
                journal_path.display()
            );
            return Err(Error::bad_argument("--output", problem));
        }

        let mut journal = append(&journal_path).map_err(cannot(&journal_path))?;
        match journal.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let problem = format!("{} is being written by another batch: wait for it", path.display());
                return Err(Error::bad_argument("--output", problem));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(&journal_path)(error)),
        }
        let mut cells = Cells::new(rows as usize, steps.len());
        cut_torn_line(&mut journal).map_err(cannot(&journal_path))?;
        let starts = read_journal(&journal, &journal_path, of, steps, rows, &mut cells)?;
        if starts == 0 {
            begin_journal(&mut journal, of).map_err(cannot(&journal_path))?;
        }

        let mut output = append(path).map_err(cannot(path))?;
        cut_torn_line(&mut output).map_err(cannot(path))?;
        if !read_output(&output, path, steps, rows, &mut cells)? {
            if starts > 0 && !steps.is_empty() {
                let problem = format!(
                    "{} is gone, but its journal {} knows of {starts} started steps: restore it, or remove both to begin anew",
                    path.display(),
                    journal_path.display()
                );
                return Err(Error::bad_argument("--output", problem));
            }
            output.write_all(format!("{}\n", COLUMNS.join(",")).as_bytes()).map_err(cannot(path))?;
        }
        let output = Lines::new(output).map_err(cannot(path))?;
        let journal = Lines::new(journal).map_err(cannot(&journal_path))?;
        Ok(Self { output, journal, cells })
    }

    /// Remembers that a step is about to be sent.
    pub(super) fn start(&mut self, row: u64, step: usize, name: &str) -> io::Result<()> {
        self.journal.append(format!("start {row} {name}\n").as_bytes())?;
        self.cells.start(row, step);
        Ok(())
    }

    /// Remembers that a step which was started had no effect and has no outcome: it is still to be done.
    pub(super) fn void(&mut self, row: u64, step: usize, name: &str) -> io::Result<()> {
        self.journal.append(format!("void {row} {name}\n").as_bytes())?;
        self.cells.void(row, step);
        Ok(())
    }

    /// Remembers an outcome.
    pub(super) fn record(&mut self, row: u64, step: usize, line: &Line<'_>) -> io::Result<()> {
        self.output.append(&line.to_bytes())?;
        self.cells.record(row, step, line.outcome);
        Ok(())
    }
}

/// A file of whole lines. What a full disk cuts short is taken back, and nothing follows it: half a line with others
/// after it would make the file unreadable.
struct Lines {
    file: File,
    length: u64,
    failure: Option<(io::ErrorKind, String)>,
}

impl Lines {
    fn new(file: File) -> io::Result<Self> {
        Ok(Self { length: file.metadata()?.len(), file, failure: None })
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some((kind, problem)) = &self.failure {
            return Err(io::Error::new(*kind, problem.clone()));
        }
        if let Err(error) = self.file.write_all(line) {
            // Where this fails too, the half line is the last one, and the next run cuts it.
            let _ = self.file.set_len(self.length);
            self.failure = Some((error.kind(), error.to_string()));
            return Err(error);
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// `OUTPUT.journal`.
pub(super) fn journal_path(output: &Path) -> PathBuf {
    let mut name = OsString::from(output);
    name.push(".journal");
    name.into()
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).open(path)
}

/// Removes what stands after the last line break: a write that a kill cut short.
fn cut_torn_line(file: &mut File) -> io::Result<()> {
    const CHUNK: u64 = 64 << 10;
    let length = file.metadata()?.len();
    let mut end = length;
    while end > 0 {
        let from = end.saturating_sub(CHUNK);
        let mut chunk = vec![0; (end - from) as usize];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut chunk)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            end = from + at as u64 + 1;
            break;
        }
        end = from;
    }
    if end < length { file.set_len(end) } else { Ok(()) }
}

fn begin_journal(journal: &mut File, of: &Fingerprint<'_>) -> io::Result<()> {
    if journal.metadata()?.len() > 0 {
        return Ok(());
    }
    let Fingerprint { mchid, host, plan_sha256, input_sha256 } = of;
    let header = format!("{MAGIC} mchid={mchid} host={host} plan={plan_sha256} input={input_sha256}\n");
    journal.write_all(header.as_bytes())
}

/// Checks whom the journal belongs to and reads its starts. Gives how many there are.
fn read_journal(
    mut journal: &File,
    path: &Path,
    of: &Fingerprint<'_>,
    steps: &[Step],
    rows: u64,
    cells: &mut Cells,
) -> Result<u64, Error> {
    let refuse = |problem: String| Error::bad_argument("--output", problem);
    let failed = |error: io::Error| refuse(format!("{} cannot be read: {error}", path.display()));
    journal.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut lines = BufReader::new(journal).lines();
    let Some(header) = lines.next().transpose().map_err(failed)? else { return Ok(0) };
    let begun = |name: &str| header.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    if !header.starts_with(MAGIC) {
        return Err(refuse(format!("{} is not the journal of a batch of this version", path.display())));
    }
    // Outcomes of the sandbox must not pass for those of the platform.
    let [mchid, host] = ["mchid", "host"].map(|name| begun(name).unwrap_or("?"));
    if (mchid, host) != (of.mchid, of.host) {
        return Err(refuse(format!(
            "was begun for merchant {mchid} at {host}; this run is for merchant {} at {}: choose another --output",
            of.mchid, of.host
        )));
    }
    for (name, now) in [("plan", of.plan_sha256), ("input", of.input_sha256)] {
        if begun(name) != Some(now) {
            return Err(refuse(format!(
                "was begun with another {name}: the {name} has changed since. Restore it to resume; put changed or \
                 corrected rows into an input of their own with an --output of their own"
            )));
        }
    }
    let mut starts = 0;
    for (at, line) in lines.enumerate() {
        let line = line.map_err(failed)?;
        let mut words = line.split(' ');
        let found = match (words.next(), words.next(), words.next(), words.next()) {
            (Some(what @ ("start" | "void")), Some(row), Some(step), None) => {
                Some(what).zip(locate(row, step, steps, rows))
            }
            _ => None,
        };
        match found {
            Some(("start", (row, step))) => {
                cells.start(row, step);
                starts += 1;
            }
            Some((_, (row, step))) => cells.void(row, step),
            None => return Err(refuse(format!("{}:{}: is not a line of this batch", path.display(), at + 2))),
        }
    }
    Ok(starts)
}

/// Reads recorded outcomes. Gives whether the line of column names is there.
fn read_output(mut output: &File, path: &Path, steps: &[Step], rows: u64, cells: &mut Cells) -> Result<bool, Error> {
    let at = |line: u64, problem: &str| {
        Error::bad_argument("--output", format!("{}:{line}: {problem}; restore the file", path.display()))
    };
    output.seek(SeekFrom::Start(0)).map_err(|_| at(1, "cannot be read"))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).buffer_capacity(64 << 10).from_reader(output);
    let mut record = csv::StringRecord::new();
    let mut next = |record: &mut csv::StringRecord| {
        let more = reader.read_record(record);
        let line = record.position().map_or(1, csv::Position::line);
        more.map(|more| (more, line)).map_err(|_| at(line, "cannot be read"))
    };
    if !next(&mut record)?.0 {
        return Ok(false);
    }
    if record != COLUMNS[..] {
        return Err(at(1, "does not hold the column names of a batch's output"));
    }
    while let (true, line) = next(&mut record)? {
        let (row, step, outcome) = (&record[0], &record[2], &record[3]);
        let found = locate(row, step, steps, rows).zip(Outcome::parse(outcome));
        let ((row, step), outcome) = found.ok_or_else(|| at(line, "is not an outcome of this batch"))?;
        cells.record(row, step, outcome);
    }
    Ok(true)
}

fn locate(row: &str, step: &str, steps: &[Step], rows: u64) -> Option<(u64, usize)> {
    let row: u64 = row.parse().ok().filter(|row| (1..=rows).contains(row))?;
    Some((row, steps.iter().position(|known| known.name == step)?))
}
