//! Embeds every document of `spec/`, so that a new product needs no line here.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("set by cargo"));
    let spec = root.join("../../spec").canonicalize().expect("the workspace has a spec directory");
    println!("cargo::rerun-if-changed={}", spec.display());

    let mut documents: Vec<PathBuf> = fs::read_dir(&spec)
        .expect("spec is readable")
        .map(|entry| entry.expect("spec is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    documents.sort();

    let mut list = String::from("&[\n");
    for path in documents {
        let product = path.file_stem().expect("has an extension").to_string_lossy();
        writeln!(list, "    ({product:?}, include_str!({:?})),", path.display().to_string())
            .expect("writing to a String");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("set by cargo")).join("documents.rs");
    fs::write(out, list).expect("OUT_DIR is writable");
}
