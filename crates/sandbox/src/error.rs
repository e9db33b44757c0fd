use std::io;
use std::path::PathBuf;

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory under `dir` could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another sandbox holds the directory.
    #[error("{path}: another sandbox is running in this directory: stop it or take another one", path = path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// A key file that an earlier start made is missing, unreadable or does not fit the others.
    #[error("{path}: {problem}: restore it, or remove {directory} to get new keys",
        path = path.display(), directory = directory.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// The directory that holds the keys.
        directory: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A key or certificate could not be made.
    #[error("keys could not be made: {0}")]
    Generate(#[from] rcgen::Error),
    /// A certificate could not be issued.
    #[error("a certificate could not be issued: {0}")]
    Certificate(String),
    /// A port could not be listened on.
    #[error("{listener} listener on 127.0.0.1:{port}: {source}")]
    Listen {
        /// `main`, `backup` or `admin`.
        listener: &'static str,
        /// The port asked for; 0 is any.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The seed is not a state.
    #[error("seed {path}: {problem}", path = path.display())]
    Seed {
        /// The seed file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A document of `spec/` cannot be used.
    #[error("spec: {0}")]
    Spec(String),
}

impl Error {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
