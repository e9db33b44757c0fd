//! The one place that reads the system clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// Unix seconds, as they stand in signatures.
pub(crate) fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a platform has a clock of its own")]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH).map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}

/// `2018-06-08T10:34:56+08:00`
pub(crate) fn beijing_time(now: i64) -> String {
    let offset = UtcOffset::from_hms(8, 0, 0).expect("a valid offset");
    let time = OffsetDateTime::from_unix_timestamp(now).map(|time| time.to_offset(offset));
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).expect("the clock shows a year of four digits")
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
