//! How fast a batch may go.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The most calls per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    interval: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix("/s").unwrap_or(text);
        let per_second: f64 = number.parse().map_err(|_| "must be calls per second, like 20/s".to_owned())?;
        match Duration::try_from_secs_f64(per_second.recip()) {
            Ok(interval) if !interval.is_zero() => Ok(Self { interval }),
            _ => Err("must be more than 0 calls per second, like 20/s or 0.5/s".to_owned()),
        }
    }
}

/// Hands out moments to send at, evenly spaced: no bursts, also not after a lull.
pub(super) struct Pace {
    rate: Option<Rate>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self { rate, next: Mutex::new(None) }
    }

    /// Waits for the caller's turn.
    pub(super) async fn turn(&self) {
        let Some(Rate { interval }) = self.rate else { return };
        let mine = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let mine = next.map_or(now, |next| next.max(now));
            *next = Some(mine + interval);
            mine
        };
        sleep_until(mine).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_with_and_without_their_unit() {
        assert_eq!("20/s".parse::<Rate>().unwrap().interval, Duration::from_millis(50));
        assert_eq!("0.5".parse::<Rate>().unwrap().interval, Duration::from_secs(2));
        for bad in ["", "0", "-1", "x/s", "inf", "nan", "20/m"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }
}
