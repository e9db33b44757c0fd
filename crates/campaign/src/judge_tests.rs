//! The judge sees what it is there for: each record is wrong in one way, and found to be.

use std::time::Duration;

use serde_json::json;

use super::judge::{Answer, Arrival, Failure, Violation, judge};
use super::plan::{Call, Repeat, Work};

fn call(work: Work, repeat: Repeat) -> Call {
    Call { n: 3, work, repeat, timeout: Duration::from_millis(500), trouble: None }
}

fn transfer() -> Call {
    call(Work::Transfer, Repeat::Safe)
}

/// A request that was done and answered as it should be.
fn done() -> Arrival {
    Arrival { seq: 1, host: "main".to_owned(), executed: true, status: Some(200), fault: None, key: "PUB".to_owned() }
}

/// One that was refused or lost without having been done.
fn refused(status: Option<u16>, fault: &str) -> Arrival {
    Arrival { executed: false, status, fault: Some(fault.to_owned()), ..done() }
}

fn spoilt(fault: &str) -> Arrival {
    Arrival { fault: Some(fault.to_owned()), ..done() }
}

fn ok() -> Answer {
    Answer { n: 3, elapsed_ms: 20.0, own: true, error: None }
}

fn failed(kind: &str, may_have_taken_effect: bool) -> Answer {
    let retryability = if may_have_taken_effect { "check_first" } else { "safe" };
    let error = Failure {
        kind: kind.to_owned(),
        retryability: retryability.to_owned(),
        may_have_taken_effect,
        ..Failure::default()
    };
    Answer { own: false, error: Some(error), ..ok() }
}

fn with(answer: &Answer, change: impl FnOnce(&mut Failure)) -> Answer {
    let mut error = answer.error.clone().unwrap();
    change(&mut error);
    Answer { error: Some(error), ..answer.clone() }
}

#[track_caller]
fn finds(call: &Call, answer: Option<&Answer>, arrivals: &[Arrival], expected: &[Violation]) {
    assert_eq!(judge(call, answer, arrivals, Duration::ZERO), expected);
}

#[test]
fn what_is_as_it_must_be_is_left_alone() {
    finds(&transfer(), Some(&ok()), &[done()], &[]);
    finds(&transfer(), Some(&ok()), &[spoilt("delay")], &[]);
    finds(&transfer(), Some(&ok()), &[refused(Some(429), "status"), done()], &[]);
    finds(&transfer(), Some(&failed("transport", true)), &[spoilt("reset")], &[]);
    finds(&transfer(), Some(&failed("transport", true)), &[], &[]);
    finds(&transfer(), Some(&failed("transport", false)), &[], &[]);
    finds(&call(Work::Transfer, Repeat::Idempotent), Some(&ok()), &[spoilt("reset"), done()], &[]);
    finds(&call(Work::Query, Repeat::Safe), Some(&failed("timeout", false)), &[spoilt("delay"), spoilt("delay")], &[]);
}

#[test]
fn an_effect_that_came_twice() {
    let twice = [spoilt("reset"), done()];
    finds(&transfer(), Some(&ok()), &twice, &[Violation::ExecutedTwice, Violation::SentAgain]);
}

#[test]
fn a_repetition_into_the_unknown_even_where_nothing_came_of_it() {
    for first in [refused(None, "reset"), refused(Some(500), "status"), refused(Some(502), "html_502")] {
        finds(&transfer(), Some(&ok()), &[first, done()], &[Violation::SentAgain]);
    }
    // Put off, but done all the same: the caller may not rely on the status.
    let done_and_put_off = Arrival { status: Some(429), fault: Some("status".to_owned()), ..done() };
    let arrivals = [done_and_put_off, refused(Some(500), "status")];
    finds(&transfer(), Some(&failed("api", true)), &arrivals, &[Violation::SentAgain]);
    let never = call(Work::Query, Repeat::Nothing);
    finds(&never, Some(&ok()), &[refused(Some(429), "status"), done()], &[Violation::SentAgain]);
}

#[test]
fn a_result_that_the_platform_never_gave() {
    for fault in ["wrong_signature", "stale_timestamp", "signtest_probe", "unsigned", "half_reply", "unknown_serial"] {
        finds(&transfer(), Some(&ok()), &[spoilt(fault)], &[Violation::Unproven]);
    }
    finds(&transfer(), Some(&ok()), &[refused(Some(200), "status")], &[Violation::Unproven]);
    finds(&transfer(), Some(&ok()), &[], &[Violation::Unproven]);
    finds(&transfer(), Some(&Answer { own: false, ..ok() }), &[done()], &[Violation::Unproven]);
}

#[test]
fn an_error_that_denies_an_effect_or_invents_one() {
    finds(&transfer(), Some(&failed("transport", false)), &[spoilt("reset")], &[Violation::WrongClaim]);
    let invites = with(&failed("transport", true), |error| error.retryability = "safe".to_owned());
    finds(&transfer(), Some(&invites), &[spoilt("reset")], &[Violation::WrongClaim]);
    finds(&call(Work::Page, Repeat::Safe), Some(&invites), &[spoilt("reset")], &[]);
    finds(&call(Work::Query, Repeat::Safe), Some(&failed("timeout", true)), &[], &[Violation::WrongClaim]);
}

#[test]
fn an_error_of_the_wrong_kind_or_none_at_all() {
    for kind in ["internal", "decrypt", "config", "TypeError"] {
        finds(&transfer(), Some(&failed(kind, false)), &[], &[Violation::WrongKind]);
    }
    finds(&transfer(), None, &[done()], &[Violation::NoAnswer]);
}

#[test]
fn a_reply_that_nobody_signed_and_attempts_that_nobody_told() {
    let verified = with(&failed("api", false), |error| (error.verified, error.status) = (true, Some(502)));
    finds(&transfer(), Some(&verified), &[refused(Some(502), "html_502")], &[Violation::FalselyVerified]);
    let honest = with(&verified, |error| error.status = Some(429));
    finds(&transfer(), Some(&honest), &[refused(Some(429), "status")], &[]);
    let query = call(Work::Query, Repeat::Safe);
    for attempts in [json!(1), json!([{"host": "main"}])] {
        let one = with(&failed("timeout", false), |error| error.attempts = attempts);
        finds(&query, Some(&one), &[spoilt("delay")], &[]);
        finds(&query, Some(&one), &[spoilt("delay"), spoilt("delay")], &[Violation::WrongAttempts]);
    }
}

#[test]
fn a_late_call_unless_it_waited_for_a_processor() {
    let late = Answer { elapsed_ms: 601.0, ..ok() };
    finds(&transfer(), Some(&Answer { elapsed_ms: 599.0, ..ok() }), &[done()], &[]);
    finds(&transfer(), Some(&late), &[done()], &[Violation::Late]);
    assert_eq!(judge(&transfer(), Some(&late), &[done()], Duration::from_millis(2)), []);
    let lost = Answer { elapsed_ms: f64::NAN, ..ok() };
    finds(&transfer(), Some(&lost), &[done()], &[Violation::Late]);
}
