//! Who drives: one program per language, over the artefact as it is installed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Problem;
use crate::flat::Bounds;

/// Calls in flight at once. Few, so that two processors are never the reason why a call is late.
const LANES: usize = 4;

/// How the drivers of a language are started and what they may hold.
pub(crate) struct Language {
    pub(crate) name: &'static str,
    pub(crate) command: Vec<OsString>,
    pub(crate) processes: usize,
    pub(crate) lanes: usize,
    pub(crate) bounds: Bounds,
}

pub(crate) const NAMES: [&str; 5] = ["rust", "python", "node", "c", "php"];

impl Language {
    /// `drivers`: the folder of the programs; what is compiled lies in the folder `built`.
    pub(crate) fn new(name: &str, drivers: &Path, built: &Path) -> Result<Self, Problem> {
        let known = NAMES.into_iter().find(|known| *known == name);
        let name = known.ok_or_else(|| format!("{name} is no language: there are {}", NAMES.join(", ")))?;
        let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("{name} is not set: see the Makefile"));
        let program = |file: &str| drivers.join(file).into_os_string();
        let command: Vec<OsString> = match name {
            "rust" => vec![env::current_exe()?.into(), "drive".into()],
            "python" => vec![variable("WECHATPAY_PYTHON")?, program("driver.py")],
            "node" => {
                variable("WECHATPAY_INSTALLED")?;
                vec!["node".into(), "--expose-gc".into(), program("driver.mjs")]
            }
            "c" => vec![PathBuf::from(built).join("driver").into()],
            _ => {
                let mut extension = OsString::from("extension=");
                extension.push(variable("WECHATPAY_PHP_EXTENSION")?);
                vec!["php".into(), "-d".into(), extension, program("driver.php")]
            }
        };
        // PHP makes one call after the other.
        let processes = if name == "php" { LANES } else { 1 };
        // A heap that is collected grows in steps of its own.
        let heap = if name == "node" { 24 << 10 } else { 6 << 10 };
        let bounds = Bounds { rss_kib: heap * processes, threads: 2 * processes, sockets: 4 * LANES };
        Ok(Self { name, command, processes, lanes: LANES, bounds })
    }
}
