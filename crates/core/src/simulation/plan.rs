//! What befalls the sites, drawn from the seed: every kind of trouble once or more, with quiet times between them.

use std::ops::Range;
use std::time::Duration;

use turmoil::Sim;

use super::site::{Mood, SITES, Shared, lock};

/// Quiet at the beginning, to learn what is usual.
pub(crate) const QUIET_MINUTES: u64 = 10;
/// Quiet at the end: long enough for the longest cool-down, that of what does harm twice, and five minutes more.
const LAST_QUIET_MINUTES: u64 = 12;
const ALL: Range<usize> = 0..2;
const MAIN: Range<usize> = 0..1;
/// As it is without trouble.
const LATENCY: Duration = Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What is sent gets lost.
    Cut,
    /// For one half of the merchants.
    CutForSome,
    /// What is sent arrives much later.
    Held,
    Slow,
    Down,
    Flapping,
    Mood(Mood),
}

/// One time of trouble.
#[derive(Debug, Clone)]
struct Trouble {
    kind: Kind,
    sites: Range<usize>,
    from: Duration,
    until: Duration,
}

const KINDS: &[(Kind, Range<usize>)] = &[
    (Kind::Cut, MAIN),
    (Kind::CutForSome, MAIN),
    (Kind::Held, MAIN),
    (Kind::Slow, MAIN),
    (Kind::Down, MAIN),
    (Kind::Flapping, MAIN),
    (Kind::Mood(Mood::Unavailable), MAIN),
    (Kind::Mood(Mood::Silent), MAIN),
    (Kind::Cut, ALL),
    (Kind::Slow, ALL),
    (Kind::Down, ALL),
    (Kind::Mood(Mood::Unavailable), ALL),
    (Kind::Mood(Mood::Failing), ALL),
    (Kind::Mood(Mood::Busy), ALL),
    (Kind::Mood(Mood::Forged), ALL),
];

enum Step {
    Begin(Trouble),
    End(Trouble),
    /// One of a flapping site.
    Flap {
        site: usize,
        up: bool,
    },
}

/// The steps that are left, the next one last.
pub(crate) struct Plan {
    steps: Vec<(Duration, Step)>,
    /// In words, for the table.
    pub(crate) troubles: Vec<(Range<u64>, String)>,
    merchants: Vec<String>,
}

impl Plan {
    /// For these hosts of merchants, until `end`.
    pub(crate) fn draw(random: &mut fastrand::Rng, merchants: &[String], end: Duration) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let mut steps = Vec::new();
        let mut troubles = Vec::new();
        let mut at = minutes(QUIET_MINUTES);
        let mut kinds = Vec::new();
        loop {
            if kinds.is_empty() {
                kinds = KINDS.to_vec();
                random.shuffle(&mut kinds);
            }
            let until = at + Duration::from_secs(random.u64(120..240));
            if until + minutes(LAST_QUIET_MINUTES) > end {
                break;
            }
            let (kind, sites) = kinds.pop().expect("just filled");
            let trouble = Trouble { kind, sites, from: at, until };
            troubles.push((at.as_secs() / 60..until.as_secs().div_ceil(60), trouble.words()));
            steps.extend(trouble.steps());
            at = until + Duration::from_secs(random.u64(120..240));
        }
        steps.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        Self { steps, troubles, merchants: merchants.to_vec() }
    }

    /// Lets happen what is due.
    pub(crate) fn apply(&mut self, sim: &mut Sim<'_>, witness: &Shared) {
        while self.steps.last().is_some_and(|(at, _)| *at <= sim.elapsed()) {
            let (_, step) = self.steps.pop().expect("one is left");
            match step {
                Step::Begin(trouble) => trouble.begin(sim, witness, &self.merchants),
                Step::End(trouble) => trouble.end(sim, witness, &self.merchants),
                Step::Flap { site, up: true } => sim.bounce(SITES[site]),
                Step::Flap { site, up: false } => sim.crash(SITES[site]),
            }
        }
    }
}

impl Trouble {
    fn words(&self) -> String {
        let sites = if self.sites == ALL { "both sites" } else { "main site" };
        match self.kind {
            Kind::Mood(mood) => format!("{sites}: {mood:?}"),
            kind => format!("{sites}: {kind:?}"),
        }
    }

    fn steps(&self) -> Vec<(Duration, Step)> {
        const FLAP: Duration = Duration::from_secs(15);
        let mut steps = vec![(self.from, Step::Begin(self.clone())), (self.until, Step::End(self.clone()))];
        if self.kind == Kind::Flapping {
            let mut at = self.from;
            for up in [false, true].into_iter().cycle() {
                steps.extend(self.sites.clone().map(|site| (at, Step::Flap { site, up })));
                at += FLAP;
                // It is left standing.
                if up && at + FLAP >= self.until {
                    break;
                }
            }
        }
        steps
    }

    fn links<'a>(&self, merchants: &'a [String]) -> impl Iterator<Item = (&'a str, &'static str)> + use<'a> {
        let some = if self.kind == Kind::CutForSome { merchants.len().div_ceil(2) } else { merchants.len() };
        let sites = self.sites.clone();
        merchants[..some]
            .iter()
            .flat_map(move |merchant| sites.clone().map(move |site| (merchant.as_str(), SITES[site])))
    }

    fn begin(&self, sim: &mut Sim<'_>, witness: &Shared, merchants: &[String]) {
        const SLOW: Duration = Duration::from_secs(2);
        match self.kind {
            Kind::Cut | Kind::CutForSome => self.links(merchants).for_each(|(from, to)| sim.partition(from, to)),
            Kind::Held => self.links(merchants).for_each(|(from, to)| sim.hold(from, to)),
            Kind::Slow => self.links(merchants).for_each(|(from, to)| sim.set_link_latency(from, to, SLOW)),
            Kind::Down => self.sites.clone().for_each(|site| sim.crash(SITES[site])),
            Kind::Flapping => {}
            Kind::Mood(mood) => lock(witness).moods[self.sites.clone()].fill(mood),
        }
    }

    fn end(&self, sim: &mut Sim<'_>, witness: &Shared, merchants: &[String]) {
        match self.kind {
            Kind::Cut | Kind::CutForSome => self.links(merchants).for_each(|(from, to)| sim.repair(from, to)),
            Kind::Held => self.links(merchants).for_each(|(from, to)| sim.release(from, to)),
            Kind::Slow => self.links(merchants).for_each(|(from, to)| sim.set_link_latency(from, to, LATENCY)),
            Kind::Down => self.sites.clone().for_each(|site| sim.bounce(SITES[site])),
            Kind::Flapping => {}
            Kind::Mood(_) => lock(witness).moods[self.sites.clone()].fill(Mood::Well),
        }
    }
}
