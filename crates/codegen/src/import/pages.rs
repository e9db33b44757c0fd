//! Which operations give a list page by page, and how the next page is asked for.

use serde_json::{Value, json};

use super::marks::Marks;
use crate::facts::Operation;

/// `x-wechatpay-paging` of an operation: `items` is the list in the reply, `at` the parameter that moves, counting by `by`
/// (`item`, `page`, or a `token` that the reply gives as `next`); `size` and `total` where there are such things.
pub(super) fn paging(operation: &Operation, marks: &Marks) -> Option<Value> {
    let body = operation.body.as_ref().and_then(|body| body.schema["properties"].as_object());
    let in_query = |name: &&str| operation.query_params.iter().any(|param| param.name == **name);
    let in_body = |name: &&str| body.is_some_and(|body| body.contains_key::<str>(name));
    let asked = |names: &[&'static str]| names.iter().copied().find(|name| in_query(name) || in_body(name));
    let at = asked(&["offset", "page_index", "page_token"])?;
    let size = asked(&["limit", "page_size", "count"])?;
    let (_, reply) = operation.responses.iter().find(|(status, _)| status.starts_with('2'))?;
    let reply = reply["properties"].as_object()?;
    let told = |names: &[&'static str]| names.iter().copied().find(|name| reply.contains_key(*name));
    let mut lists = reply.iter().filter(|(_, schema)| schema["type"] == "array").map(|(name, _)| name);
    let (items, None) = (lists.next()?, lists.next()) else { return None };
    let mut paging = json!({"items": items, "at": at, "size": size});
    if let Some(total) = told(&["total_count", "total_num"]) {
        paging["total"] = json!(total);
    }
    match at {
        "page_token" => {
            paging["by"] = json!("token");
            paging["next"] = json!(told(&["next_page_token"])?);
        }
        "page_index" => paging["by"] = json!("page"),
        _ if marks.counts_pages(&operation.id) => paging["by"] = json!("page"),
        _ => paging["by"] = json!("item"),
    }
    Some(paging)
}
