//! From text to the JSON value that an operation's schema asks for.

use std::fs;
use std::path::Path;

use serde_json::{Map, Number, Value, json};
use wechatpay_sdk::Error;
use wechatpay_sdk::operation::{Operation, Schema, find_operation, operations};
use wechatpay_sdk::suggest::closest;

/// What was written after `=` or `:=`.
enum Given<'a> {
    Text(&'a str),
    Json(Value),
}

/// The operation with this id, or an error with the nearest id.
pub(crate) fn operation(id: &str) -> Result<&'static Operation, Error> {
    find_operation(id).ok_or_else(|| {
        let hint = match closest(id, operations().iter().map(|operation| operation.id)) {
            Some(near) => format!("did you mean {near}?"),
            None => "`wechatpay operations` lists them, `wechatpay request` reaches any path".to_owned(),
        };
        Error::bad_argument(id, format!("is not an operation of this command; {hint}"))
    })
}

/// Reads `key=value` arguments into a flat record.
pub(crate) fn record(operation: &'static Operation, arguments: &[String]) -> Result<Map<String, Value>, Error> {
    let mut record = Map::new();
    for argument in arguments {
        let (path, given) = split(argument)?;
        let names: Vec<&str> = path.split('.').collect();
        let schema_of = |name: &str| operation.params.iter().find(|param| param.name == name).map(|param| param.schema);
        set(&mut record, &schema_of, &names, path, given)?;
    }
    Ok(record)
}

fn split(argument: &str) -> Result<(&str, Given<'_>), Error> {
    let Some((path, text)) = argument.split_once('=') else {
        // The argument itself is not repeated: it may be a value that lost its key.
        return Err(Error::bad_argument("a parameter", "must be written key=value or key:=JSON"));
    };
    match path.strip_suffix(':') {
        Some(path) => {
            let value = serde_json::from_str(text)
                .map_err(|error| Error::bad_argument(path, format!("must be JSON after :=, but it is not: {error}")))?;
            Ok((path, Given::Json(value)))
        }
        None => Ok((path, Given::Text(text))),
    }
}

fn set(
    members: &mut Map<String, Value>,
    schema_of: &dyn Fn(&str) -> Option<&'static Schema>,
    names: &[&str],
    path: &str,
    given: Given<'_>,
) -> Result<(), Error> {
    let [name, rest @ ..] = names else { return Ok(()) };
    // A name that is not in the operation goes through: the SDK refuses it and names the nearest one.
    let schema = schema_of(name).unwrap_or(&Schema::Any);
    if !rest.is_empty() {
        let fields = match schema {
            Schema::Object(fields) | Schema::JsonText(Schema::Object(fields)) => *fields,
            Schema::Any | Schema::JsonText(_) => &[],
            _ => return Err(Error::bad_argument(path, format!("cannot be set: {name} is not an object"))),
        };
        let inner = members.entry(*name).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(inner) = inner else { return Err(twice(name)) };
        let schema_of = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.schema);
        return set(inner, &schema_of, rest, path, given);
    }
    let value = match (given, schema) {
        (Given::Json(value), _) => value,
        (Given::Text(text), Schema::Array(items)) if !text.trim_start().starts_with('[') => {
            let list = members.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(list) = list else { return Err(twice(path)) };
            list.push(typed(items, text, path)?);
            return Ok(());
        }
        (Given::Text(text), schema) => typed(schema, text, path)?,
    };
    match members.insert((*name).to_owned(), value) {
        None => Ok(()),
        Some(_) => Err(twice(path)),
    }
}

fn twice(path: &str) -> Error {
    Error::bad_argument(path, "is given twice")
}

/// Reads one value. Never repeats it in an error: it may be a name or an openid.
pub(crate) fn typed(schema: &Schema, text: &str, field: &str) -> Result<Value, Error> {
    let wrong = |wanted: &str| Error::bad_argument(field, format!("must be {wanted}"));
    match schema {
        Schema::String { .. } | Schema::Computed(_) => Ok(text.into()),
        Schema::Integer => match text.trim().parse::<Number>() {
            Ok(number) if !number.as_str().contains(['.', 'e', 'E']) => Ok(Value::Number(number)),
            _ => Err(wrong("an integer")),
        },
        Schema::Number => text.trim().parse().map(Value::Number).map_err(|_| wrong("a number")),
        Schema::Boolean => text.trim().parse().map(Value::Bool).map_err(|_| wrong("true or false")),
        Schema::Array(_) => serde_json::from_str(text).ok().filter(Value::is_array).ok_or_else(|| wrong("a JSON list")),
        Schema::Object(_) | Schema::JsonText(_) => {
            serde_json::from_str(text).ok().filter(Value::is_object).ok_or_else(|| wrong("a JSON object"))
        }
        Schema::Any => Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
        Schema::Binary => {
            let path = Path::new(text.strip_prefix('@').ok_or_else(|| wrong("a file, written @FILE"))?);
            fs::metadata(path)
                .map_err(|error| wrong(&format!("a file, but {} cannot be read: {error}", path.display())))?;
            Ok(json!({"path": path}))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(id: &str, arguments: &[&str]) -> Result<Value, String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        record(operation(id).unwrap(), &arguments).map(Value::Object).map_err(|error| error.message().to_owned())
    }

    const FILTERS: &str = "goldplan.merchants.set_advertising_industry_filter";
    const FAPIAO: &str = "new_tax_control_fapiao.fapiao_applications.create";

    #[test]
    fn values_take_the_type_of_the_schema() {
        let expected = json!({"sub_mchid": "0190", "advertising_industry_filters": ["FOOD", "TOURISM"]});
        for filters in [
            &["advertising_industry_filters=FOOD", "advertising_industry_filters=TOURISM"][..],
            &["advertising_industry_filters=[\"FOOD\",\"TOURISM\"]"],
            &["advertising_industry_filters:=[\"FOOD\",\"TOURISM\"]"],
        ] {
            assert_eq!(read(FILTERS, &[&["sub_mchid=0190"], filters].concat()).unwrap(), expected);
        }
        let nested = read(FAPIAO, &["buyer_information.name=42", "buyer_information.type=INDIVIDUAL"]).unwrap();
        assert_eq!(nested, json!({"buyer_information": {"name": "42", "type": "INDIVIDUAL"}}));
        assert_eq!(read(FILTERS, &["sub_mchid=a=b"]).unwrap(), json!({"sub_mchid": "a=b"}));
        let big = typed(&Schema::Integer, "123456789012345678901234567890", "amount").unwrap();
        assert_eq!(big.to_string(), "123456789012345678901234567890");
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_value() {
        for (arguments, problem) in [
            (&["secret"][..], "a parameter must be written key=value"),
            (&["sub_mchid:=secret"], "sub_mchid must be JSON after :="),
            (&["sub_mchid=secret", "sub_mchid=secret"], "sub_mchid is given twice"),
            (&["sub_mchid.x=secret"], "sub_mchid.x cannot be set"),
            (&["advertising_industry_filters=[secret"], "advertising_industry_filters must be a JSON list"),
        ] {
            let message = read(FILTERS, arguments).unwrap_err();
            assert!(message.starts_with(problem), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
        assert!(typed(&Schema::Integer, "1.5", "amount").is_err());
        assert!(typed(&Schema::Boolean, "yes", "flag").is_err());
        assert!(typed(&Schema::Binary, "no-at", "file").is_err());
        assert!(operation("goldplan.merchants.close_advertising_sho").unwrap_err().message().contains("did you mean"));
    }
}
