//! What happens to the platform and to the network as a whole, and before which call.

use crate::plan::Plan;

/// Seconds that the platform's clock is off by, in turn.
const PLATFORM_CLOCK: [i64; 3] = [3 * 3600, -3600, 0];
/// The client's: back, so far ahead that its keys have grown old, by less than what is tolerated, and right again.
const CLIENT_CLOCK: [i64; 4] = [-3600, 13 * 3600 + 60, 200, 0];
/// Milliseconds that a name takes to be resolved, in turn: some, about a deadline, and more than any.
const SLOW_NAMES: [u64; 4] = [80, 350, 900, 150];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// All calls end first; then memory, threads and sockets are looked at.
    Sample,
    /// The journal is read, so that it is never long.
    Read,
    /// The listeners of these hosts close, with their connections.
    Refuse(&'static [&'static str]),
    /// All listeners are open again.
    Allow,
    /// The main host goes and comes all the time.
    Flap(bool),
    /// Names take this long from now on, and all connections are lost, so that they have to be resolved.
    SlowNames(u64),
    /// The platform's clock is off by this.
    PlatformClock(i64),
    /// That of the clients' machine is.
    ClientClock(i64),
    /// A second certificate can be downloaded.
    NewCertificate,
    /// It signs now.
    Sign,
    /// The first one is gone, if clients have heard of the second: they look again a minute after the last time at the
    /// earliest, and the platform leaves them weeks.
    RemoveOld,
    /// The main host is back for good: calls must come to it again.
    Failback,
}

/// All events in their order, each with the number of the call before which it happens.
pub(crate) fn events(plan: &Plan) -> Vec<(usize, Event)> {
    const BOTH: &[&str] = &["main", "backup"];
    let mut events = vec![
        (0.22, Event::Refuse(&["main"])),
        (0.27, Event::Allow),
        (0.32, Event::Refuse(BOTH)),
        (0.34, Event::Allow),
        (0.38, Event::Flap(true)),
        (0.43, Event::Flap(false)),
        (0.30, Event::NewCertificate),
        (0.53, Event::SlowNames(0)),
        (0.62, Event::Sign),
        (0.66, Event::Refuse(&["backup"])),
        (0.70, Event::Allow),
        (0.88, Event::RemoveOld),
        (0.93, Event::Refuse(&["main"])),
        (0.94, Event::Failback),
    ];
    let spread = |from: f64, step: usize| from + 0.0125 * step as f64;
    events.extend(SLOW_NAMES.iter().enumerate().map(|(step, ms)| (spread(0.48, step), Event::SlowNames(*ms))));
    events.extend(PLATFORM_CLOCK.iter().enumerate().map(|(step, by)| (spread(0.56, step), Event::PlatformClock(*by))));
    events.extend(CLIENT_CLOCK.iter().enumerate().map(|(step, by)| (spread(0.73, step), Event::ClientClock(*by))));
    events.extend((1..=9).map(|tenth| (f64::from(tenth) / 10.0, Event::Sample)));
    events.extend((1..=19).map(|twentieth| (f64::from(twentieth) / 20.0, Event::Read)));
    let mut events: Vec<_> = events.into_iter().map(|(share, event)| (plan.at(share), event)).collect();
    events.sort_by_key(|(at, _)| *at);
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_ends_before_the_calm() {
        let plan = Plan { seed: 1, calls: 500 };
        let events = events(&plan);
        let last = |wanted: &dyn Fn(&Event) -> bool| events.iter().rev().find(|(_, event)| wanted(event)).copied();
        assert_eq!(last(&|event| matches!(event, Event::Flap(_))), Some((plan.at(0.43), Event::Flap(false))));
        assert_eq!(last(&|event| matches!(event, Event::SlowNames(_))), Some((plan.at(0.53), Event::SlowNames(0))));
        let named = |wanted: &dyn Fn(&Event) -> bool| last(wanted).map(|(_, event)| event);
        assert_eq!(named(&|event| matches!(event, Event::PlatformClock(_))), Some(Event::PlatformClock(0)));
        assert_eq!(named(&|event| matches!(event, Event::ClientClock(_))), Some(Event::ClientClock(0)));
        assert_eq!(named(&|event| matches!(event, Event::Refuse(_) | Event::Failback)), Some(Event::Failback));
        assert_eq!(events.iter().find(|(_, event)| *event == Event::Sample).map(|(at, _)| *at), Some(50));
    }
}
