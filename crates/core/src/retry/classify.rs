//! What the end of an attempt means for the next one. Each classifier knows one thing and says retry, forbidden, or
//! nothing; the first that has an opinion is heard.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use super::attempt::Phase;
use super::course::Nature;
use super::policy::Retry;
use crate::refusal::leaves_open_status;
use crate::transport::{Cause, Failure, RawReply};

/// The longest pause that a host can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Whether something may have been carried out, for all that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Known,
    Open,
}

/// How an attempt ended, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    /// A whole reply came.
    Reply { status: u16, slow_down: bool, after: Option<Duration> },
    /// It did not come beyond this phase.
    Broken { phase: Phase, cause: Cause },
}

impl End {
    pub(crate) fn of(outcome: &Result<RawReply, Failure>) -> Self {
        match outcome {
            Ok(reply) => Self::Reply {
                status: reply.status,
                slow_down: asks_to_slow_down(reply),
                after: (reply.status >= 400).then(|| retry_after(&reply.headers)).flatten(),
            },
            Err(failure) => Self::Broken { phase: failure.phase, cause: failure.cause },
        }
    }

    /// Whether the request may have been carried out after this end. A refusal says that it was not.
    pub(crate) fn fate(self) -> Fate {
        let open = match self {
            Self::Reply { status, .. } => leaves_open_status(status),
            Self::Broken { phase, .. } => phase != Phase::Connecting,
        };
        if open { Fate::Open } else { Fate::Known }
    }

    /// What it says of the host.
    pub(crate) fn trouble(self) -> Option<Trouble> {
        match self {
            Self::Broken { cause: Cause::Ours, .. } => None,
            Self::Broken { phase: Phase::Connecting, .. } => Some(Trouble::Unreachable),
            // A gateway says that there is nothing behind it.
            Self::Broken { .. } | Self::Reply { status: 502..=504, .. } => Some(Trouble::Unanswered),
            Self::Reply { .. } => None,
        }
    }
}

/// What ails a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It cannot be reached.
    Unreachable,
    /// It did not answer, which may be that request's own matter.
    Unanswered,
}

/// What a classifier has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opinion {
    /// At a host that this call has not tried, at once; nothing was sent.
    Elsewhere,
    /// After a pause, at least this long.
    Again { after: Option<Duration> },
    /// Not under any circumstances.
    Forbidden,
}

/// What classifiers see.
pub(super) struct Situation {
    pub(super) end: End,
    pub(super) policy: Retry,
    pub(super) nature: Nature,
    /// Whether there is a host that this call has not tried.
    pub(super) untried: bool,
}

pub(super) type Classifier = fn(&Situation) -> Option<Opinion>;

/// In the order in which they are asked.
pub(super) const CLASSIFIERS: &[Classifier] =
    &[switched_off, ours, unknown_fate, never_sent, asked_to_wait, unanswered];

pub(super) fn classify(classifiers: &[Classifier], situation: &Situation) -> Option<Opinion> {
    classifiers.iter().find_map(|classifier| classifier(situation))
}

fn switched_off(situation: &Situation) -> Option<Opinion> {
    (situation.policy == Retry::Off).then_some(Opinion::Forbidden)
}

/// The same request would fail the same way.
fn ours(situation: &Situation) -> Option<Opinion> {
    matches!(situation.end, End::Broken { cause: Cause::Ours, .. }).then_some(Opinion::Forbidden)
}

/// The rule that keeps money safe.
pub(super) fn unknown_fate(situation: &Situation) -> Option<Opinion> {
    (situation.end.fate() == Fate::Open && situation.nature == Nature::Once).then_some(Opinion::Forbidden)
}

fn never_sent(situation: &Situation) -> Option<Opinion> {
    let End::Broken { phase: Phase::Connecting, .. } = situation.end else { return None };
    Some(if situation.untried { Opinion::Elsewhere } else { Opinion::Again { after: None } })
}

/// A request that came too often was not carried out.
fn asked_to_wait(situation: &Situation) -> Option<Opinion> {
    match situation.end {
        End::Reply { slow_down: true, after, .. } => Some(Opinion::Again { after }),
        _ => None,
    }
}

fn unanswered(situation: &Situation) -> Option<Opinion> {
    match situation.end {
        End::Reply { status, after, .. } if leaves_open_status(status) => Some(Opinion::Again { after }),
        End::Broken { .. } => Some(Opinion::Again { after: None }),
        End::Reply { .. } => None,
    }
}

fn asks_to_slow_down(reply: &RawReply) -> bool {
    const CODES: [&str; 2] = ["FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED"];
    if reply.status < 400 {
        return false;
    }
    let code = || serde_json::from_slice::<Value>(&reply.body).unwrap_or_default()["code"].as_str().map(str::to_owned);
    // A code beside a status that leaves it open says nothing certain: that is for the other classifiers.
    reply.status == 429
        || !leaves_open_status(reply.status) && code().is_some_and(|code| CODES.contains(&code.as_str()))
}

/// `Retry-After` in seconds, or as a date, which is held against the reply's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    let seconds = text.parse().ok().or_else(|| {
        let at = httpdate::parse_http_date(text).ok()?;
        let from = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
        Some(at.duration_since(from).unwrap_or_default().as_secs())
    })?;
    Some(Duration::from_secs(seconds).min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = pairs.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).expect("ASCII"))
        });
        retry_after(&headers.collect())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_capped() {
        let date = ("date", "Thu, 26 Nov 2026 06:00:00 GMT");
        assert_eq!(after(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(after(&[("retry-after", "86400")]), Some(LONGEST_PAUSE));
        assert_eq!(after(&[("retry-after", "Thu, 26 Nov 2026 06:00:09 GMT"), date]), Some(Duration::from_secs(9)));
        assert_eq!(after(&[("retry-after", "Thu, 26 Nov 2026 05:00:00 GMT"), date]), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "", "99999999999999999999"] {
            assert_eq!(after(&[("retry-after", nonsense), date]), None, "{nonsense}");
        }
        assert_eq!(after(&[("retry-after", "Thu, 26 Nov 2026 06:00:09 GMT")]), None);
    }
}
