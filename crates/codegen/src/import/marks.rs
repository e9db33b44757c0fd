//! What the facts do not say and this project adds: `marks.json`, with the reason of every entry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::facts::Operation;
use crate::{Result, model};

const MARKS: &str = include_str!("../../marks.json");

/// The marks of all products, imported or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Marks {
    /// Changing operations that may be repeated: sent twice, they have the effect of once.
    idempotent: BTreeMap<String, Reason>,
    /// Lists whose `offset` counts pages, from 0, and not items.
    page_numbers: BTreeMap<String, Reason>,
    /// Changing operations, and the query that tells what became of them.
    read_back: BTreeMap<String, ReadBack>,
    /// Texts about a person: place -> field -> reason.
    sensitive: BTreeMap<String, BTreeMap<String, String>>,
}

/// Why an operation may be repeated, and which official document the reason is from.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    because: String,
    document: String,
}

/// The query, with what the request does not hold and the query requires, if there is such a thing: parameter -> why.
#[derive(Deserialize)]
#[serde(untagged)]
enum ReadBack {
    FromRequest(String),
    Besides(Besides),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Besides {
    operation: String,
    besides: BTreeMap<String, String>,
}

impl ReadBack {
    fn operation(&self) -> &str {
        match self {
            Self::FromRequest(operation) | Self::Besides(Besides { operation, .. }) => operation,
        }
    }

    fn explains(&self, param: &str) -> bool {
        match self {
            Self::FromRequest(_) => false,
            Self::Besides(mark) => mark.besides.get(param).is_some_and(|reason| !reason.is_empty()),
        }
    }
}

impl Marks {
    pub(super) fn read() -> Result<Self> {
        serde_json::from_str(MARKS).map_err(|error| format!("marks.json: {error}"))
    }

    /// Why the operation may be repeated, where that needs a reason.
    pub(super) fn idempotent(&self, id: &str) -> Option<&Reason> {
        self.idempotent.get(id)
    }

    /// Whether `offset` is the number of a page.
    pub(super) fn counts_pages(&self, id: &str) -> bool {
        self.page_numbers.contains_key(id)
    }

    /// The query that tells what became of the operation.
    pub(super) fn read_back(&self, id: &str) -> Option<&str> {
        self.read_back.get(id).map(ReadBack::operation)
    }

    /// Refuses marks of this product that its facts do not bear out.
    pub(super) fn check(&self, product: &str, operations: &[Operation]) -> Result<()> {
        let Some(first) = operations.first() else { return Ok(()) };
        let length = model::namespace_length(product, &first.id)?;
        let namespace: String = first.id.split('.').take(length).flat_map(|segment| [segment, "."]).collect();
        let find = |id: &str| operations.iter().find(|operation| operation.id == id);
        for (id, reason) in self.idempotent.iter().filter(|(id, _)| id.starts_with(&namespace)) {
            repeatable(find(id), reason).map_err(|error| format!("marks.json: idempotent: {id} {error}"))?;
        }
        for (id, mark) in self.read_back.iter().filter(|(id, _)| id.starts_with(&namespace)) {
            read_back(find(id), find(mark.operation()), mark)
                .map_err(|error| format!("marks.json: read_back: {id} {error}"))?;
        }
        Ok(())
    }

    /// Leaves out the sensitive components of this owner that its facts do not hold: a table may be smaller than the marks.
    pub(super) fn only_components(&mut self, owner: &str, there: impl Fn(&str) -> bool) {
        self.sensitive.retain(|place, _| match place.split_once('/') {
            Some((of, component)) if of == owner => there(component),
            _ => true,
        });
    }

