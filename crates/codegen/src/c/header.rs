//! `include/wechatpay.h`, by the pinned cbindgen.

use std::path::{Path, PathBuf};

use cbindgen::{Builder, Config};

use crate::Result;
use crate::output::{C, Files};

const HEADER: &str = "include/wechatpay.h";
const BINDING: &str = "bindings/c";
/// The hand-written files with exported functions, in the order of the header; the generated ones follow. What is not
/// here (functions for tests) is in no header.
const SOURCES: [&str; 11] = [
    "version",
    "error",
    "reply",
    "options",
    "signer",
    "client",
    "attempt",
    "call",
    "notifications",
    "seen",
    "catalogue",
];

/// Adds the header, where there is a C binding under `root`. The generated functions are those of `files`, so that
/// --verify needs nothing written.
pub(crate) fn add(root: &Path, files: &mut Files) -> Result<()> {
    let binding = root.join(BINDING);
    let config = binding.join("cbindgen.toml");
    if !config.exists() {
        return Ok(());
    }
    let mut config = Config::from_file(&config)?;
    config.after_includes = Some(prelude());
    let made = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let written = SOURCES.iter().map(|name| binding.join(format!("src/{name}.rs"))).filter(|path| path.exists());
    let mut sources: Vec<PathBuf> = written.collect();
    for (path, content) in files.inside(C) {
        let path = made.path().join(path.file_name().unwrap_or_default());
        std::fs::write(&path, content).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        // The index would lead cbindgen to the others once more.
        if path.file_name().is_some_and(|name| name != "mod.rs") {
            sources.push(path);
        }
    }
    let builder = sources.into_iter().fold(Builder::new().with_config(config), Builder::with_src);
    let bindings = builder.generate().map_err(|error| format!("cbindgen: {error}"))?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header = String::from_utf8(header).map_err(|_| "cbindgen wrote a header that is not UTF-8".to_owned())?;
    files.add(HEADER.to_owned(), "//", "*", &header);
    Ok(())
}

/// What stands before all else. The version is the workspace's, which this program shares.
fn prelude() -> String {
    format!(
        "\n#include <stddef.h>\n#include <stdint.h>\n\n/**\n * The version of this header; wechatpay_version() is that of the library.\n */\n\
         #define WECHATPAY_VERSION \"{}\"\n#define WECHATPAY_VERSION_MAJOR {}\n#define WECHATPAY_VERSION_MINOR {}\n\
         #define WECHATPAY_VERSION_PATCH {}\n\n\
         /* An error that nobody looks at is an error that is never freed. */\n\
         #if defined(__GNUC__)\n#define WECHATPAY_MUST_USE __attribute__((warn_unused_result))\n\
         #else\n#define WECHATPAY_MUST_USE\n#endif\n",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    )
}
