//! What a host remembers, for the model that goes from state to state; and what is tested without it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::{Host, Hosts, Registry};
use crate::builder::ClientBuilder;
use crate::retry::attempt::Phase;
use crate::retry::classify::End;
use crate::retry::course::Nature;
use crate::transport::Cause;

/// It is always now; what lies in the past or in the future moves when time passes.
pub(in crate::retry) const NOW: u64 = 1_000_000;
pub(in crate::retry) const COOL_DOWN: u64 = 1000;
/// At this many relapses the cool-down grows no more.
const MOST_RELAPSES: u32 = 3;

/// What a host is remembered by, taken out and put back: a model goes from state to state.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::retry) struct Remembered {
    pub(in crate::retry) ill_until: u64,
    pub(in crate::retry) strikes: u32,
    pub(in crate::retry) relapses: u32,
    pub(in crate::retry) probed_until: u64,
    pub(in crate::retry) failed_at: u64,
}

impl Host {
    pub(in crate::retry) fn remembered(&self) -> Remembered {
        let health = &self.health;
        Remembered {
            ill_until: health.ill_until.load(Relaxed),
            strikes: health.strikes.load(Relaxed),
            relapses: health.relapses.load(Relaxed),
            probed_until: health.probed_until.load(Relaxed),
            failed_at: health.failed_at.load(Relaxed),
        }
    }

    pub(in crate::retry) fn remember(&self, it: &Remembered) {
        self.health.ill_until.store(it.ill_until, Relaxed);
        self.health.strikes.store(it.strikes, Relaxed);
        self.health.relapses.store(it.relapses, Relaxed);
        self.health.probed_until.store(it.probed_until, Relaxed);
        self.health.failed_at.store(it.failed_at, Relaxed);
    }
}

/// What makes no difference any more looks the same.
pub(in crate::retry) fn alike(host: Remembered) -> Remembered {
    match host.ill_until {
        0 => Remembered { strikes: host.strikes, ..Remembered::default() },
        until => Remembered {
            ill_until: until.max(NOW - COOL_DOWN),
            strikes: 0,
            relapses: host.relapses.min(MOST_RELAPSES),
            probed_until: if host.probed_until <= NOW { 0 } else { host.probed_until },
            failed_at: host.failed_at,
        },
    }
}

/// Of when they failed, only the order matters.
pub(in crate::retry) fn in_order(hosts: &mut [Remembered]) {
    let moments: BTreeSet<u64> = hosts.iter().map(|host| host.failed_at).filter(|at| *at != 0).collect();
    for host in hosts.iter_mut().filter(|host| host.failed_at != 0) {
        host.failed_at = 1 + moments.range(..host.failed_at).count() as u64;
    }
}

#[test]
fn hosts_that_are_all_ill_are_tried_in_turn_until_one_answers() {
    const DOWN: End = End::Broken { phase: Phase::Connecting, cause: Cause::Host };
    const UP: End = End::Reply { status: 200, slow_down: false, after: None };
    let options =
        ClientBuilder::default().base_url("https://main.test").backup_url("https://backup.test").into_options();
    let hosts = Hosts::with_registry(&options, Arc::new(Registry::new())).expect("good options");
    let list = hosts.of_operation(None).expect("no host of its own");
    let chosen = |now| hosts.choose_at(now, &list, 0, Nature::Once);
    for (now, at) in [(1000, 0), (2000, 1), (3000, 0), (4000, 1), (5000, 0)] {
        assert_eq!(chosen(now), at, "at {now}");
        hosts.ended_at(|| now, &list[at], DOWN);
        assert_eq!(Hosts::well(&list), if now == 1000 { 0b10 } else { 0 });
    }
    assert_eq!(chosen(6000), 1);
    hosts.ended_at(|| 6000, &list[1], UP);
    assert_eq!(Hosts::well(&list), 0b10);
    assert_eq!([chosen(7000), chosen(8000)], [1, 1], "one that answers is well");
}
