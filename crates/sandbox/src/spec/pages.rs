//! Lists in pages: the documented parameters of a list move a window over a collection of fixed length.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::check::Problem;
use super::{Document, Endpoint};

/// Elements of each collection: more than two usual pages, and the last one is not full.
const TOTAL: usize = 23;
/// Elements of a page, where the request does not say.
const PAGE: usize = 10;
/// The names of a page's size, and of where it begins.
const SIZES: [&str; 3] = ["limit", "count", "page_size"];
const PLACES: [&str; 3] = ["offset", "page_index", "page_token"];

/// Which part of the collection a request asks for.
struct Page {
    size: usize,
    start: usize,
}

impl Page {
    /// `by_page`: the offset is the number of a page, from 0.
    fn of(query: &Value, size: &str, place: &str, by_page: bool) -> Result<Self, Problem> {
        let number = |name: &str, usual: usize, least: usize| {
            let Some(value) = query.get(name) else { return Ok(usual) };
            let number =
                value.as_u64().and_then(|number| usize::try_from(number).ok()).filter(|number| *number >= least);
            let issue =
                || Problem::new(format!("/query/{name}"), Some(value.clone()), format!("must be at least {least}"));
            number.ok_or_else(issue)
        };
        let size = number(size, PAGE, 1)?;
        let start = match place {
            // Documented: the first page is 1.
            "page_index" => (number(place, 1, 1)? - 1).saturating_mul(size),
            "page_token" => position(query.get(place))?,
            _ if by_page => number(place, 0, 0)?.saturating_mul(size),
            _ => number(place, 0, 0)?,
        };
        Ok(Self { size, start })
    }

    fn end(&self) -> usize {
        self.start.saturating_add(self.size).min(TOTAL)
    }
}

/// A token is opaque to who gets it; here it holds where the page begins.
fn token(start: usize) -> String {
    STANDARD.encode(start.to_string())
}

fn position(token: Option<&Value>) -> Result<usize, Problem> {
    let Some(text) = token.and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Ok(0) };
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let position = bytes.and_then(|text| text.parse().ok()).filter(|start| *start <= TOTAL);
    position.ok_or_else(|| Problem::new("/query/page_token", token.cloned(), "is not a token of this list"))
}

impl Endpoint<'_> {
    /// Turns the example of a list into the page that the request asks for. What is no list in pages stays as it is.
    pub(super) fn turn_page(&self, schema: &Value, reply: &mut Value, query: &Value) -> Result<(), Problem> {
        let takes = |name: &&str| self.parameters().any(|(place, other, ..)| place == "query" && other == *name);
        let reads = self.operation.pointer.ends_with("/get");
        let (size, place) = (SIZES.into_iter().find(takes), PLACES.into_iter().find(takes));
        let (true, Some(size), Some(place), Some(list)) = (reads, size, place, only_list(reply)) else { return Ok(()) };
        let page = Page::of(query, size, place, self.description()["x-wechatpay-paging"]["by"] == "page")?;
        let items = &property(self.document, schema, &list)["items"];
        let example = reply[&list][0].clone();
        let elements = (page.start..page.end()).map(|at| {
            let mut element = example.clone();
            number(self.document, items, &mut element, at + 1);
            element
        });
        let elements: Vec<Value> = elements.collect();
        let told = [
            ("total_count", json!(TOTAL)),
            ("total_num", json!(TOTAL)),
            ("current_total_num", json!(elements.len())),
            ("count", json!(elements.len())),
            ("offset", query.get("offset").cloned().unwrap_or_else(|| json!(page.start))),
            ("limit", json!(page.size)),
            ("page_size", json!(page.size)),
            ("page_index", json!(page.start / page.size + 1)),
            ("next_page_token", json!(if page.end() < TOTAL { token(page.end()) } else { String::new() })),
        ];
        for (name, value) in told {
            if let Some(member) = reply.get_mut(name) {
                *member = value;
            }
        }
        reply[&list] = elements.into();
        Ok(())
    }
}

/// The name of a reply's only array.
fn only_list(reply: &Value) -> Option<String> {
    let mut lists = reply.as_object()?.iter().filter(|(_, member)| member.is_array());
    let (name, _) = lists.next()?;
    lists.next().is_none().then(|| name.clone())
}

