//! Every way that two calls of one process can go, explored exhaustively: each may end in every way, wait, or be given up at
//! any moment, while hosts fall ill and recover. What runs is [`Course`] and [`Hosts`] themselves; what is held against
//! them is written here from the rules, and asks nothing of theirs.

use std::sync::Mutex;
use std::time::Duration;

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::attempt::Phase;
use super::classify::{CLASSIFIERS, Classifier, End, unknown_fate};
use super::course::{Course, Nature, Step};
use super::hosts::memory::{COOL_DOWN, NOW, Remembered, alike, in_order};
use super::hosts::{Hosts, Registry};
use super::policy::Retry;
use crate::builder::ClientBuilder;
use crate::transport::Cause;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Stage {
    Ready(Course),
    UnderWay {
        course: Course,
        host: usize,
        /// It began less than a cool-down ago to find out whether the host has recovered.
        probing: bool,
    },
    /// With a result, or given up.
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Call {
    stage: Stage,
    /// Carrying it out twice does harm.
    harmful_twice: bool,
    /// The platform may have carried it out.
    perhaps_done: bool,
    attempts: u32,
}

/// What the last step was, where a property asks about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Event {
    Other,
    Failover,
    Failback,
    Probe,
    BlindRepetition,
    HarmfulProbe,
    ProbeBesideAnother,
    TooManyAttempts,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    calls: [Call; 2],
    hosts: Vec<Remembered>,
    /// That have passed.
    cool_downs: u32,
    event: Event,
}

#[derive(Debug, Clone, PartialEq)]
enum Action {
    Begin(usize),
    End { call: usize, end: End, budget: bool },
    GiveUp(usize),
    CoolDownPasses,
}

struct Explorer {
    /// One, whose memory is that of the state which is looked at.
    hosts: Mutex<Hosts>,
    count: usize,
    policies: &'static [(Retry, Retry)],
    /// How many cool-downs may pass.
    cool_downs: u32,
    classifiers: Vec<Classifier>,
}

const fn broken(phase: Phase, cause: Cause) -> End {
    End::Broken { phase, cause }
}

const fn reply(status: u16, slow_down: bool) -> End {
    End::Reply { status, slow_down, after: None }
}

const ENDS: &[End] = &[
    broken(Phase::Connecting, Cause::Host),
    broken(Phase::Waiting, Cause::Host),
    broken(Phase::Receiving, Cause::Host),
    broken(Phase::Connecting, Cause::Ours),
    broken(Phase::Receiving, Cause::Ours),
    reply(200, false),
    reply(400, false),
    reply(403, true),
    reply(408, false),
    reply(429, true),
    reply(500, false),
    reply(503, false),
];

/// The platform's rules, in our own words: only what never arrived and what was refused was certainly not carried out.
fn perhaps_done(end: End) -> bool {
    match end {
        End::Broken { phase, .. } => phase != Phase::Connecting,
        End::Reply { status, .. } => !matches!(status, 400 | 403 | 429),
    }
}

impl Explorer {
    fn new(count: usize, policies: &'static [(Retry, Retry)], cool_downs: u32, classifiers: &[Classifier]) -> Self {
        let backups = (1..count).map(|at| format!("https://backup{at}.test")).collect::<Vec<_>>().join(",");
        let options = ClientBuilder::default()
            .base_url("https://main.test")
            .backup_url(backups)
            .cool_down(Duration::from_millis(COOL_DOWN))
            .into_options();
        let hosts = Hosts::with_registry(&options, Registry::new().into()).expect("good options");
        Self { hosts: Mutex::new(hosts), count, policies, cool_downs, classifiers: classifiers.to_vec() }
    }

