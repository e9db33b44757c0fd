//! The programs that make the calls, one per language, over the artefact as it is installed.
//!
//! `PROGRAM CONFIG CALLS ANSWERS`: the client's options, a line `ID<tab>PARAMS` for each call, and where a line
//! `{"id", "reply" or "file" (hex) or "error"}` is to be written for each.

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use crate::Problem;
use crate::judge::Answer;
use crate::request::Request;

pub(crate) const LANGUAGES: [&str; 5] = ["rust", "python", "node", "c", "php"];

/// How the driver of a language is started. `drivers`: the folder of the programs; what is compiled lies in `built`.
fn command(language: &str, drivers: &Path, built: &Path) -> Result<Vec<OsString>, Problem> {
    let variable = |name: &str| env::var_os(name).ok_or_else(|| format!("{name} is not set: see the Makefile"));
    let program = |file: &str| drivers.join(file).into_os_string();
    Ok(match language {
        "rust" => vec![env::current_exe()?.into(), "drive".into()],
        "python" => vec![variable("WECHATPAY_PYTHON")?, program("driver.py")],
        "node" => {
            variable("WECHATPAY_INSTALLED")?;
            vec!["node".into(), program("driver.mjs")]
        }
        "c" => vec![built.join("driver").into()],
        "php" => {
            let mut extension = OsString::from("extension=");
            extension.push(variable("WECHATPAY_PHP_EXTENSION")?);
            vec!["php".into(), "-d".into(), extension, program("driver.php")]
        }
        _ => return Err(format!("{language} is no language: there are {}", LANGUAGES.join(", ")).into()),
    })
}

/// Has a language make all calls; gives what it got back, by operation.
pub(crate) async fn drive(
    language: &str,
    drivers: &Path,
    built: &Path,
    [config, calls]: [&Path; 2],
) -> Result<HashMap<String, Answer>, Problem> {
    let answers = built.join(format!("{language}.jsonl"));
    // What an earlier run left must not be taken for an answer.
    fs::write(&answers, "")?;
    let command = command(language, drivers, built)?;
    let [program, arguments @ ..] = command.as_slice() else { return Err("a driver needs a command".into()) };
    let status = Command::new(program).args(arguments).args([config, calls, &answers]).status().await?;
    if !status.success() {
        return Err(format!("its driver ended with {status}").into());
    }
    fs::read_to_string(&answers)?.lines().map(answer).collect()
}

fn answer(line: &str) -> Result<(String, Answer), Problem> {
    let told: Value = serde_json::from_str(line).map_err(|error| format!("a driver said {line:?}: {error}"))?;
    let text = |name: &str| told[name].as_str().map(str::to_owned);
    let id = text("id").ok_or_else(|| format!("a driver said {line:?}"))?;
    let answer = match (text("error"), text("file")) {
        (Some(error), _) => Answer::Error(error),
        (None, Some(hex)) => Answer::File(bytes(&hex)?),
        (None, None) => Answer::Reply(told["reply"].clone()),
    };
    Ok((id, answer))
}

fn bytes(hex: &str) -> Result<Vec<u8>, Problem> {
    let pairs = hex.as_bytes().chunks(2).map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
    pairs.collect()
}

/// The calls as drivers read them: JSON has no tabs and no line ends of its own.
pub(crate) fn calls(requests: &[Request]) -> String {
    let lines = requests.iter().map(|Request { id, params, .. }| format!("{id}\t{}\n", Value::from(params.clone())));
    lines.collect()
}
