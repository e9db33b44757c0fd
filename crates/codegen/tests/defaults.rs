//! Issue: "Missing request fields are refused before anything is sent". A number has no value that looks forgotten, so
//! a request type has a `Default` only where everything required is refused at its default. Read from the generated
//! text itself: the golden files, and what is in the workspace.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A generated struct, as its text says.
struct Struct {
    request: bool,
    default: bool,
    new: bool,
    required: Vec<String>,
}

/// The structs of a file by name, or by `module::name` below the file's own level, and its enumerations.
fn read(text: &str) -> (HashMap<String, Struct>, Vec<String>) {
    let (mut structs, mut enums) = (HashMap::new(), Vec::new());
    let (mut modules, mut derive, mut necessity) = (Vec::new(), "", "");
    let mut open: Option<String> = None;
    for line in text.lines() {
        let code = line.trim();
        let depth = (line.len() - line.trim_start().len()) / 4;
        if let Some(name) = code.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(" {")) {
            modules.truncate(depth);
            modules.push(name);
        } else if code.starts_with("#[derive(") {
            derive = code;
        } else if let Some(rest) = code.strip_prefix("pub struct ") {
            modules.truncate(depth);
            let name = rest.split(' ').next().unwrap();
            let name = modules.iter().copied().chain([name]).collect::<Vec<_>>().join("::");
            let request = !derive.contains("serde::Deserialize");
            let read = Struct { request, default: derive.contains("Default"), new: false, required: Vec::new() };
            structs.insert(name.clone(), read);
            open = (!rest.ends_with("{}")).then_some(name);
        } else if let Some(rest) = code.strip_prefix("pub enum ") {
            enums.push(rest.split(' ').next().unwrap().to_owned());
        } else if code.starts_with("/// ") {
            necessity = code;
        } else if let Some(field) = code.strip_prefix("pub ").filter(|field| field.ends_with(',')) {
            let ty = field.split_once(": ").unwrap().1.trim_end_matches(',');
            if necessity.starts_with("/// Required.") {
                structs.get_mut(open.as_ref().unwrap()).unwrap().required.push(ty.to_owned());
            }
        } else if let Some(rest) = code.strip_prefix("impl ").and_then(|rest| rest.strip_suffix(" {")) {
            modules.truncate(depth);
            open = Some(modules.iter().copied().chain([rest]).collect::<Vec<_>>().join("::"));
        } else if code.starts_with("pub fn new(") {
            structs.get_mut(open.as_ref().unwrap()).unwrap().new = true;
        }
        assert!(!code.starts_with("impl Default for"), "a default by hand: {code}");
    }
    (structs, enums)
}

/// Whether bind refuses a required field of this type that was left at its default.
fn refused(ty: &str, structs: &HashMap<String, Struct>, enums: &[String]) -> bool {
    let name = ty.trim_start_matches("super::");
    if ["String", "crate::Sensitive", "crate::File"].contains(&ty) || enums.iter().any(|known| known == name) {
        return true;
    }
    let inner = structs.get(name);
    // With nothing required inside, a forgotten object would be sent as `{}`.
    inner.is_some_and(|inner| inner.default && !inner.required.is_empty())
}

fn check(dir: &Path) -> usize {
    let mut without = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            without += check(&path);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let (structs, enums) = read(&fs::read_to_string(&path).unwrap());
        for (name, found) in structs.iter().filter(|(_, found)| found.request) {
            let harmless = found.required.iter().all(|ty| refused(ty, &structs, &enums));
            assert_eq!(found.default, harmless, "{}: {name} requires {:?}", path.display(), found.required);
            assert_eq!(found.new, !harmless, "{}: {name}: what has no default has new()", path.display());
            without += usize::from(!harmless);
        }
    }
    without
}

#[test]
fn what_is_left_at_its_default_is_refused_or_has_none() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(check(&here.join("tests/golden/crates/core/src/generated")) >= 3, "the fixture has some");
    assert!(check(&here.join("../core/src/generated")) >= 10, "the workspace has some");
}
