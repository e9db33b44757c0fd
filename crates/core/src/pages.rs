//! Lists that come page by page: the items of all pages, one after another, each page asked for when it is needed.

use std::fmt;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::decode::not_json;
use crate::error::{Error, ErrorKind, Retryability};
use crate::operation::{Call, Operation, Paging, Step};

/// A typed request whose reply is a page of a list: generated.
pub trait Paged: Call {
    /// An item of the list.
    type Item: DeserializeOwned;
}

/// A page of a list.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Page {
    /// Its items.
    pub items: Vec<Value>,
    /// The parameters of the next page; None where this is the last one.
    pub next: Option<Map<String, Value>>,
}

impl fmt::Debug for Page {
    /// Items and parameters may hold openids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = self.next.is_some();
        f.debug_struct("Page").field("items", &self.items.len()).field("next", &next).finish()
    }
}

impl Client {
    /// The items of a list, from the page on that the request names. Each page is asked for when its first item is; an error
    /// ends the list.
    ///
    /// ```no_run
    /// # #[cfg(feature = "merchant-service")] {
    /// # async fn run(client: &wechatpay_sdk::Client) -> Result<(), wechatpay_sdk::Error> {
    /// use futures_util::TryStreamExt;
    /// use wechatpay_sdk::merchant_service::complaints_v2::List;
    ///
    /// let mut complaints = std::pin::pin!(client.iterate(&List::new("2026-11-01", "2026-11-25")));
    /// while let Some(complaint) = complaints.try_next().await? {
    ///     println!("{:?}", complaint.complaint_id);
    /// }
    /// # Ok(()) }
    /// # }
    /// ```
    pub fn iterate<C: Paged>(&self, call: &C) -> impl Stream<Item = Result<C::Item, Error>> + Send + use<'_, C> {
        let first = self.record_of(call).map(|record| (C::operation(), record));
        let items = self.items(first);
        items.map(|item| item.and_then(|item| serde_json::from_value(item).map_err(|_| not_json())))
    }

    /// [`Client::iterate`] by operation id, with a flat record of parameters.
    pub fn iterate_by_id(
        &self,
        operation: &str,
        params: Map<String, Value>,
    ) -> impl Stream<Item = Result<Value, Error>> + Send + use<'_> {
        self.items(Self::operation_of(operation).map(|operation| (operation, params)))
    }

    /// One page of a list, and what asks for the next one.
    ///
    /// # Errors
    /// Any kind; invalid request (`not_a_list`) where the operation gives no list page by page; integrity (`incomplete_list`)
    /// where a page is empty before the list has ended.
    pub async fn page(&self, operation: &str, params: Map<String, Value>) -> Result<Page, Error> {
        self.page_of(Self::operation_of(operation)?, params).await
    }

    fn items(
        &self,
        first: Result<(&'static Operation, Map<String, Value>), Error>,
    ) -> impl Stream<Item = Result<Value, Error>> + Send + use<'_> {
        let first = first.map(|(operation, params)| (operation, Some(params)));
        let pages = stream::try_unfold(first, async move |state| {
            let (operation, params) = state?;
            let Some(params) = params else { return Ok(None) };
            let page = self.page_of(operation, params).await?;
            let items = stream::iter(page.items.into_iter().map(Ok));
            Ok::<_, Error>(Some((items, Ok((operation, page.next)))))
        });
        pages.try_flatten()
    }

    async fn page_of(&self, operation: &'static Operation, mut params: Map<String, Value>) -> Result<Page, Error> {
        let Some(paging) = operation.paging else {
            let error = Error::invalid("operation", "not_a_list", "gives no list page by page");
            return Err(error.with_operation(operation.id));
        };
        // Whoever reads a list from its beginning need not say where that is.
        if operation.params.iter().any(|param| param.name == paging.at && param.required) {
            params.entry(paging.at).or_insert_with(|| paging.first().into());
        }
        let reply = self.invoke(operation, params.clone(), Ok).await?;
        let read = || paging.read(params, reply.json()?);
        read().map_err(|error| {
            error.with_operation(operation.id).with_reply(reply.status, reply.request_id.as_deref(), true)
        })
    }
}

impl Paging {
    /// What a reply to these parameters holds, and what comes after it.
    fn read(&self, mut params: Map<String, Value>, mut reply: Value) -> Result<Page, Error> {
        let items = match reply.get_mut(self.items).map(Value::take) {
            Some(Value::Array(items)) => items,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err(not_json()),
        };
        let here = self.here(&params);
        let total = self.total.and_then(|total| number(reply.get(total)?));
        let size = params.get(self.size).and_then(number).or_else(|| number(reply.get(self.size)?));
        let next = match self.step {
            Step::Token(field) => {
                reply.get(field).and_then(Value::as_str).filter(|token| !token.is_empty()).map(Value::from)
            }
            Step::Item => {
                let behind = here + items.len() as u64;
                Self::goes_on(items.len() as u64, behind, total, size)?.then(|| behind.into())
            }
            Step::Page => {
                let before = (here - self.first().min(here)).saturating_mul(size.unwrap_or(0));
                Self::goes_on(items.len() as u64, before + items.len() as u64, total, size)?.then(|| (here + 1).into())
            }
        };
        let next = next.map(|next| {
            params.insert(self.at.to_owned(), next);
            params
        });
        Ok(Page { items, next })
    }

