//! Issue: "Missing request fields are refused before anything is sent", in Rust by the compiler: a request that requires
//! something has no `Default`, and a `new` that takes just that. Read from the generated text itself: the golden files,
//! and what is in the workspace.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::Path;

/// A generated request, as its text says.
#[derive(Default)]
struct Request {
    name: String,
    default: bool,
    open: bool,
    required: Vec<String>,
    optional: Vec<String>,
    new: Option<Vec<String>>,
    methods: Vec<String>,
}

/// The requests of a file in their order.
fn read(text: &str) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let (mut derive, mut open, mut required, mut inside, mut methods) = ("", false, false, false, false);
    for line in text.lines() {
        let code = line.trim();
        if code.starts_with("#[derive(") {
            (derive, open) = (code, false);
        } else if code == "#[non_exhaustive]" {
            open = true;
        } else if let Some(rest) = code.strip_prefix("pub struct ") {
            assert!(open, "{code}: a new field breaks whoever writes one out");
            inside = !derive.contains("serde::Deserialize");
            if inside {
                let name = rest.split(' ').next().unwrap().to_owned();
                requests.push(Request { name, default: derive.contains("Default"), open, ..Request::default() });
            }
            inside &= !rest.ends_with("{}");
        } else if code == "}" || code == "} }" {
            (inside, methods) = (false, false);
        } else if code.starts_with("/// ") {
            required = code.starts_with("/// Required.");
        } else if let Some(field) = code.strip_prefix("pub ").filter(|_| inside) {
            let request = requests.last_mut().unwrap();
            let name = field.split(':').next().unwrap().to_owned();
            if required { request.required.push(name) } else { request.optional.push(name) }
        } else if let Some(rest) = code.strip_prefix("pub fn new(") {
            let parameters = rest.split(") -> Self").next().unwrap().split(", ").filter(|one| !one.is_empty());
            let names = parameters.map(|parameter| parameter.split(':').next().unwrap().to_owned());
            requests.last_mut().unwrap().new = Some(names.collect());
        } else if code.starts_with("optional! {") {
            methods = true;
        } else if methods {
            requests.last_mut().unwrap().methods.push(code.split(':').next().unwrap().to_owned());
        }
        assert!(!code.starts_with("impl Default for"), "a default by hand: {code}");
    }
    requests
}

fn check(dir: &Path) -> usize {
    let mut requiring = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            requiring += check(&path);
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        for request in read(&fs::read_to_string(&path).unwrap()) {
            let at = format!("{}: {}", path.display(), request.name);
            assert_eq!(request.default, request.required.is_empty(), "{at} requires {:?}", request.required);
            assert_eq!(request.new.as_ref(), Some(&request.required), "{at}: new takes what is required");
            assert_eq!(request.methods, request.optional, "{at}: a method for each optional field");
            assert!(request.open, "{at}");
            requiring += usize::from(!request.default);
        }
    }
    requiring
}

#[test]
fn what_is_required_cannot_be_forgotten() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(check(&here.join("tests/golden/crates/core/src/generated")) >= 3, "the fixture has some");
    assert!(check(&here.join("../core/src/generated")) >= 800, "the workspace has many");
}
