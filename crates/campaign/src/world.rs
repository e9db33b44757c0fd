//! The world as the drivers' processes see it: how slow names are, and how far the clock is off. `tests/campaign/world.c`
//! is preloaded there and reads it.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The file that both sides know.
pub(crate) struct World {
    file: File,
    path: PathBuf,
}

impl World {
    /// One where all is as it should be.
    pub(crate) fn create(path: PathBuf) -> io::Result<Self> {
        let world = Self { file: File::create_new(&path)?, path };
        world.write(0, 0)?;
        world.write(1, 0)?;
        Ok(world)
    }

    /// The variables of a process that sees it.
    pub(crate) fn environment(&self, library: &Path) -> [(&'static str, OsString); 2] {
        [("LD_PRELOAD", library.into()), ("CAMPAIGN_WORLD", self.path.clone().into())]
    }

    /// Milliseconds until a name is resolved.
    pub(crate) fn names_take(&self, milliseconds: u64) -> io::Result<()> {
        self.write(0, i64::try_from(milliseconds).map_err(io::Error::other)?)
    }

    /// Seconds that the clock is off.
    pub(crate) fn clock_off_by(&self, seconds: i64) -> io::Result<()> {
        self.write(1, seconds)
    }

    fn write(&self, at: u64, number: i64) -> io::Result<()> {
        self.file.write_all_at(&number.to_ne_bytes(), at * 8)
    }
}