    fn begin(&self, state: &mut State, at: usize) {
        let Stage::Ready(mut course) = state.calls[at].stage.clone() else { unreachable!("only what is ready begins") };
        course.begin();
        let (tried, nature) = (course.tried(), course.nature());
        let before = state.hosts.clone();
        let host = self.with_hosts(state, |hosts, list| hosts.choose_at(NOW, list, tried, nature));
        let ill = before[host].ill_until;
        let another_is_well = (0..self.count).any(|other| tried & (1 << other) == 0 && before[other].ill_until == 0);
        let probing = ill != 0 && another_is_well;
        let also_probed = state
            .calls
            .iter()
            .any(|call| matches!(call.stage, Stage::UnderWay { host: other, probing: true, .. } if other == host));
        let call = &mut state.calls[at];
        call.attempts += 1;
        state.event = if call.harmful_twice && call.perhaps_done {
            Event::BlindRepetition
        } else if call.attempts > course.most() {
            Event::TooManyAttempts
        } else if probing && call.harmful_twice && NOW < ill + COOL_DOWN {
            Event::HarmfulProbe
        } else if probing && also_probed {
            Event::ProbeBesideAnother
        } else if probing {
            Event::Probe
        } else {
            Event::Other
        };
        call.stage = Stage::UnderWay { course, host, probing };
    }

    fn end(&self, state: &mut State, at: usize, end: End, budget: bool) {
        let Stage::UnderWay { mut course, host, .. } = state.calls[at].stage.clone() else {
            unreachable!("only what is under way ends")
        };
        let before = state.hosts[host].ill_until;
        let elsewhere_first = course.tried() & !(1 << host) != 0;
        let well = self.with_hosts(state, |hosts, list| {
            hosts.ended_at(|| NOW, &list[host], end);
            Hosts::well(list)
        });
        let answered = matches!(end, End::Reply { status: 200, .. });
        state.event = match answered {
            true if host == 0 && before != 0 && state.hosts[0].ill_until == 0 => Event::Failback,
            true if elsewhere_first => Event::Failover,
            _ => Event::Other,
        };
        let step = course.end_by(&self.classifiers, host as u32, end, well, |_| 0, || budget);
        let call = &mut state.calls[at];
        call.perhaps_done |= perhaps_done(end);
        call.stage = match step {
            Step::Finish => Stage::Over,
            Step::Send { .. } => Stage::Ready(course),
        };
    }

    /// Lets the hosts remember what the state says, and the state what the hosts do then.
    fn with_hosts<T>(&self, state: &mut State, work: impl FnOnce(&Hosts, &[super::Host]) -> T) -> T {
        let hosts = self.hosts.lock().expect("nobody panics with it");
        let list = hosts.of_operation(None).expect("no host of its own");
        list.iter().zip(&state.hosts).for_each(|(host, it)| host.remember(it));
        let result = work(&hosts, &list);
        state.hosts = list.iter().map(|host| alike(host.remembered())).collect();
        in_order(&mut state.hosts);
        result
    }
}

fn cool_down_passes(state: &mut State) {
    for host in &mut state.hosts {
        host.ill_until = host.ill_until.saturating_sub(COOL_DOWN);
        host.probed_until = host.probed_until.saturating_sub(COOL_DOWN);
        *host = alike(host.clone());
    }
    for call in &mut state.calls {
        if let Stage::UnderWay { probing, .. } = &mut call.stage {
            *probing = false;
        }
    }
    state.event = Event::Other;
}

impl Model for Explorer {
    type State = State;
    type Action = Action;

