//! The file of an upload: opened, measured and hashed before its request is signed, and read again whenever it is sent.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::file_hash::Algorithm;
use crate::operation::{Computed, Field, Operation, Schema};

/// What is read of a file at once.
pub(crate) const CHUNK: usize = 64 * 1024;

/// A form about to be sent: its file, and what stands between its parts.
pub struct Form {
    /// What separates the parts.
    pub(crate) boundary: String,
    pub(crate) filename: String,
    pub(crate) content: Content,
}

/// The bytes of a file.
pub(crate) enum Content {
    Bytes(Bytes),
    Disk(OnDisk),
}

/// A file that is open, of the length that it had when it was hashed.
#[derive(Clone)]
pub(crate) struct OnDisk {
    file: Arc<fs::File>,
    pub(crate) length: u64,
}

impl OnDisk {
    /// What stands at `offset`, at most `most` bytes of it: nothing only at the end.
    pub(crate) fn read(&self, offset: u64, most: usize) -> io::Result<Bytes> {
        let wanted = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(most).min(most);
        let mut bytes = vec![0; wanted];
        let got = read_at(&self.file, &mut bytes, offset)?;
        if got == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter meanwhile"));
        }
        bytes.truncate(got);
        Ok(bytes.into())
    }
}

#[cfg(unix)]
fn read_at(file: &fs::File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, offset)
}

#[cfg(windows)]
fn read_at(file: &fs::File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, offset)
}

impl Form {
    /// Opens the file that a record holds, and fills in what the form's `meta` says of it. None where there is no file:
    /// binding says so.
    ///
    /// # Errors
    /// Invalid request, naming the field: `wrong_type`, `empty_field`, `empty_file`, `unreadable_file`, `wrong_digest`.
    pub(crate) async fn open(
        operation: &'static Operation,
        record: &mut Map<String, Value>,
        boundary: String,
    ) -> Result<Option<Self>, Error> {
        let Some(file) = operation.params.iter().find(|param| matches!(param.schema, Schema::Binary)) else {
            return Ok(None);
        };
        let Some(given) = record.get_mut(file.name).map(Value::take).filter(|given| !given.is_null()) else {
            return Ok(None);
        };
        let name = file.name;
        let meta = operation.params.iter().find_map(|param| match param.schema {
            Schema::JsonText(Schema::Object(fields)) => Some((param.name, param.required, *fields)),
            _ => None,
        });
        let algorithm = meta.and_then(|(_, _, fields)| fields.iter().find_map(algorithm));
        // Disks can be slow, and pipes wait for whoever writes to them.
        let opened = tokio::task::spawn_blocking(move || open(&given, name, algorithm)).await;
        let (filename, content, digest) = opened.map_err(|_| Error::internal("a file could not be read"))??;
        if let Some((meta, required, fields)) = meta {
            let members = record.entry(meta).or_insert(Value::Null);
            // One that says more than this must be given.
            if members.is_null() && !required {
                *members = Value::Object(Map::new());
            }
            // What is no object is refused when it is bound.
            if let Value::Object(members) = members {
                complete(members, fields, meta, &filename, &digest)?;
            }
        }
        Ok(Some(Self { boundary, filename, content }))
    }
}

fn algorithm(field: &Field) -> Option<Algorithm> {
    match field.schema {
        Schema::Computed(Computed::Sha256) => Some(Algorithm::Sha256),
        Schema::Computed(Computed::Sm3) => Some(Algorithm::Sm3),
        _ => None,
    }
}

