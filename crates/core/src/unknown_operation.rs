//! What a caller is told whose operation id is none of those that are built in.

use crate::error::Error;
use crate::operation::{not_built_in, operations};
use crate::suggest::closest;

pub(crate) fn unknown_operation(id: &str) -> Error {
    let problem = match not_built_in(id) {
        Some(table) => format!(
            "{id} is not built in, as nothing of {} is; the cargo feature {} of wechatpay-sdk builds it in, or tables",
            table.namespace,
            table.feature()
        ),
        None => {
            let near = closest(id, operations().iter().map(|operation| operation.id));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            format!("{id} is not an operation of this SDK{hint}")
        }
    };
    Error::invalid("operation", "unknown_operation", format!("{problem}; request() reaches any path"))
}

#[cfg(all(test, not(any(feature = "tables", feature = "marketing-bank-favor"))))]
mod tests {
    use super::unknown_operation;
    use crate::limit::Rates;

    #[test]
    fn what_is_not_built_in_names_its_feature() {
        let error = unknown_operation("marketing.bank_favor.packages.list");
        assert_eq!(error.code(), "unknown_operation");
        assert!(error.message().contains("the cargo feature marketing-bank-favor of wechatpay-sdk"), "{error}");
        let error = unknown_operation("marketing.bank_favors.packages.list");
        assert!(error.message().contains("is not an operation of this SDK;"), "{error}");
    }

    #[test]
    fn a_class_that_is_not_built_in_is_no_misspelling() {
        for class in ["marketing", "marketing.bank_favor", "marketing.bank_favor.packages"] {
            assert!(Rates::parse(&format!("{class}=5")).is_ok(), "{class}");
        }
        let error = Rates::parse("marketing.bank_favour=5").expect_err("misspelt");
        assert!(error.message().contains("did you mean marketing.bank_favor?"), "{error}");
    }
}
