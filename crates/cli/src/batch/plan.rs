//! The plan of a batch: read and checked as a whole before anything is sent.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use csv::StringRecord;
use serde::Deserialize;
use serde_json::{Map, Value};
use toml::Spanned;
use wechatpay_sdk::Error;
use wechatpay_sdk::operation::{Method, Operation};

use super::template::{Columns, Compiler, Node};
use crate::values;

/// What is done for each row.
pub(super) struct Plan {
    /// Where the column stands that names a row.
    pub(super) key: Option<usize>,
    pub(super) steps: Vec<Step>,
}

/// One operation of a plan.
pub(super) struct Step {
    pub(super) name: String,
    pub(super) operation: &'static Operation,
    params: Vec<(String, Node)>,
    pub(super) on_error: OnError,
}

/// What a step's failure means for the later steps of its row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnError {
    /// They are skipped.
    #[default]
    Stop,
    /// They run.
    Continue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanText {
    key: Option<Spanned<String>>,
    #[serde(default)]
    step: Vec<Spanned<StepText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepText {
    name: Option<Spanned<String>>,
    operation: Spanned<String>,
    params: Option<Spanned<toml::Table>>,
    #[serde(default)]
    on_error: OnError,
}

impl Step {
    /// The parameters for a row.
    pub(super) fn bind(&self, row: &StringRecord) -> Result<Map<String, Value>, Error> {
        let mut params = Map::new();
        for (name, node) in &self.params {
            if let Some(value) = node.render(row, name)? {
                params.insert(name.clone(), value);
            }
        }
        Ok(params)
    }

    /// Whether sending it again does no harm when nobody knows what became of it.
    pub(super) fn repeatable(&self) -> bool {
        self.operation.idempotent || self.operation.method == Method::Get
    }
}

impl Plan {
    /// Reads a plan for an input with these columns. Gives its bytes too, for the fingerprint.
    pub(super) fn read(path: &Path, columns: &[String]) -> Result<(Self, Vec<u8>), Error> {
        let shown = path.display();
        let text = fs::read_to_string(path)
            .map_err(|error| Error::bad_argument("PLAN", format!("{shown} cannot be read: {error}")))?;
        let plan = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_of(&text, span.start));
            Error::bad_argument(&format!("{shown}:{line}:"), error.message())
        })?;
        let plan = Reader { shown: shown.to_string(), text: &text, columns }.plan(plan)?;
        Ok((plan, text.into_bytes()))
    }
}

/// Checks a parsed plan, with the lines of its text at hand.
struct Reader<'a> {
    shown: String,
    text: &'a str,
    columns: &'a [String],
}

impl Reader<'_> {
    fn plan(&self, plan: PlanText) -> Result<Plan, Error> {
        let columns = Columns(self.columns);
        let key = match plan.key {
            None => None,
            Some(key) => Some(columns.find(key.get_ref()).map_err(|problem| {
                Error::bad_argument(&format!("{}:{}: key", self.shown, self.line(&key)), problem)
            })?),
        };
        if plan.step.is_empty() {
            return Err(Error::bad_argument(&self.shown, "has no [[step]]"));
        }
        let mut names = HashSet::new();
        let mut steps = Vec::new();
        for (at, step) in plan.step.into_iter().enumerate() {
            let line = self.line(&step);
            let step = self.step(at, step)?;
            if !names.insert(step.name.clone()) {
                let problem = "has the name of an earlier step; give each a name of its own";
                return Err(Error::bad_argument(&format!("{}:{line}: step {}", self.shown, step.name), problem));
            }
            steps.push(step);
        }
        Ok(Plan { key, steps })
    }

    fn step(&self, at: usize, step: Spanned<StepText>) -> Result<Step, Error> {
        let step_line = self.line(&step);
        let StepText { name, operation, params, on_error } = step.into_inner();
        let label = match &name {
            Some(name) => name.get_ref().clone(),
            None => (at + 1).to_string(),
        };
        let place = |line: usize, field: &str| format!("{}:{line}: step {label}: {field}", self.shown);

        let found = values::operation(operation.get_ref());
        let found = found.map_err(|error| {
            let problem = error.detail().and_then(|detail| detail.issue.clone()).unwrap_or_default();
            let field = place(self.line(&operation), "operation");
            Error::bad_argument(&field, format!("{} {problem}", operation.get_ref()))
        })?;
        if let Some(name) = &name
            && (name.get_ref().is_empty() || !name.get_ref().bytes().all(is_name_byte))
        {
            let problem = "must be made of letters, digits, _, - and .";
            return Err(Error::bad_argument(&place(self.line(name), "name"), problem));
        }
        let (params_line, table) = match params {
            Some(params) => (self.line(&params), params.into_inner()),
            None => (step_line, toml::Table::new()),
        };
        let known: Vec<_> = found.params.iter().map(|param| (param.name, param.required, param.schema)).collect();
        let compiler = Compiler { columns: Columns(self.columns) };
        let params = compiler
            .members(&table, &known, "params")
            .map_err(|(field, problem)| Error::bad_argument(&place(params_line, &field), problem))?;
        let name = name.map_or_else(|| found.id.to_owned(), Spanned::into_inner);
        Ok(Step { name, operation: found, params, on_error })
    }

    fn line<T>(&self, spanned: &Spanned<T>) -> usize {
        line_of(self.text, spanned.span().start)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
