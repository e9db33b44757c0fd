//! The one place that reads the system clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unix seconds, as they stand in signatures.
pub(crate) fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a platform has a clock of its own")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}

/// As it stands in a `Date` header.
pub(crate) fn http_date(seconds: i64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

/// Limits of time are whole seconds: a golden reply at the limit must be judged in the second in which it is signed.
pub(crate) async fn early_in_a_second() {
    #[expect(clippy::disallowed_methods, reason = "a platform has a clock of its own")]
    let now = SystemTime::now();
    let past = now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.subsec_millis());
    if past > 500 {
        tokio::time::sleep(Duration::from_millis(u64::from(1005 - past))).await;
    }
}