/// Fills in what the caller left out. A digest that is given must be the file's: the platform would refuse another one.
fn complete(
    members: &mut Map<String, Value>,
    fields: &[Field],
    meta: &str,
    filename: &str,
    digest: &str,
) -> Result<(), Error> {
    for field in fields {
        let Schema::Computed(computed) = field.schema else { continue };
        let value = match computed {
            Computed::FileName => filename,
            Computed::Sha256 | Computed::Sm3 => digest,
            Computed::Literal(literal) => literal,
        };
        match members.get(field.name) {
            None | Some(Value::Null) => {
                members.insert(field.name.to_owned(), value.into());
            }
            Some(Value::String(given)) if algorithm(field).is_some() && !given.eq_ignore_ascii_case(digest) => {
                let problem =
                    format!("must be the digest of the file, which is {digest}; leave it out to have it filled in");
                return Err(Error::invalid(&format!("{meta}.{}", field.name), "wrong_digest", problem));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// A file in a record: `{"path"}` with a `filename` if that is another one, or `{"filename", "content"}` in base64.
fn open(given: &Value, field: &str, algorithm: Option<Algorithm>) -> Result<(String, Content, String), Error> {
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let must = |problem: &str| {
        Error::invalid(field, "wrong_type", format!("must be a file: a path, or a filename and its content, {problem}"))
    };
    if !given.is_object() {
        return Err(must("but is neither"));
    }
    let path = text("path").map(PathBuf::from);
    let filename = match (text("filename"), &path) {
        (Some(name), _) => name.to_owned(),
        (None, Some(path)) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        (None, None) => return Err(must("but filename is missing")),
    };
    if filename.is_empty() {
        return Err(Error::invalid(&format!("{field}.filename"), "empty_field", "is required, but empty"));
    }
    let content = match path {
        Some(path) => Content::Disk(from_disk(&path).map_err(|error| {
            let problem = format!("cannot be read: {}: {error}", path.display());
            Error::invalid(&format!("{field}.path"), "unreadable_file", problem)
        })?),
        None => {
            let content = text("content").ok_or_else(|| must("but content is missing"))?;
            let content = STANDARD
                .decode(content)
                .map_err(|_| Error::invalid(&format!("{field}.content"), "wrong_type", "must be base64"))?;
            Content::Bytes(content.into())
        }
    };
    let (length, digest) = content.measure(algorithm).map_err(|error| {
        Error::invalid(&format!("{field}.path"), "unreadable_file", format!("cannot be read to its end: {error}"))
    })?;
    if length == 0 {
        return Err(Error::invalid(field, "empty_file", "is a file without a single byte"));
    }
    Ok((filename, content, digest))
}

/// What is no plain file (a pipe, standard input) can be read only once, and a request may be sent more often: it goes into
/// a temporary file, which has no name and is gone with its last reader.
fn from_disk(path: &Path) -> io::Result<OnDisk> {
    let mut file = fs::File::open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    }
    if !kind.is_file() {
        file = spool(&mut file)?;
    }
    let length = file.metadata()?.len();
    Ok(OnDisk { file: Arc::new(file), length })
}

fn spool(from: &mut dyn Read) -> io::Result<fs::File> {
    let mut file = tempfile::tempfile()?;
    io::copy(from, &mut file)?;
    Ok(file)
}

impl Content {
    /// Its length, and its digest if one is asked for.
    fn measure(&self, algorithm: Option<Algorithm>) -> io::Result<(u64, String)> {
        let mut hasher = algorithm.map(Algorithm::start);
        let mut update = |bytes: &[u8]| hasher.iter_mut().for_each(|hasher| hasher.update(bytes));
        let length = match self {
            Self::Bytes(bytes) => {
                update(bytes);
                bytes.len() as u64
            }
            Self::Disk(file) => {
                let mut offset = 0;
                while offset < file.length {
                    let bytes = file.read(offset, CHUNK)?;
                    update(&bytes);
                    offset += bytes.len() as u64;
                }
                offset
            }
        };
        Ok((length, hasher.map_or_else(String::new, crate::file_hash::Hasher::finish)))
    }
}

/// A file to upload. Its type is told by the extension of its name.
#[derive(Debug, Clone)]
pub struct File {
    filename: Option<String>,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Path(PathBuf),
    Bytes(Bytes),
    /// What a reader held, in a file that is removed with its last handle.
    Spooled(Arc<tempfile::TempPath>),
}

impl File {
    /// The file at this path, sent under its own name; it is never held in memory as a whole.
    #[must_use]
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self { filename: None, source: Source::Path(path.into()) }
    }

    /// These bytes, under this name.
    #[must_use]
    pub fn bytes(filename: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self { filename: Some(filename.into()), source: Source::Bytes(content.into()) }
    }

    /// What a reader holds, under this name. It is read to its end here, into a temporary file: the digest of an upload is
    /// signed before its first byte is sent, and it may be sent more than once.
    ///
    /// # Errors
    /// When it cannot be read, or the temporary file not be written.
    pub fn reader(filename: impl Into<String>, mut reader: impl Read) -> io::Result<Self> {
        let mut file = tempfile::NamedTempFile::new()?;
        io::copy(&mut reader, &mut file)?;
        Ok(Self { filename: Some(filename.into()), source: Source::Spooled(Arc::new(file.into_temp_path())) })
    }

    /// The same file under another name.
    #[must_use]
    pub fn named(mut self, filename: impl Into<String>) -> Self {
        self.filename = Some(filename.into());
        self
    }
}

impl PartialEq for File {
    fn eq(&self, other: &Self) -> bool {
        let source = match (&self.source, &other.source) {
            (Source::Path(one), Source::Path(other)) => one == other,
            (Source::Bytes(one), Source::Bytes(other)) => one == other,
            (Source::Spooled(one), Source::Spooled(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        source && self.filename == other.filename
    }
}

impl std::fmt::Debug for Source {
    /// What an upload holds may be somebody's identity card.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Bytes(bytes) => write!(f, "[{} bytes]", bytes.len()),
            Self::Spooled(_) => f.write_str("[read]"),
        }
    }
}

impl serde::Serialize for File {
    /// As every language hands over a file: `{"path"}`, or `{"filename", "content"}` in base64.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut record = serializer.serialize_map(None)?;
        if let Some(filename) = &self.filename {
            record.serialize_entry("filename", filename)?;
        }
        match &self.source {
            Source::Path(path) => record.serialize_entry("path", path)?,
            Source::Spooled(path) => record.serialize_entry("path", path.as_ref() as &Path)?,
            Source::Bytes(bytes) => record.serialize_entry("content", &STANDARD.encode(bytes))?,
        }
        record.end()
    }
}