    /// One call that does harm twice and one that does not, under every policy; all hosts well, or the main one just ill.
    fn init_states(&self) -> Vec<State> {
        let well = vec![Remembered::default(); self.count];
        let mut ill = well.clone();
        ill[0] = Remembered { ill_until: NOW + COOL_DOWN, relapses: 1, failed_at: 1, ..Remembered::default() };
        let call = |policy, nature| Call {
            stage: Stage::Ready(Course::new(policy, nature, self.count as u32)),
            // Who says that it is harmless takes the word back.
            harmful_twice: nature == Nature::Once && policy != Retry::Idempotent,
            perhaps_done: false,
            attempts: 0,
        };
        let mut states = Vec::new();
        for hosts in [well, ill] {
            for (first, second) in self.policies {
                let calls = [call(*first, Nature::Once), call(*second, Nature::Repeatable)];
                states.push(State { calls, hosts: hosts.clone(), cool_downs: 0, event: Event::Other });
            }
        }
        states
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (call, it) in state.calls.iter().enumerate() {
            match it.stage {
                Stage::Over => continue,
                Stage::Ready(_) => actions.push(Action::Begin(call)),
                Stage::UnderWay { .. } => {
                    for &end in ENDS {
                        actions.extend([true, false].map(|budget| Action::End { call, end, budget }));
                    }
                }
            }
            actions.push(Action::GiveUp(call));
        }
        if state.cool_downs < self.cool_downs {
            actions.push(Action::CoolDownPasses);
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::Begin(call) => self.begin(&mut next, call),
            Action::End { call, end, budget } => self.end(&mut next, call, end, budget),
            Action::GiveUp(call) => {
                next.calls[call].stage = Stage::Over;
                next.event = Event::Other;
            }
            Action::CoolDownPasses => {
                cool_down_passes(&mut next);
                next.cool_downs += 1;
            }
        }
        // Nothing is asked any more of a call that is over.
        for call in next.calls.iter_mut().filter(|call| call.stage == Stage::Over) {
            *call = Call { stage: Stage::Over, harmful_twice: false, perhaps_done: false, attempts: 0 };
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(BLIND, |_, state: &State| state.event != Event::BlindRepetition),
            Property::always(TOO_MANY, |_, state: &State| state.event != Event::TooManyAttempts),
            Property::always("no early probe by what does harm twice", |_, state: &State| {
                state.event != Event::HarmfulProbe
            }),
            Property::always("one probe at a time", |_, state: &State| state.event != Event::ProbeBesideAnother),
            Property::sometimes("failover", |_, state: &State| state.event == Event::Failover),
            Property::sometimes("failback", |_, state: &State| state.event == Event::Failback),
            Property::sometimes("probe", |_, state: &State| state.event == Event::Probe),
        ]
    }
}

const BLIND: &str = "nothing that does harm twice is sent after it was perhaps carried out";
const TOO_MANY: &str = "a course ends within its attempts";

/// Of the call that does harm twice, and of the other one, for which `safe` and `idempotent` are the same.
const POLICIES: &[(Retry, Retry)] = &[
    (Retry::Off, Retry::Off),
    (Retry::Off, Retry::Safe),
    (Retry::Safe, Retry::Off),
    (Retry::Safe, Retry::Safe),
    (Retry::Idempotent, Retry::Off),
    (Retry::Idempotent, Retry::Idempotent),
];

fn explore(explorer: Explorer) {
    let count = explorer.count;
    let checker = explorer.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.is_done(), "every state was looked at");
    eprintln!("{count} hosts: {} states", checker.unique_state_count());
}

#[test]
fn no_interleaving_breaks_a_rule() {
    explore(Explorer::new(2, POLICIES, 2, CLASSIFIERS));
}

#[test]
fn nor_does_a_third_host() {
    explore(Explorer::new(3, &[(Retry::Safe, Retry::Safe)], 1, CLASSIFIERS));
}

#[test]
fn without_its_rule_money_is_sent_twice() {
    let others: Vec<Classifier> =
        CLASSIFIERS.iter().copied().filter(|one| !std::ptr::fn_addr_eq(*one, unknown_fate as Classifier)).collect();
    assert_eq!(others.len(), CLASSIFIERS.len() - 1, "one was taken away");
    let explorer = Explorer::new(2, POLICIES, 2, &others);
    let checker = explorer.checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    assert!(checker.discovery(BLIND).is_some(), "the exploration does not see it");
}