/// The schema of a member, in whichever part of a combination it stands.
fn property<'a>(document: &'a Document, schema: &'a Value, name: &str) -> &'a Value {
    let schema = document.resolve(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let inherited = parts.map(|part| property(document, part, name)).find(|found| !found.is_null());
    document.resolve(inherited.unwrap_or(&schema["properties"][name]))
}

/// Puts a number into the first field that may hold any text, of those that identify first; whether there was one.
fn number(document: &Document, schema: &Value, value: &mut Value, n: usize) -> bool {
    let schema = document.resolve(schema);
    let free = schema["enum"].is_null() && schema["const"].is_null() && schema["format"].is_null();
    match value {
        Value::String(text) if free => {
            let longest = schema["maxLength"].as_u64().and_then(|longest| usize::try_from(longest).ok());
            let digits = format!("{n:02}");
            let kept = longest.unwrap_or(usize::MAX).saturating_sub(digits.len());
            *text = text.chars().take(kept).chain(digits.chars()).collect();
            true
        }
        Value::Number(_) if free => {
            *value = json!(n);
            true
        }
        Value::Array(items) => items.first_mut().is_some_and(|item| number(document, &schema["items"], item, n)),
        Value::Object(members) => {
            let identifies = |name: &str| ["id", "no", "code"].iter().any(|end| name.ends_with(end));
            let mut names: Vec<String> = members.keys().cloned().collect();
            names.sort_by_key(|name| (!(identifies(name) && members[name].is_string()), !members[name].is_string()));
            names.iter().any(|name| number(document, property(document, schema, name), &mut members[name.as_str()], n))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use hyper::Method;

    use super::super::{Catalog, Content, Route};
    use super::*;

    /// The list that the operation with this path answers.
    fn list(path: &str, query: Value) -> Result<Value, Problem> {
        let Route::Operation(endpoint) = Catalog::embedded().unwrap().route(&Method::GET, path) else {
            panic!("{path}")
        };
        let example = endpoint.example(&json!({"query": query}), |text| Ok::<_, Problem>(text.to_owned()))?;
        let Content::Json(reply) = example.content else { panic!("{path}") };
        Ok(reply)
    }

    #[test]
    fn every_list_has_its_elements_each_once() {
        let mut lists = 0;
        for document in Catalog::embedded().unwrap().documents.values() {
            for (path, item) in document.value["paths"].as_object().into_iter().flatten() {
                let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
                let names: Vec<_> = parameters.filter_map(|parameter| parameter["name"].as_str()).collect();
                let (size, place) =
                    (SIZES.iter().find(|name| names.contains(name)), PLACES.iter().find(|name| names.contains(name)));
                let (Some(size), Some(place)) = (size, place) else { continue };
                let (mut seen, mut next, mut pages) =
                    (BTreeSet::new(), json!(if *place == "page_index" { 1 } else { 0 }), 0);
                if *place == "page_token" {
                    next = json!("");
                }
                loop {
                    let reply = list(&path.replace(['{', '}'], ""), json!({*size: 10, *place: next})).unwrap();
                    let elements = reply[only_list(&reply).unwrap()].as_array().unwrap().clone();
                    seen.extend(elements.iter().map(Value::to_string));
                    pages += 1;
                    if elements.len() < 10 {
                        assert_eq!(reply.get("next_page_token").unwrap_or(&json!("")), "", "{path}");
                        break;
                    }
                    next = match *place {
                        "page_token" => reply["next_page_token"].clone(),
                        "page_index" => json!(pages + 1),
                        _ if item["get"]["x-wechatpay-paging"]["by"] == "page" => json!(pages),
                        _ => json!(pages * 10),
                    };
                }
                assert_eq!((pages, seen.len()), (3, TOTAL), "{path}");
                lists += 1;
            }
        }
        assert!(lists > 70, "{lists}");
    }

    #[test]
    fn what_is_no_page_is_refused() {
        let path = "/v3/marketing/partner/product-coupon/users/oUser/coupons";
        for (query, field) in [
            (json!({"page_size": 0}), "/query/page_size"),
            (json!({"page_token": "tea"}), "/query/page_token"),
            (json!({"page_token": STANDARD.encode("24")}), "/query/page_token"),
        ] {
            assert_eq!(list(path, query).unwrap_err().field, field);
        }
    }
}
