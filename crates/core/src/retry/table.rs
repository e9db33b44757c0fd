//! The decisions, held against the table in ARCHITECTURE.md.

use std::time::Duration;

use super::attempt::Phase;
use super::classify::{End, Fate};
use super::course::{Course, Nature, Step};
use super::policy::Retry;
use crate::transport::Cause;

const ARCHITECTURE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md"));
const HOSTS: u32 = 2;
/// Both.
const WELL: u64 = 0b11;

/// Column heading to what it stands for: every policy and nature.
fn columns(heading: &str) -> Vec<(Retry, Nature)> {
    let (policy, nature) = heading.split_once(", ").expect("policy, nature");
    let natures = match nature {
        "any" => vec![Nature::Repeatable, Nature::Once],
        "repeatable" => vec![Nature::Repeatable],
        "once" => vec![Nature::Once],
        other => panic!("what is {other}?"),
    };
    natures.into_iter().map(|nature| (policy.parse().expect("a policy"), nature)).collect()
}

fn end(row: &str) -> End {
    let broken = |phase| End::Broken { phase, cause: Cause::Host };
    match row.split_once(" (").map_or(row, |(name, _)| name) {
        "connecting" | "connecting, at the last host" => broken(Phase::Connecting),
        "waiting" => broken(Phase::Waiting),
        "receiving" => broken(Phase::Receiving),
        "a reply that we refuse" => End::Broken { phase: Phase::Receiving, cause: Cause::Ours },
        reply => {
            let mut words = reply.split(' ').skip(1);
            let status = words.next().and_then(|status| status.parse().ok()).expect("reply STATUS [CODE]");
            End::Reply { status, slow_down: status == 429 || words.next().is_some(), after: None }
        }
    }
}

/// What happens, in the words of the table.
fn outcome(row: &str, policy: Retry, nature: Nature) -> String {
    let mut course = Course::new(policy, nature, HOSTS);
    course.begin();
    if row.ends_with("at the last host") {
        course.end(1, end(row), WELL, |_| 0, || true);
        course.begin();
    }
    match course.end(0, end(row), WELL, |most| most, || true) {
        Step::Finish if course.fate() == Fate::Open && nature == Nature::Once && policy == Retry::Safe => {
            "ends, unknown"
        }
        Step::Finish => "ends",
        Step::Send { pause: Duration::ZERO } => "other host at once",
        Step::Send { .. } if course.tried() == 0 => "again",
        Step::Send { .. } => "again elsewhere",
    }
    .to_owned()
}

#[test]
fn every_cell_of_the_table_is_what_happens() {
    let table = ARCHITECTURE.split("<!-- decisions -->").nth(1).expect("the table");
    let table = table.split("<!-- end of decisions -->").next().expect("its end");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut lines = table.trim().lines();
    let heading = cells(lines.next().expect("a heading"));
    let mut checked = 0;
    for line in lines.skip(1) {
        let row = cells(line);
        assert_eq!(row.len(), heading.len(), "{line}");
        for (heading, expected) in heading.iter().zip(&row).skip(1) {
            for (policy, nature) in columns(heading) {
                assert_eq!(&outcome(&row[0], policy, nature), expected, "{} × {heading} ({nature:?})", row[0]);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 12 * 6, "a row or a column is missing");
}

#[test]
fn a_switch_to_a_host_that_is_known_to_be_ill_is_paid_for() {
    const AT_ONCE: Step = Step::Send { pause: Duration::ZERO };
    let switch = |well, paid| {
        let mut course = Course::new(Retry::Safe, Nature::Once, HOSTS);
        course.begin();
        course.end(0, End::Broken { phase: Phase::Connecting, cause: Cause::Host }, well, |most| most, || paid)
    };
    assert_eq!([switch(0b10, false), switch(0b10, true)], [AT_ONCE, AT_ONCE]);
    assert_eq!([switch(0, false), switch(0, true)], [Step::Finish, AT_ONCE]);
}