    /// Marks what is about a person. Places are `PRODUCT/COMPONENT`, `OPERATION/request` and `OPERATION/reply`; those of
    /// other products are left.
    pub(super) fn mark_sensitive(&self, product: &str, document: &mut Value) -> Result<()> {
        for (place, fields) in &self.sensitive {
            let schema = match place.split_once('/') {
                Some((owner, component)) if owner == product => Some(&mut document["components"]["schemas"][component]),
                Some((id, "request")) => schema_of(document, id, "/requestBody"),
                Some((id, "reply")) => schema_of(document, id, "/responses/200"),
                _ => None,
            };
            let Some(schema) = schema else { continue };
            for name in fields.keys() {
                match schema.pointer_mut(&format!("/properties/{name}")) {
                    Some(field) if field["type"] == "string" => field["x-wechatpay-sensitive"] = json!(true),
                    _ => return Err(format!("marks.json: {place} has no text {name}")),
                }
            }
        }
        Ok(())
    }
}

fn repeatable(operation: Option<&Operation>, reason: &Reason) -> Result<()> {
    let operation = changing(operation)?;
    if reason.because.is_empty() {
        return Err("has no reason".to_owned());
    }
    if operation.doc_url.iter().chain(&operation.doc_urls).any(|url| *url == reason.document) {
        return Ok(());
    }
    Err(format!("is not what {} documents", reason.document))
}

/// A query must change nothing, and be callable with what the request holds.
fn read_back(operation: Option<&Operation>, query: Option<&Operation>, mark: &ReadBack) -> Result<()> {
    let operation = changing(operation)?;
    let query = query.ok_or_else(|| format!("names {}, which is not there", mark.operation()))?;
    if query.method != "GET" {
        return Err(format!("names {}, which is no GET", query.id));
    }
    let held = names(operation);
    let mut required = query.path_params.iter().chain(&query.query_params).filter(|param| param.required);
    match required.find(|param| !held.contains(&param.name.as_str()) && !mark.explains(&param.name)) {
        Some(param) => Err(format!("does not hold {}, which {} requires", param.name, query.id)),
        None => Ok(()),
    }
}

fn changing(operation: Option<&Operation>) -> Result<&Operation> {
    match operation {
        Some(operation) if operation.method == "GET" => Err("is a GET".to_owned()),
        Some(operation) => Ok(operation),
        None => Err("is not there".to_owned()),
    }
}

/// The parameters of the caller's flat record.
fn names(operation: &Operation) -> Vec<&str> {
    let params = operation.path_params.iter().chain(&operation.query_params).map(|param| param.name.as_str());
    let body = operation.body.as_ref().and_then(|body| body.schema["properties"].as_object());
    params.chain(body.into_iter().flat_map(Map::keys).map(String::as_str)).collect()
}

fn schema_of<'a>(document: &'a mut Value, id: &str, body: &str) -> Option<&'a mut Value> {
    let items = document["paths"].as_object_mut()?.values_mut().filter_map(Value::as_object_mut);
    let operation = items.flat_map(|item| item.values_mut()).find(|operation| operation["operationId"] == id)?;
    operation.pointer_mut(&format!("{body}/content/application~1json/schema"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Marks;
    use crate::facts::Operation;

    fn marks(kind: &str, entries: &Value) -> Marks {
        let mut all = json!({"idempotent": {}, "read_back": {}, "sensitive": {}});
        all[kind] = entries.clone();
        serde_json::from_value(all).unwrap()
    }

    fn tea() -> Vec<Operation> {
        let facts = include_str!("../../tests/facts/operations/tea.json");
        serde_json::from_str(facts).unwrap()
    }

    #[track_caller]
    fn refused(kind: &str, entries: &Value, why: &str) {
        assert_eq!(marks(kind, entries).check("tea", &tea()), Err(format!("marks.json: {kind}: {why}")));
    }

    #[test]
    fn what_may_be_repeated_has_a_reason_and_a_document_of_its_own() {
        let because = |because: &str, document: &str| json!({"because": because, "document": document});
        let good = because("why", "https://example.com/partner");
        let marked = marks("idempotent", &json!({"tea.orders.create": good, "teapot.gone": good, "coffee.gone": good}));
        assert_eq!(marked.check("tea", &tea()), Ok(()));
        assert_eq!(serde_json::to_value(marked.idempotent("tea.orders.create")).unwrap(), good);
        assert!(marked.idempotent("tea.orders.update").is_none());

        refused("idempotent", &json!({"tea.orders.gone": good}), "tea.orders.gone is not there");
        refused("idempotent", &json!({"tea.menu.list": good}), "tea.menu.list is a GET");
        let unfounded = because("", "https://example.com/partner");
        refused("idempotent", &json!({"tea.orders.create": unfounded}), "tea.orders.create has no reason");
        let elsewhere = because("why", "https://example.com/tea.menu.list");
        let why = "tea.orders.create is not what https://example.com/tea.menu.list documents";
        refused("idempotent", &json!({"tea.orders.create": elsewhere}), why);
    }

    #[test]
    fn a_query_reads_back_with_what_the_request_holds() {
        let query = "tea.orders.get_by_out_trade_no";
        let explained = json!({"operation": query, "besides": {"mchid": "the client's own"}});
        let marked = marks(
            "read_back",
            &json!({"tea.orders.create": explained, "tea.orders.update": "tea.menu.list", "x.y": "z"}),
        );
        assert_eq!(marked.check("tea", &tea()), Ok(()));
        assert_eq!(marked.read_back("tea.orders.create"), Some(query));
        assert_eq!(marked.read_back("tea.orders.update"), Some("tea.menu.list"));
        assert_eq!(marked.read_back("tea.photos.upload"), None);

        let why = format!("tea.orders.create does not hold mchid, which {query} requires");
        refused("read_back", &json!({"tea.orders.create": query}), &why);
        let unexplained = json!({"operation": query, "besides": {"mchid": ""}});
        refused("read_back", &json!({"tea.orders.create": unexplained}), &why);
        let why = format!("tea.photos.upload does not hold out_trade_no, which {query} requires");
        refused("read_back", &json!({"tea.photos.upload": explained}), &why);
        refused("read_back", &json!({"tea.orders.gone": query}), "tea.orders.gone is not there");
        refused("read_back", &json!({"tea.menu.list": query}), "tea.menu.list is a GET");
        let why = "tea.orders.create names tea.gone, which is not there";
        refused("read_back", &json!({"tea.orders.create": "tea.gone"}), why);
        let why = "tea.orders.create names tea.orders.update, which is no GET";
        refused("read_back", &json!({"tea.orders.create": "tea.orders.update"}), why);
    }

    #[test]
    fn marks_reach_their_fields_and_a_misspelt_one_is_an_error() {
        let schema = json!({"properties": {"name": {"type": "string"}, "age": {"type": "integer"}}});
        let reply = json!({"200": {"content": {"application/json": {"schema": schema}}}});
        let document = json!({
            "paths": {"/v3/tea": {"get": {"operationId": "tea.list", "requestBody": reply["200"], "responses": reply}}},
            "components": {"schemas": {"Drinker": schema}},
        });
        let mark = |places: Value| {
            let mut marked = document.clone();
            marks("sensitive", &places).mark_sensitive("tea", &mut marked).map(|()| marked)
        };
        let marked = mark(json!({"tea/Drinker": {"name": "why"}})).unwrap();
        assert_eq!(marked["components"]["schemas"]["Drinker"]["properties"]["name"]["x-wechatpay-sensitive"], true);
        assert_eq!(marked["paths"], document["paths"]);
        let marked = mark(json!({"tea.list/reply": {"name": "why"}})).unwrap();
        assert_eq!(marked.to_string().matches("sensitive").count(), 1);
        assert_eq!(marked["components"], document["components"]);
        let operation = |document: &Value, part: &str| document["paths"]["/v3/tea"]["get"][part].clone();
        assert_eq!(operation(&marked, "requestBody"), operation(&document, "requestBody"));
        let marked = mark(json!({"tea.list/request": {"name": "why"}})).unwrap();
        assert_eq!(marked.to_string().matches("sensitive").count(), 1);
        assert_eq!(operation(&marked, "responses"), operation(&document, "responses"));
        assert_eq!(
            mark(json!({"coffee/Drinker": {"name": "why"}, "coffee.list/reply": {"x": "why"}})),
            Ok(document.clone())
        );
        for wrong in [
            json!({"tea/Drinker": {"nmae": "why"}}),
            json!({"tea/Drinker": {"age": "why"}}),
            json!({"tea/Driver": {"name": "why"}}),
        ] {
            assert!(mark(wrong.clone()).unwrap_err().starts_with("marks.json: tea/Dri"), "{wrong}");
        }
    }
}
