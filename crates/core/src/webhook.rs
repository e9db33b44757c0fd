//! Which event a notification is: the part of `spec/webhooks.json` that reading one needs.
//!
//! The tables are generated (`crates/codegen`); this module says what shape they have and how they are searched.

/// An event that the platform notifies of.
#[derive(Debug)]
#[non_exhaustive]
pub struct Webhook {
    /// Its name in `spec/`: `transaction.success`.
    pub id: &'static str,
    /// The official short title.
    pub title: &'static str,
    /// The event types under which documents know it, like `TRANSACTION.SUCCESS`.
    pub event_types: &'static [&'static str],
    /// What its resource is called, like `transaction`; empty where the documents do not say.
    pub original_types: &'static [&'static str],
    /// The official document.
    pub doc_url: &'static str,
}

/// How a notification tells its event.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) event_type: &'static str,
    /// Empty: any that has no row of its own, or none.
    pub(crate) original_type: &'static str,
    pub(crate) webhook: &'static Webhook,
    /// The name of the resource's type.
    #[cfg_attr(not(feature = "events"), expect(dead_code, reason = "the types are left out"))]
    pub(crate) shape: &'static str,
    /// Fields of the resource that the platform encrypts for the merchant, as paths (`user.cards[].name`).
    pub(crate) encrypted: &'static [&'static str],
}

/// All events of `spec/`, sorted by id.
#[must_use]
pub fn webhooks() -> &'static [Webhook] {
    crate::generated::webhooks::WEBHOOKS
}

/// The event of a notification; `None` for one that is newer than this SDK. The original type matters only where an event
/// type says too little: many documents leave it out.
#[must_use]
pub fn find_webhook(event_type: &str, original_type: Option<&str>) -> Option<&'static Webhook> {
    find(event_type, original_type).map(|row| row.webhook)
}

pub(crate) fn find(event_type: &str, original_type: Option<&str>) -> Option<&'static Row> {
    let rows = crate::generated::webhooks::ROWS;
    let row = |original_type: &str| {
        let found = rows.binary_search_by(|row| (row.event_type, row.original_type).cmp(&(event_type, original_type)));
        found.ok().map(|at| &rows[at])
    };
    original_type.and_then(row).or_else(|| row(""))
}

#[cfg(test)]
mod tests {
    use super::{find, find_webhook, webhooks};
    use crate::generated::webhooks::ROWS;

    #[test]
    fn there_are_all_events_and_each_is_found_by_an_event_type_of_its_own() {
        assert_eq!(webhooks().len(), 102);
        assert!(webhooks().is_sorted_by(|a, b| a.id < b.id));
        assert!(ROWS.is_sorted_by(|a, b| (a.event_type, a.original_type) < (b.event_type, b.original_type)));
        for webhook in webhooks() {
            let found = webhook.event_types.iter().filter_map(|event_type| find_webhook(event_type, None));
            assert!(found.map(|found| found.id).any(|id| id == webhook.id), "{}", webhook.id);
        }
    }

    #[test]
    fn the_original_type_tells_what_the_event_type_does_not() {
        let shape = |original_type| find("TRANSACTION.SUCCESS", original_type).map(|row| row.shape);
        for payment in [Some("transaction"), None, Some("newer"), Some("")] {
            assert_eq!(shape(payment), Some("TransactionSuccess"), "{payment:?}");
        }
        assert_eq!(shape(Some("profitsharing")), Some("TransactionSuccessProfitsharing"));
        assert_eq!(find_webhook("PROFITSHARING.RETURN", None).map(|found| found.id), Some("profitsharing.return"));
        assert_eq!(
            find_webhook("REFUND.SUCCESS", Some("of later times")).map(|found| found.id),
            Some("refund.success")
        );
        assert!(find_webhook("TEA.BREWED", Some("transaction")).is_none() && find_webhook("", None).is_none());
    }
}
