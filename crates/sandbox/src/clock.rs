//! The one place that reads the system clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Unix seconds, as they stand in signatures.
pub(crate) fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a platform has a clock of its own")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}
