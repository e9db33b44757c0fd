//! Judges a call by what reached the platform. Nothing that the client says is believed without the journal.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Call, Repeat, Work};

/// How much longer than its timeout a call may take.
pub(crate) const GRACE: Duration = Duration::from_millis(100);
/// How a call may end that does not give a result. The others say that the program, or the SDK, is wrong.
const KINDS: [&str; 4] = ["api", "signature", "timeout", "transport"];
/// Faults that leave the reply as it should be.
const GENUINE: [&str; 2] = ["delay", "certificate_signed"];

/// What the driver says of a call.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Answer {
    pub(crate) n: usize,
    pub(crate) elapsed_ms: f64,
    /// Whether the result names the call's own number.
    #[serde(default)]
    pub(crate) own: bool,
    #[serde(default)]
    pub(crate) error: Option<Failure>,
}

/// The fields of an error, as they are in every language.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Failure {
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) retryability: String,
    #[serde(default)]
    pub(crate) may_have_taken_effect: bool,
    #[serde(default)]
    pub(crate) verified: bool,
    /// How often it was tried, where the language says so: a number, or a list with something of each.
    #[serde(default)]
    pub(crate) attempts: Value,
}

impl Failure {
    fn told_attempts(&self) -> Option<usize> {
        let number = || usize::try_from(self.attempts.as_u64()?).ok();
        self.attempts.as_array().map(Vec::len).or_else(number)
    }
}

/// A request that reached the platform.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Arrival {
    pub(crate) seq: u64,
    pub(crate) host: String,
    pub(crate) executed: bool,
    /// None where the connection was cut instead.
    pub(crate) status: Option<u16>,
    pub(crate) fault: Option<String>,
    /// The platform's key that the request names.
    pub(crate) key: String,
}

impl Arrival {
    /// Whether this could be the reply of a result.
    fn gave_a_result(&self) -> bool {
        let fault = self.fault.as_deref();
        self.executed && fault.is_none_or(|fault| GENUINE.contains(&fault))
    }

    /// Whether a caller is free to send the request again: it was refused for the moment, and nothing was done.
    fn was_put_off(&self) -> bool {
        self.status == Some(429) && !self.executed
    }
}

/// What must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Violation {
    /// The driver said nothing in good time.
    NoAnswer,
    /// The error is of a kind that no fault of a platform or a network has.
    WrongKind,
    /// The effect of a call that may not be repeated came twice.
    ExecutedTwice,
    /// Such a call was sent again though it was not known what had become of it.
    SentAgain,
    /// There is a result, and the platform never gave it, or it is another call's.
    Unproven,
    /// The error denies an effect that there was, or tells of one that cannot be.
    WrongClaim,
    /// The error says that its reply was verified, and no such reply was signed.
    FalselyVerified,
    /// More requests came than the error tells attempts.
    WrongAttempts,
    /// The deadline was passed by more than the grace.
    Late,
}

/// What is wrong with a call. `starved`: how long a thread of its driver waited for a processor after the deadline.
pub(crate) fn judge(call: &Call, answer: Option<&Answer>, arrivals: &[Arrival], starved: Duration) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut hold = |holds: bool, violation| {
        if !holds {
            found.push(violation);
        }
    };
    let executed = arrivals.iter().filter(|arrival| arrival.executed).count();
    if !call.may_be_repeated() {
        hold(executed <= 1, Violation::ExecutedTwice);
        let before_the_last = &arrivals[..arrivals.len().saturating_sub(1)];
        hold(before_the_last.iter().all(Arrival::was_put_off), Violation::SentAgain);
    }
    // Where nothing may be repeated, nothing is, whatever it is.
    hold(call.repeat != Repeat::Nothing || arrivals.len() <= 1, Violation::SentAgain);
    let Some(answer) = answer else {
        hold(false, Violation::NoAnswer);
        return found;
    };
    hold(over(call, answer) <= GRACE + starved, Violation::Late);
    match &answer.error {
        None => hold(answer.own && arrivals.iter().any(Arrival::gave_a_result), Violation::Unproven),
        Some(error) => judge_error(call, error, arrivals, &mut hold),
    }
    found
}

fn judge_error(call: &Call, error: &Failure, arrivals: &[Arrival], hold: &mut impl FnMut(bool, Violation)) {
    hold(KINDS.contains(&error.kind.as_str()), Violation::WrongKind);
    let executed = arrivals.iter().any(|arrival| arrival.executed);
    let claims = if call.work == Work::Query {
        // Reading has no effect.
        !error.may_have_taken_effect
    } else {
        let denied = executed && !error.may_have_taken_effect;
        let invites = executed && error.retryability != "check_first" && !call.may_be_repeated();
        !denied && !invites
    };
    hold(claims, Violation::WrongClaim);
    let signed = |arrival: &Arrival| {
        let fault = arrival.fault.as_deref();
        arrival.status == error.status && (fault == Some("status") || fault.is_none_or(|it| GENUINE.contains(&it)))
    };
    hold(!error.verified || arrivals.iter().any(signed), Violation::FalselyVerified);
    hold(error.told_attempts().is_none_or(|attempts| arrivals.len() <= attempts), Violation::WrongAttempts);
}

/// How long after its deadline a call ended.
pub(crate) fn over(call: &Call, answer: &Answer) -> Duration {
    Duration::try_from_secs_f64(answer.elapsed_ms / 1000.0).unwrap_or(Duration::MAX).saturating_sub(call.timeout)
}
