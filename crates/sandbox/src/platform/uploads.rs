//! Whether an uploaded file is the one that its `meta` describes.

use serde_json::{Value, json};

use super::request::Request;
use crate::files::digest;
use crate::spec::Problem;

/// The names that the documents give to the hash and to the file name.
const DIGESTS: [&str; 3] = ["sha256", "digest", "file_digest"];
const FILENAMES: [&str; 2] = ["filename", "file_name"];
/// The first is spelt so in the documents.
const ALGORITHMS: [&str; 2] = ["digest_alogrithm", "digest_algorithm"];

/// Holds each file of a form against `meta`. A form without one is nothing that is uploaded.
pub(super) fn check(request: &Request, body: &Value) -> Result<(), Problem> {
    let meta = &body["meta"];
    let said = |names: &[&'static str]| {
        let said = names.iter().find_map(|name| Some((*name, meta.get(*name)?.as_str()?)));
        said.map(|(name, text)| (format!("/body/meta/{name}"), text))
    };
    for file in request.files() {
        if let Some((field, text)) = said(&DIGESTS) {
            // SHA-256, unless the request names the other one that documents know.
            let sm3 = said(&ALGORITHMS).is_some_and(|(_, name)| name.contains("SM3"));
            let algorithm = if sm3 { "SM3" } else { "SHA256" };
            if !text.eq_ignore_ascii_case(&digest(algorithm, &file.bytes)) {
                let issue = format!("is not the {algorithm} of the file that was received");
                return Err(Problem::new(field, Some(json!(text)), issue));
            }
        }
        if let Some((field, text)) = said(&FILENAMES) {
            // A header cannot hold a quotation mark: browsers, and whoever does as they do, write %22.
            let received = file.filename.as_deref().unwrap_or_default();
            if text != received && text.replace('"', "%22") != received {
                let issue = format!("is not the name of the file that was received, {received:?}");
                return Err(Problem::new(field, Some(json!(text)), issue));
            }
        }
    }
    Ok(())
}
