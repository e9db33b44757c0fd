//! Buckets that a fleet shares, in a Redis. They work as those in memory do, by the clock of the Redis; a turn is told at
//! once, however far ahead it is, so that it costs one question.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::{Cmd, cmd};
use tokio::time::Instant;

use super::bucket::Spacing;
use super::rates::Class;
use crate::error::Error;
use crate::redis_lines::{Lines, Problem};

const PREFIX: &str = "wechatpay:rate:";
const SCRIPT: &str = include_str!("bucket.lua");
/// For one question, connecting included. Each call asks: a slow Redis must not make payments slow.
const PATIENCE: Duration = Duration::from_millis(200);
/// For so long nobody asks a Redis that could not be asked; then one call finds out.
const REST: Duration = Duration::from_secs(1);
const WARNING: Duration = Duration::from_secs(60);

/// Where the buckets are.
pub(crate) struct Fleet {
    lines: Lines,
    health: Health,
}

impl Fleet {
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { lines: Lines::new("rate_limit_redis", url)?, health: Health::new() })
    }

    /// How long it is until the turn, or, as an error, how long it would have been where that is not before `limit`.
    /// None where the Redis cannot tell.
    pub(super) async fn take(
        &self,
        mchid: &str,
        class: &Class,
        spacing: Spacing,
        limit: Duration,
    ) -> Option<Result<Duration, Duration>> {
        // Longer than anybody waits, and short enough for every number of Lua.
        let most = i64::try_from(limit.as_micros()).unwrap_or(i64::MAX).min(1 << 52);
        let order = if spacing == Spacing::Even { "even" } else { "burst" };
        let (taken, wait) = self.ask(script(mchid, class, order, most), limit).await?;
        let wait = Duration::from_micros(wait.try_into().ok()?);
        Some(if taken == 1 { Ok(wait) } else { Err(wait) })
    }

    /// Slows the whole fleet down. Where the Redis cannot be told, the next one that is refused tells it.
    pub(super) async fn slow_down(&self, mchid: &str, class: &Class, limit: Duration) {
        self.ask(script(mchid, class, "slow", 0), limit).await;
    }

    async fn ask(&self, question: Cmd, limit: Duration) -> Option<(i64, i64)> {
        if !self.health.may_ask(Instant::now()) {
            return None;
        }
        let answer = async {
            let (mut line, _) = self.lines.line().await?;
            Ok(question.query_async(&mut line).await?)
        };
        let patience = PATIENCE.min(limit);
        match self.lines.ask(patience, answer).await {
            Ok(answer) => {
                self.health.well();
                Some(answer)
            }
            // It was the call that had no time.
            Err(Problem::Late(_)) if patience < PATIENCE => None,
            Err(problem) => {
                if self.health.ill(Instant::now()) {
                    tracing::warn!(
                        "the Redis of rate_limit_redis, {}, {problem}: each process limits itself",
                        self.lines
                    );
                }
                None
            }
        }
    }
}

fn script(mchid: &str, class: &Class, order: &str, most: i64) -> Cmd {
    let name = if class.name.is_empty() { "*" } else { &class.name };
    let key = format!("{PREFIX}{mchid}:{name}");
    cmd("EVAL").arg(SCRIPT).arg(1).arg(key).arg(class.rate).arg(order).arg(most).to_owned()
}

/// Whether the Redis is worth asking, in milliseconds since the first use. Without a lock: a fork may come at any moment.
struct Health {
    start: Instant,
    /// 0 while it is well.
    ask_at: AtomicU64,
    warn_at: AtomicU64,
}

impl Health {
    fn new() -> Self {
        Self { start: Instant::now(), ask_at: AtomicU64::new(0), warn_at: AtomicU64::new(0) }
    }

    fn may_ask(&self, now: Instant) -> bool {
        self.ask_at.load(Ordering::Relaxed) == 0 || self.claim(&self.ask_at, now, REST)
    }

    fn well(&self) {
        if self.ask_at.load(Ordering::Relaxed) != 0 {
            self.ask_at.store(0, Ordering::Relaxed);
        }
    }

    /// It could not be asked. Whether that is worth a warning.
    fn ill(&self, now: Instant) -> bool {
        self.ask_at.store(self.milliseconds(now + REST), Ordering::Relaxed);
        self.claim(&self.warn_at, now, WARNING)
    }

    /// True for one of all who ask after that time has come; the next time is so much later.
    fn claim(&self, time: &AtomicU64, now: Instant, pause: Duration) -> bool {
        let next = self.milliseconds(now + pause);
        let now = self.milliseconds(now);
        time.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |at| (at <= now).then_some(next)).is_ok()
    }

    fn milliseconds(&self, time: Instant) -> u64 {
        time.saturating_duration_since(self.start).as_millis() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_a_second_asks_a_redis_that_is_ill() {
        let health = Health::new();
        let at = |milliseconds| health.start + Duration::from_millis(milliseconds);
        assert!(health.may_ask(at(0)) && health.may_ask(at(0)));
        assert!(health.ill(at(0)), "the first is told");
        assert!(!health.may_ask(at(999)));
        assert!(health.may_ask(at(1000)));
        assert!(!health.may_ask(at(1000)), "one finds out");
        assert!(!health.ill(at(1200)), "it was told just now");
        assert!(!health.may_ask(at(2199)));
        assert!(health.may_ask(at(2200)));
        health.well();
        assert!(health.may_ask(at(2200)) && health.may_ask(at(2200)));
        assert!(health.ill(at(60_000)), "a minute later it is told again");
    }
}
