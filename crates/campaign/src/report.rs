//! What came of a language's calls, in figures and in words.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::flat::{Sample, leaks};
use crate::judge::{Answer, GRACE, Violation, judge, over};
use crate::languages::Language;
use crate::plan::{Call, Work};
use crate::platform::Arrivals;

/// Calls that are told in full where something is wrong with them.
const TOLD: usize = 5;

/// So many calls last long enough for clients to hear of a new certificate: they look once a minute at the most.
const ROTATES: usize = 10_000;

/// A call and how it ended.
pub(crate) struct Record {
    pub(crate) call: Call,
    pub(crate) answer: Option<Box<Answer>>,
    /// How long a thread of its driver waited for a processor between the deadline and the end.
    pub(crate) starved: Duration,
}

/// What was seen from outside.
pub(crate) struct Seen<'a> {
    pub(crate) arrivals: &'a Arrivals,
    pub(crate) samples: &'a [Sample],
    pub(crate) failback: Option<Duration>,
    /// The serial of the certificate that came in the middle.
    pub(crate) new_key: &'a str,
    pub(crate) took: Duration,
}

/// The row of a language.
#[derive(Serialize)]
pub(crate) struct Outcome {
    pub(crate) language: &'static str,
    pub(crate) calls: usize,
    pub(crate) ok: usize,
    /// By kind.
    pub(crate) errors: BTreeMap<String, usize>,
    /// By code.
    pub(crate) codes: BTreeMap<String, usize>,
    /// Requests that reached the platform.
    pub(crate) requests: usize,
    /// Errors that leave an effect open though the journal has no request: the client cannot know better.
    pub(crate) cautious: usize,
    /// Calls by what is wrong with them.
    pub(crate) violations: BTreeMap<Violation, usize>,
    pub(crate) leaks: Vec<String>,
    /// How far a call passed its deadline, in milliseconds, where it did not wait for a processor.
    pub(crate) latest_ms: u128,
    /// Calls beyond the grace whose driver waited for a processor as long.
    pub(crate) starved: usize,
    /// Seconds until a call was at the main host again.
    pub(crate) failback_s: Option<f64>,
    /// Results of calls that named the certificate which came in the middle, and were verified with it.
    pub(crate) new_key: usize,
    pub(crate) seconds: f64,
    pub(crate) samples: Vec<Sample>,
    /// What is wrong, call by call, for a reader.
    pub(crate) told: Vec<Value>,
}

impl Outcome {
    pub(crate) fn new(language: &Language, mut records: Vec<Record>, seen: &Seen<'_>) -> Self {
        let Seen { arrivals, samples, failback, took, .. } = seen;
        records.sort_by_key(|record| record.call.n);
        let mut outcome = Self {
            language: language.name,
            calls: records.len(),
            ok: 0,
            errors: BTreeMap::new(),
            codes: BTreeMap::new(),
            requests: arrivals.total,
            cautious: 0,
            violations: BTreeMap::new(),
            leaks: Vec::new(),
            latest_ms: 0,
            starved: 0,
            failback_s: failback.map(|time: Duration| time.as_secs_f64()),
            new_key: 0,
            seconds: took.as_secs_f64(),
            samples: samples.to_vec(),
            told: Vec::new(),
        };
        for record in &records {
            outcome.add(record, seen);
        }
        if let [first, .., last] = samples {
            outcome.leaks = leaks(*first, *last, language.bounds);
        }
        outcome
    }

    fn add(&mut self, record: &Record, seen: &Seen<'_>) {
        let Record { call, answer, starved } = record;
        let came = seen.arrivals.of(call.n);
        for violation in judge(call, answer.as_deref(), came, *starved) {
            *self.violations.entry(violation).or_default() += 1;
            if self.told.len() < TOLD {
                self.told.push(json!({
                    "violation": violation,
                    "call": format!("{call:?}"),
                    "trouble": call.trouble.as_ref().map(|trouble| trouble.name),
                    "answer": format!("{answer:?}"),
                    "starved_ms": starved.as_millis(),
                    "journal": came,
                }));
            }
        }
        let Some(answer) = answer else { return };
        let late = over(call, answer);
        self.latest_ms = self.latest_ms.max(late.saturating_sub(*starved).as_millis());
        self.starved += usize::from(late > GRACE && late <= GRACE + *starved);
        match &answer.error {
            None => {
                self.ok += 1;
                self.new_key += usize::from(came.last().is_some_and(|arrival| arrival.key == seen.new_key));
            }
            Some(error) => {
                *self.errors.entry(error.kind.clone()).or_default() += 1;
                *self.codes.entry(error.code.clone()).or_default() += 1;
                let open = call.work != Work::Query && error.may_have_taken_effect;
                self.cautious += usize::from(open && came.is_empty());
            }
        }
    }

    /// Whether all is as it must be.
    pub(crate) fn holds(&self) -> bool {
        let rotated = self.calls < ROTATES || self.new_key > 0;
        self.violations.is_empty() && self.leaks.is_empty() && self.failback_s.is_some() && rotated
    }
}
