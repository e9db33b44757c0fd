//! `include/wechatpay.h` and a header per product in `include/wechatpay/`, by the pinned cbindgen.

use std::path::{Path, PathBuf};

use cbindgen::{Builder, Config};

use crate::Result;
use crate::model::Product;
use crate::output::{C, Files, HEADERS};

const HEADER: &str = "include/wechatpay.h";
const BINDING: &str = "bindings/c";
/// The hand-written files with exported functions, in the order of the header. What is not
/// here (functions for tests) is in no header.
const SOURCES: [&str; 12] = [
    "version",
    "error",
    "reply",
    "options",
    "signer",
    "client",
    "attempt",
    "progress",
    "call",
    "notifications",
    "seen",
    "catalogue",
];

/// Adds the header and those of the products, where there is a C binding under `root`. The generated functions are those of
/// `files`, so that --verify needs nothing written.
pub(crate) fn add(root: &Path, products: &[Product], files: &mut Files) -> Result<()> {
    let binding = root.join(BINDING);
    let config = binding.join("cbindgen.toml");
    if !config.exists() {
        return Ok(());
    }
    let config = Config::from_file(&config)?;
    let made = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    for product in products {
        let source = made.path().join(format!("{}.rs", product.name));
        let functions = files.content(&format!("{C}/{}.rs", product.name)).unwrap_or_default();
        std::fs::write(&source, functions).map_err(|error| format!("cannot write {}: {error}", source.display()))?;
        let name = &product.name;
        let own = Config {
            header: Some(format!("/*\n * Operations {}.*\n */", product.namespace.join("."))),
            include_guard: Some(format!("WECHATPAY_{}_H", name.to_uppercase())),
            // Whichever of the two is included, the types stand first.
            after_includes: Some("\n#include \"../wechatpay.h\"\n".to_owned()),
            ..config.clone()
        };
        files.add(format!("{HEADERS}/{name}.h"), "//", name, &written(own, vec![source])?);
    }
    let sources = SOURCES.iter().map(|name| binding.join(format!("src/{name}.rs"))).filter(|path| path.exists());
    let includes: Vec<String> =
        products.iter().map(|product| format!("#include \"wechatpay/{}.h\"\n", product.name)).collect();
    let whole = Config {
        after_includes: Some(prelude()),
        trailer: Some(format!("/* The operations: a function each. */\n{}", includes.concat())),
        ..config
    };
    files.add(HEADER.to_owned(), "//", "*", &written(whole, sources.collect())?);
    Ok(())
}

fn written(config: Config, sources: Vec<PathBuf>) -> Result<String> {
    let builder = sources.into_iter().fold(Builder::new().with_config(config), Builder::with_src);
    let bindings = builder.generate().map_err(|error| format!("cbindgen: {error}"))?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    String::from_utf8(header).map_err(|_| "cbindgen wrote a header that is not UTF-8".to_owned())
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
