//! Parameters of a step: constants, and texts with `{column}` that each row fills.

use csv::StringRecord;
use serde_json::{Map, Number, Value};
use wechatpay_sdk::Error;
use wechatpay_sdk::operation::Schema;
use wechatpay_sdk::suggest::closest;

use crate::values::typed;

/// What separates the items of a list in a cell.
const SEPARATOR: char = '|';

/// The names of an input's columns.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a>(pub(super) &'a [String]);

impl Columns<'_> {
    pub(super) fn find(self, name: &str) -> Result<usize, String> {
        self.0
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| format!("names the column {name}, which the input has not; it has {}", self.0.join(", ")))
    }
}

/// A parameter or a part of one.
pub(super) enum Node {
    Constant(Value),
    Text { parts: Vec<Part>, schema: &'static Schema },
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// A stretch of a text.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Column(usize),
}

/// Name, whether it is required, shape.
type Member = (&'static str, bool, &'static Schema);

/// A field and what is wrong with it.
type Problem = (String, String);

/// Turns a plan's values into nodes.
pub(super) struct Compiler<'a> {
    pub(super) columns: Columns<'a>,
}

impl Compiler<'_> {
    /// The members of a table, each known and none missing.
    pub(super) fn members(
        &self,
        table: &toml::Table,
        known: &[Member],
        path: &str,
    ) -> Result<Vec<(String, Node)>, Problem> {
        let names = || known.iter().map(|(name, ..)| *name);
        let mut nodes = Vec::new();
        for (name, value) in table {
            let field = format!("{path}.{name}");
            let Some((_, _, schema)) = known.iter().find(|(known, ..)| known == name) else {
                let hint = match closest(name, names()) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("known here: {}", names().collect::<Vec<_>>().join(", ")),
                };
                return Err((field, format!("is not a parameter of this operation; {hint}")));
            };
            nodes.push((name.clone(), self.node(value, schema, &field)?));
        }
        match known.iter().find(|(name, required, _)| *required && !table.contains_key(*name)) {
            Some((name, ..)) => Err((format!("{path}.{name}"), "is required, but missing".to_owned())),
            None => Ok(nodes),
        }
    }

    fn node(&self, value: &toml::Value, schema: &'static Schema, field: &str) -> Result<Node, Problem> {
        let wrong = |given: &str| (field.to_owned(), format!("must be {}, but is {given}", wanted(schema)));
        match (value, schema) {
            (toml::Value::String(text), _) => self.text(text, schema, field),
            (toml::Value::Integer(number), Schema::Integer | Schema::Number | Schema::Any) => {
                Ok(Node::Constant((*number).into()))
            }
            (toml::Value::Float(number), Schema::Number | Schema::Any) => match Number::from_f64(*number) {
                Some(number) => Ok(Node::Constant(Value::Number(number))),
                None => Err(wrong("not a number of JSON")),
            },
            (toml::Value::Boolean(value), Schema::Boolean | Schema::Any) => Ok(Node::Constant((*value).into())),
            (toml::Value::Array(items), Schema::Array(_) | Schema::Any) => {
                let inner = if let Schema::Array(inner) = schema { *inner } else { schema };
                let node = |(at, item)| self.node(item, inner, &format!("{field}[{at}]"));
                items.iter().enumerate().map(node).collect::<Result<_, _>>().map(Node::List)
            }
            (toml::Value::Table(table), Schema::Object(fields) | Schema::JsonText(Schema::Object(fields))) => {
                let known: Vec<_> = fields.iter().map(|field| (field.name, field.required, field.schema)).collect();
                self.members(table, &known, field).map(Node::Object)
            }
            (toml::Value::Table(table), Schema::Any | Schema::JsonText(_)) => {
                let node = |(name, value): (&String, _)| {
                    Ok((name.clone(), self.node(value, &Schema::Any, &format!("{field}.{name}"))?))
                };
                table.iter().map(node).collect::<Result<_, _>>().map(Node::Object)
            }
            (toml::Value::Integer(_), Schema::String { .. }) => Err(wrong("a number: write it in quotes")),
            (other, _) => Err(wrong(&format!("a TOML {}", other.type_str()))),
        }
    }

    fn text(&self, text: &str, schema: &'static Schema, field: &str) -> Result<Node, Problem> {
        let parts = parse(text, self.columns).map_err(|problem| (field.to_owned(), problem))?;
        if parts.iter().any(|part| matches!(part, Part::Column(_))) {
            return Ok(Node::Text { parts, schema });
        }
        let text = fill(&parts, &StringRecord::new());
        read(schema, &text, field).map(Node::Constant).map_err(|error| {
            let issue = error.detail().and_then(|detail| detail.issue.clone());
            (field.to_owned(), issue.unwrap_or_default())
        })
    }
}

