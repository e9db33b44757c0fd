//! A token bucket that learns: pure, its time comes from whoever asks.
//!
//! Calls stand in a queue of numbered places, and the bucket has a counter that runs at the current rate: a place's turn
//! has come when the counter is there. What is not used is saved, a second's worth at most. When the platform asks to slow
//! down, the counter runs at half the speed from then on, for those who wait already, too, and gains speed steadily.

use std::time::Duration;

use tokio::time::Instant;

/// What it regains of its rate in a second. It cannot become slower than that: it has regained as much before it can be
/// halved again.
const RECOVERY: f64 = 0.1;
/// Several replies that ask to slow down within this time are about one and the same burst.
const ONE_BURST: Duration = Duration::from_secs(1);
/// Nobody sleeps for less.
const AT_ONCE: Duration = Duration::from_micros(1);

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place(f64);

/// How turns are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    /// What was saved may be used at once.
    Burst,
    /// One after the other, also after a lull.
    Even,
}

#[derive(Debug)]
pub(super) struct Bucket {
    /// Calls per second.
    rate: f64,
    /// The same for the time being.
    current: f64,
    /// Where the counter was at the time `at`.
    counter: f64,
    at: Instant,
    /// The place of the next call.
    next: f64,
    slowed_at: Option<Instant>,
    slow_downs: u64,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(rate: f64, now: Instant) -> Self {
        let next = -savings(rate);
        Self { rate, current: rate, counter: 0.0, at: now, next, slowed_at: None, slow_downs: 0 }
    }

    /// The next place, or how long its turn would take where that is not before `limit`: then nothing is taken.
    pub(super) fn take(&mut self, now: Instant, spacing: Spacing, limit: Duration) -> Result<Place, Duration> {
        self.advance(now);
        let saved = if spacing == Spacing::Burst { savings(self.current) } else { 0.0 };
        let place = Place(self.next.max(self.counter - saved));
        let wait = self.until(place);
        if wait >= limit && !wait.is_zero() {
            return Err(wait);
        }
        self.next = place.0 + 1.0;
        Ok(place)
    }

    /// How long it is until a place's turn, as things are now; zero when it has come.
    pub(super) fn wait(&mut self, now: Instant, place: Place) -> Duration {
        self.advance(now);
        self.until(place)
    }

    /// The platform asks to slow down. Gives the new rate, unless this has been heard already.
    pub(super) fn slow_down(&mut self, now: Instant) -> Option<f64> {
        self.advance(now);
        if self.slowed_at.is_some_and(|before| now.saturating_duration_since(before) < ONE_BURST) {
            return None;
        }
        self.slowed_at = Some(now);
        self.slow_downs += 1;
        self.current /= 2.0;
        // What was saved would be the next burst.
        self.next = self.next.max(self.counter);
        Some(self.current)
    }

    /// How often it was slowed down.
    pub(super) fn slow_downs(&self) -> u64 {
        self.slow_downs
    }

    fn advance(&mut self, now: Instant) {
        let time = now.saturating_duration_since(self.at).as_secs_f64();
        let rising = time.min(self.rise());
        self.counter += self.risen(rising) + (time - rising) * self.rate;
        self.current = (self.current + self.growth() * rising).min(self.rate);
        self.at = self.at.max(now);
    }

    fn until(&self, place: Place) -> Duration {
        let distance = place.0 - self.counter;
        if distance <= 0.0 {
            return Duration::ZERO;
        }
        let (rise, growth) = (self.rise(), self.growth());
        let seconds = if distance <= self.risen(rise) {
            ((self.current * self.current + 2.0 * growth * distance).sqrt() - self.current) / growth
        } else {
            rise + (distance - self.risen(rise)) / self.rate
        };
        let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        if wait < AT_ONCE { Duration::ZERO } else { wait }
    }

    fn growth(&self) -> f64 {
        self.rate * RECOVERY
    }

    /// Seconds until the full rate is back.
    fn rise(&self) -> f64 {
        (self.rate - self.current) / self.growth()
    }

    /// How far the counter comes in so many seconds while the rate rises.
    fn risen(&self, seconds: f64) -> f64 {
        self.current * seconds + self.growth() * seconds * seconds / 2.0
    }
}

/// What can be saved besides the call that is due: a second's worth in all, and at least that call.
fn savings(rate: f64) -> f64 {
    (rate - 1.0).max(0.0)
}
