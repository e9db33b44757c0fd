//! One table for all languages.

use crate::flat::Sample;
use crate::judge::Violation;
use crate::report::Outcome;

/// The columns and how each is read off a row.
type Column = (&'static str, fn(&Outcome) -> String);

const COLUMNS: [Column; 20] = [
    ("language", |it| it.language.to_owned()),
    ("calls", |it| it.calls.to_string()),
    ("ok", |it| it.ok.to_string()),
    ("api", |it| errors(it, "api")),
    ("signature", |it| errors(it, "signature")),
    ("timeout", |it| errors(it, "timeout")),
    ("transport", |it| errors(it, "transport")),
    ("requests", |it| it.requests.to_string()),
    ("twice", |it| count(it, &[Violation::ExecutedTwice, Violation::SentAgain])),
    ("wrong claims", |it| count(it, &[Violation::WrongClaim, Violation::FalselyVerified, Violation::WrongAttempts])),
    ("unproven", |it| count(it, &[Violation::Unproven])),
    ("untyped", |it| count(it, &[Violation::WrongKind, Violation::NoAnswer])),
    ("late", |it| count(it, &[Violation::Late])),
    ("latest, ms", |it| it.latest_ms.to_string()),
    ("starved", |it| it.starved.to_string()),
    ("failback, s", |it| it.failback_s.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds:.0}"))),
    ("new key", |it| it.new_key.to_string()),
    ("RSS, MiB", |it| change(it, |sample| sample.rss_kib / 1024)),
    ("threads", |it| change(it, |sample| sample.threads)),
    ("sockets", |it| change(it, |sample| sample.sockets)),
];

fn errors(outcome: &Outcome, kind: &str) -> String {
    outcome.errors.get(kind).copied().unwrap_or_default().to_string()
}

fn count(outcome: &Outcome, violations: &[Violation]) -> String {
    violations.iter().filter_map(|violation| outcome.violations.get(violation)).sum::<usize>().to_string()
}

/// From the first sample to the last.
fn change(outcome: &Outcome, figure: impl Fn(&Sample) -> usize) -> String {
    let [first, .., last] = outcome.samples.as_slice() else { return String::new() };
    format!("{} → {}", figure(first), figure(last))
}

/// A line per language below the names of the columns.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut rows = vec![COLUMNS.map(|(name, _)| name.to_owned())];
    rows.extend(outcomes.iter().map(|outcome| COLUMNS.map(|(_, figure)| figure(outcome))));
    let widths: Vec<_> =
        (0..COLUMNS.len()).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default()).collect();
    let line = |row: &[String; COLUMNS.len()]| {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        cells.join("  ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
