//! `spec/` as it stands there. Nothing of the SDK's tables: they are what is judged.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::Problem;

/// The document of one product.
pub(crate) struct Document {
    value: Value,
}

/// One operation of a document.
pub(crate) struct Operation<'a> {
    pub(crate) document: &'a Document,
    pub(crate) id: &'a str,
    pub(crate) method: String,
    pub(crate) path: &'a str,
    description: &'a Value,
}

/// What stands beside a content's media type.
pub(crate) type Content<'a> = (&'a str, &'a Value);

/// All documents but that of the events, in the order of their names.
pub(crate) fn read(folder: &Path) -> Result<Vec<Document>, Problem> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let is_product = |path: &Path| {
        path.extension().is_some_and(|it| it == "json") && path.file_stem().is_some_and(|it| it != "webhooks")
    };
    let mut products: Vec<_> = paths.into_iter().filter(|path| is_product(path)).collect();
    products.sort();
    products.iter().map(|path| Ok(Document { value: serde_json::from_slice(&fs::read(path)?)? })).collect()
}

impl Document {
    #[cfg(test)]
    pub(crate) fn of(value: Value) -> Self {
        Self { value }
    }

    #[cfg(test)]
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let items = members(&self.value["paths"]);
        items.flat_map(|(path, item)| members(item).map(move |(method, description)| (path, method, description))).map(
            |(path, method, description)| Operation {
                document: self,
                id: description["operationId"].as_str().unwrap_or_default(),
                method: method.to_uppercase(),
                path,
                description,
            },
        )
    }

    /// What a reference leads to; what is none stays as it is.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> Result<&'a Value, Problem> {
        let Some(reference) = schema["$ref"].as_str() else { return Ok(schema) };
        let pointer = reference.strip_prefix('#').ok_or_else(|| format!("{reference} leads out of the document"))?;
        let found = self.value.pointer(pointer).ok_or_else(|| format!("{reference} leads nowhere"))?;
        self.resolve(found)
    }
}

impl<'a> Operation<'a> {
    /// `(place, name, schema)` of what does not stand in the body, in the order of the document.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
        let listed = self.description["parameters"].as_array().into_iter().flatten();
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        listed.map(move |parameter| (text(&parameter["in"]), text(&parameter["name"]), &parameter["schema"]))
    }

    /// Where it stands in its document.
    #[cfg(test)]
    pub(crate) fn pointer(&self) -> String {
        format!("/paths/{}/{}", self.path.replace('/', "~1"), self.method.to_lowercase())
    }

    pub(crate) fn body(&self) -> Result<Option<Content<'a>>, Problem> {
        content(&self.description["requestBody"])
    }

    /// Status and content of the success reply.
    pub(crate) fn reply(&self) -> Result<(u16, Option<Content<'a>>), Problem> {
        let successes = members(&self.description["responses"]).filter(|(status, _)| status.starts_with('2'));
        match successes.collect::<Vec<_>>().as_slice() {
            [(status, reply)] => Ok((status.parse()?, content(reply)?)),
            other => Err(format!("has {} success replies, and which one comes is not known", other.len()).into()),
        }
    }
}

fn content(described: &Value) -> Result<Option<Content<'_>>, Problem> {
    match members(&described["content"]).collect::<Vec<_>>().as_slice() {
        [] => Ok(None),
        [(media_type, content)] => Ok(Some((media_type.as_str(), &content["schema"]))),
        _ => Err("has several media types".into()),
    }
}

/// The members of an object; of anything else there are none.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