impl Node {
    /// The value for a row; none where an empty cell leaves it out.
    pub(super) fn render(&self, row: &StringRecord, field: &str) -> Result<Option<Value>, Error> {
        match self {
            Self::Constant(value) => Ok(Some(value.clone())),
            Self::Text { parts, schema } => match fill(parts, row) {
                text if text.is_empty() => Ok(None),
                text => read(schema, &text, field).map(Some),
            },
            Self::List(nodes) => {
                let items = nodes.iter().enumerate();
                let items = items.filter_map(|(at, node)| node.render(row, &format!("{field}[{at}]")).transpose());
                let items: Vec<Value> = items.collect::<Result<_, _>>()?;
                Ok(Some(items).filter(|items| nodes.is_empty() || !items.is_empty()).map(Value::Array))
            }
            Self::Object(nodes) => {
                let mut members = Map::new();
                for (name, node) in nodes {
                    if let Some(value) = node.render(row, &format!("{field}.{name}"))? {
                        members.insert(name.clone(), value);
                    }
                }
                Ok(Some(members).filter(|members| nodes.is_empty() || !members.is_empty()).map(Value::Object))
            }
        }
    }
}

/// Reads a text as what the schema asks for.
fn read(schema: &Schema, text: &str, field: &str) -> Result<Value, Error> {
    match schema {
        Schema::Array(items) => text.split(SEPARATOR).map(|item| typed(items, item.trim(), field)).collect(),
        other => typed(other, text, field),
    }
}

fn fill(parts: &[Part], row: &StringRecord) -> String {
    let text = |part| match part {
        &Part::Column(at) => row.get(at).unwrap_or_default(),
        Part::Literal(text) => text,
    };
    parts.iter().map(text).collect()
}

fn parse(text: &str, columns: Columns<'_>) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            '{' | '}' if rest.as_str().starts_with(character) => {
                rest.next();
                literal.push(character);
            }
            '{' => {
                let (name, after) =
                    rest.as_str().split_once('}').ok_or("has a { without its }; write {{ for a brace")?;
                rest = after.chars();
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Column(columns.find(name)?));
            }
            '}' => return Err("has a } without its {; write }} for a brace".to_owned()),
            other => literal.push(other),
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

fn wanted(schema: &Schema) -> &'static str {
    match schema {
        Schema::Any => "a value",
        Schema::String { .. } | Schema::Computed(_) => "a string",
        Schema::Integer => "an integer",
        Schema::Number => "a number",
        Schema::Boolean => "true or false",
        Schema::Array(_) => "a list, or a text with its items separated by |",
        Schema::Object(_) | Schema::JsonText(_) => "a table",
        Schema::Binary => "a file, written @FILE",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    static LIST: Schema = Schema::Array(&Schema::Integer);

    fn render(toml: &str, schema: &'static Schema, cells: &[&str]) -> Result<Option<Value>, String> {
        let columns = ["a".to_owned(), "b".to_owned()];
        let table: toml::Table = toml.parse().unwrap();
        let compiler = Compiler { columns: Columns(&columns) };
        let node = compiler.node(&table["v"], schema, "v").map_err(|(field, problem)| format!("{field} {problem}"))?;
        node.render(&StringRecord::from(cells.to_vec()), "v").map_err(|error| error.message().to_owned())
    }

    #[test]
    fn cells_take_the_type_of_the_schema() {
        static TEXT: Schema = Schema::String { values: &[], encrypted: false };
        for (toml, schema, cells, expected) in [
            ("v = '{a}'", &TEXT, ["007", ""], Some(json!("007"))),
            ("v = 'x{a}-{b}{{}}'", &TEXT, ["1", "2"], Some(json!("x1-2{}"))),
            ("v = '{a}'", &TEXT, ["", ""], None),
            ("v = '{a}'", &Schema::Integer, ["42", ""], Some(json!(42))),
            ("v = '{a}'", &Schema::Boolean, ["true", ""], Some(json!(true))),
            ("v = '{a}'", &LIST, ["1| 2|3", ""], Some(json!([1, 2, 3]))),
            ("v = ['{a}', '{b}', 9]", &LIST, ["1", ""], Some(json!([1, 9]))),
            ("v = '{a}'", &LIST, ["", ""], None),
            ("v = ['{a}']", &LIST, ["", ""], None),
            ("v = { x = '{a}', y = '{b}' }", &Schema::Any, ["", "z"], Some(json!({"y": "z"}))),
            ("v = { x = '{a}' }", &Schema::Any, ["", ""], None),
        ] {
            assert_eq!(render(toml, schema, &cells).unwrap(), expected, "{toml}");
        }
    }

    #[test]
    fn problems_name_the_field() {
        static TEXT: Schema = Schema::String { values: &[], encrypted: false };
        for (toml, schema, problem) in [
            ("v = 7", &TEXT, "v must be a string, but is a number: write it in quotes"),
            ("v = '{c}'", &TEXT, "v names the column c, which the input has not; it has a, b"),
            ("v = '{a'", &TEXT, "v has a { without its }"),
            ("v = 'a}'", &TEXT, "v has a } without its {"),
            ("v = ['x']", &LIST, "v[0] must be an integer"),
            ("v = '{a}'", &Schema::Integer, "v must be an integer"),
        ] {
            let message = render(toml, schema, &["x", ""]).unwrap_err();
            assert!(message.starts_with(problem), "{message}");
        }
    }
}