    fn first(&self) -> u64 {
        u64::from(self.at == "page_index")
    }

    fn here(&self, params: &Map<String, Value>) -> u64 {
        params.get(self.at).and_then(number).unwrap_or_else(|| self.first())
    }

    /// Whether there is more behind a page. Where nothing tells the number of all items, a page that is not full is the last.
    fn goes_on(here: u64, behind: u64, total: Option<u64>, size: Option<u64>) -> Result<bool, Error> {
        match (total, size) {
            (Some(total), _) if here == 0 && behind < total => {
                let message = format!(
                    "the platform says that the list has {total} items, but sent an empty page after {behind}: the list may have changed meanwhile, or be limited in depth"
                );
                Err(Error::new(ErrorKind::Integrity, "incomplete_list", message).with_retry(Retryability::Safe))
            }
            (Some(total), _) => Ok(behind < total),
            (None, Some(size)) => Ok(here >= size && here > 0),
            (None, None) => Ok(here > 0),
        }
    }
}

/// A number, which may have been written as a text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BY_ITEM: Paging =
        Paging { items: "data", at: "offset", size: "limit", total: Some("total_count"), step: Step::Item };

    fn next(paging: &Paging, params: Value, reply: Value) -> Result<Option<Value>, String> {
        let Value::Object(params) = params else { panic!("must be an object") };
        let page = paging.read(params, reply).map_err(|error| error.code().to_owned())?;
        Ok(page.next.map(|params| params[paging.at].clone()))
    }

    #[test]
    fn items_are_counted_until_the_total() {
        let reply = |items: usize, total: u64| json!({"data": vec![1; items], "total_count": total});
        assert_eq!(next(&BY_ITEM, json!({}), reply(10, 23)), Ok(Some(json!(10))));
        assert_eq!(next(&BY_ITEM, json!({"offset": 10}), reply(10, 23)), Ok(Some(json!(20))));
        assert_eq!(next(&BY_ITEM, json!({"offset": 20}), reply(3, 23)), Ok(None));
        assert_eq!(next(&BY_ITEM, json!({"offset": "20"}), reply(3, 30)), Ok(Some(json!(23))));
        assert_eq!(next(&BY_ITEM, json!({}), reply(0, 0)), Ok(None));
        assert_eq!(next(&BY_ITEM, json!({"offset": 20}), reply(0, 23)), Err("incomplete_list".to_owned()));
        assert_eq!(next(&BY_ITEM, json!({}), json!({"data": 1})), Err("not_json".to_owned()));
    }

    #[test]
    fn without_a_total_a_page_that_is_not_full_is_the_last() {
        let paging = Paging { total: None, ..BY_ITEM };
        let reply = |items: usize| json!({"data": vec![1; items]});
        assert_eq!(next(&paging, json!({"limit": 10}), reply(10)), Ok(Some(json!(10))));
        assert_eq!(next(&paging, json!({"limit": 10, "offset": 10}), reply(4)), Ok(None));
        assert_eq!(next(&paging, json!({}), reply(4)), Ok(Some(json!(4))));
        assert_eq!(next(&paging, json!({"offset": 4}), json!({})), Ok(None));
    }

    #[test]
    fn pages_are_counted_from_nought_or_one() {
        let reply = |items: usize| json!({"data": vec![1; items], "total_count": 23, "limit": 10});
        let offset = Paging { step: Step::Page, ..BY_ITEM };
        assert_eq!(next(&offset, json!({}), reply(10)), Ok(Some(json!(1))));
        assert_eq!(next(&offset, json!({"offset": 1, "limit": 10}), reply(10)), Ok(Some(json!(2))));
        assert_eq!(next(&offset, json!({"offset": 2, "limit": 10}), reply(3)), Ok(None));
        let index = Paging { at: "page_index", ..offset };
        assert_eq!(next(&index, json!({}), reply(10)), Ok(Some(json!(2))));
        assert_eq!(next(&index, json!({"page_index": 3}), reply(3)), Ok(None));
    }

    #[test]
    fn a_token_is_handed_on_until_there_is_none() {
        let paging = Paging { at: "page_token", step: Step::Token("next"), ..BY_ITEM };
        assert_eq!(next(&paging, json!({}), json!({"data": [1], "next": "b"})), Ok(Some(json!("b"))));
        for last in [json!({"data": [1], "next": ""}), json!({"data": [1], "next": null}), json!({"data": []})] {
            assert_eq!(next(&paging, json!({"page_token": "b"}), last), Ok(None));
        }
    }
}
