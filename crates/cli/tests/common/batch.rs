//! A batch and its output.

use std::collections::HashMap;
use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use super::{Sandbox, wechatpay};

pub(crate) const PAGE: &str = "goldplan.merchants.change_custom_page_status";
pub(crate) const CLOSE: &str = "goldplan.merchants.close_advertising_show";

/// Two idempotent steps.
pub(crate) const TWO_STEPS: &str = r#"
key = "sub_mchid"
[[step]]
name = "page"
operation = "goldplan.merchants.change_custom_page_status"
params = { sub_mchid = "{sub_mchid}", operation_type = "OPEN" }
[[step]]
name = "close"
operation = "goldplan.merchants.close_advertising_show"
params = { sub_mchid = "{sub_mchid}" }
"#;

/// A batch whose plan, input and output lie in the sandbox's directory.
pub(crate) struct Batch<'a> {
    pub(crate) sandbox: &'a Sandbox,
    plan: String,
    input: String,
    pub(crate) output: String,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, plan: &str, input: &str) -> Self {
        let plan = sandbox.write("plan.toml", plan);
        let input = sandbox.write("input.csv", input);
        Self { sandbox, plan, input, output: sandbox.text("output.csv") }
    }

    /// An input of this many sub-merchants, all known to the sandbox.
    pub(crate) fn of_rows(sandbox: &'a Sandbox, plan: &str, rows: usize) -> Self {
        let template = serde_json::json!({"default_sub_merchant": {}});
        sandbox.admin("PATCH", "/state", &template);
        let mut input = "sub_mchid\n".to_owned();
        for row in 1..=rows {
            input.push_str(&format!("{}\n", sub_mchid(row)));
        }
        Self::new(sandbox, plan, &input)
    }

    /// The same batch with another output.
    pub(crate) fn with_output(self, name: &str) -> Self {
        Self { output: self.sandbox.text(name), ..self }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command =
            self.sandbox.command(&["batch", &self.plan, "--input", &self.input, "--output", &self.output]);
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// With the credentials of this sandbox, but for these options; null leaves one out.
    pub(crate) fn run_with_config(&self, of: &Sandbox, changes: Value) -> Output {
        let names = "mchid serial_no merchant_private_key_path public_key_id platform_public_key_path base_url";
        let option = |name: &str| {
            let value = changes.get(name).unwrap_or(&of.info[name]).clone();
            (!value.is_null()).then(|| (name.to_owned(), value))
        };
        let options: serde_json::Map<_, _> = names.split(' ').filter_map(option).collect();
        let config = self.sandbox.write("config.json", &Value::Object(options).to_string());
        let files = ["batch", &self.plan, "--input", &self.input, "--output", &self.output, "--config", &config];
        wechatpay(&files).output().unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        lines(&self.output)
    }

    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(format!("{}.journal", self.output)).unwrap_or_default()
    }

    /// How often each `(sub_mchid, operation)` reached the platform.
    pub(crate) fn sent(&self) -> HashMap<(String, String), usize> {
        let mut sent = HashMap::new();
        for entry in self.sandbox.journal() {
            let body = entry["body"].as_str().unwrap_or_default();
            let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
            let from_path = entry["target"].as_str().unwrap().split('/').nth(4).unwrap_or_default();
            let sub_mchid = body["sub_mchid"].as_str().unwrap_or(from_path).to_owned();
            *sent.entry((sub_mchid, entry["operation"].as_str().unwrap().to_owned())).or_default() += 1;
        }
        sent
    }
}

pub(crate) fn sub_mchid(row: usize) -> String {
    (1_900_100_000 + row).to_string()
}

/// A line of the output, by column.
pub(crate) type Line = HashMap<String, String>;

/// All lines of an output, each with the eleven documented columns.
pub(crate) fn lines(output: &str) -> Vec<Line> {
    let mut reader = csv::Reader::from_path(output).unwrap();
    let columns = reader.headers().unwrap().clone();
    let expected = "row key step outcome kind code message status request_id may_have_taken_effect attempted_at";
    assert_eq!(columns.iter().collect::<Vec<_>>(), expected.split(' ').collect::<Vec<_>>());
    let line =
        |record: csv::StringRecord| columns.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| line(record.unwrap())).collect()
}

/// `row step outcome code` of each line, sorted: rows run side by side.
pub(crate) fn short(lines: &[Line]) -> Vec<String> {
    let mut short: Vec<_> = lines
        .iter()
        .map(|line| format!("{} {} {} {}", line["row"], line["step"], line["outcome"], line["code"]).trim().to_owned())
        .collect();
    short.sort_by_key(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap());
    short
}
