//! No panic crosses into another language.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{ErrorRecord, Result};

/// Runs what an entry point does; a panic becomes an internal error.
///
/// # Errors
/// What `entry` gives, or internal.
pub fn guard<T>(entry: impl FnOnce() -> Result<T>) -> Result<T> {
    // Whatever the panic left half-done belongs to this entry alone and is dropped with it.
    catch_unwind(AssertUnwindSafe(entry)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// The payload is not repeated: it may hold what the panicking code was working on.
pub(crate) fn panicked(_: &(dyn Any + Send)) -> Box<ErrorRecord> {
    ErrorRecord::internal("a defect of wechatpay-sdk: it panicked; please report the lines that it wrote to stderr")
}

#[cfg(test)]
mod tests {
    use super::guard;

    #[test]
    fn a_panic_becomes_an_internal_error_without_its_payload() {
        let error = guard::<()>(|| panic!("openid oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")).unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), ("internal", "internal"));
        assert!(!error.text.contains("oUpF8"));
        assert_eq!(guard(|| Ok(7)).unwrap(), 7);
    }
}
