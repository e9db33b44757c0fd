//! The campaign of one language: its sandbox, its processes, the plan, and what came of it.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::sync::{Mutex, RwLock};
use tokio::time::timeout;
use wechatpay_sdk::Retry;

use crate::Problem;
use crate::driver::Driver;
use crate::flat::{self, Sample, Waits, leaks};
use crate::languages::Language;
use crate::plan::{Call, Plan, Repeat};
use crate::platform::Platform;
use crate::report::{Outcome, Record, Seen};
use crate::stage::Stage;
use crate::timeline::{Event, events};
use crate::world::World;

/// How long calls may stay away from a main host that is back.
pub(crate) const FAILBACK: Duration = Duration::from_secs(60);
/// How long what a language holds may take to go.
const SETTLING: Duration = Duration::from_secs(15);
/// Between two calls that only look if it is found again.
const PACE: Duration = Duration::from_millis(200);

/// What the lanes share.
struct Run<'a> {
    plan: Plan,
    platform: Arc<Platform>,
    drivers: Vec<Driver>,
    next: Mutex<Next<'a>>,
    /// Read by calls under way, written by whoever wants none.
    quiet: RwLock<()>,
    records: Mutex<Vec<Record>>,
}

/// The way through the plan.
struct Next<'a> {
    n: usize,
    events: std::iter::Peekable<std::slice::Iter<'a, (usize, Event)>>,
    stage: Stage,
    samples: Vec<Sample>,
}

/// Runs the plan with the drivers of a language.
pub(crate) async fn run(plan: Plan, language: &Language, folder: &Path, library: &Path) -> Result<Outcome, Problem> {
    let started = Instant::now();
    let platform = Arc::new(Platform::start(&folder.join("sandbox")).await?);
    let config = folder.join("client.json");
    std::fs::write(&config, platform.client_options().to_string())?;
    let world = World::create(folder.join("world"))?;
    let environment = world.environment(library);
    let drivers = (0..language.processes).map(|_| Driver::start(&language.command, &config, &environment));
    let drivers = try_join_all(drivers).await?;
    let events = events(&plan);
    let run = Run {
        plan,
        platform: Arc::clone(&platform),
        drivers,
        next: Mutex::new(Next {
            n: 0,
            events: events.iter().peekable(),
            stage: Stage::new(Arc::clone(&platform), world),
            samples: Vec::new(),
        }),
        quiet: RwLock::new(()),
        records: Mutex::new(Vec::with_capacity(plan.calls)),
    };
    try_join_all((0..language.lanes).map(|lane| run.lane(lane))).await?;
    let failback = run.wait_for_failback().await?;
    run.last_sample(language).await?;
    let Run { drivers, next, records, .. } = run;
    let Next { mut stage, samples, .. } = next.into_inner();
    for driver in drivers {
        driver.end().await?;
    }
    // A request that was given up may still be on its way.
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.read().await?;
    let new_key = stage.serials.get(1).map_or("", String::as_str);
    let seen = Seen { arrivals: &stage.arrivals, samples: &samples, failback, new_key, took: started.elapsed() };
    let outcome = Outcome::new(language, records.into_inner(), &seen);
    drop(stage);
    if let Some(platform) = Arc::into_inner(platform) {
        platform.shutdown().await;
    }
    Ok(outcome)
}

impl Run<'_> {
    /// Makes one call after the other until there are no more.
    async fn lane(&self, lane: usize) -> Result<(), Problem> {
        while let Some(n) = self.next_call().await? {
            self.make(lane, &self.plan.call(n)).await?;
        }
        Ok(())
    }

    /// The next number, once all has happened that comes before it.
    async fn next_call(&self) -> Result<Option<usize>, Problem> {
        let mut next = self.next.lock().await;
        if next.n == self.plan.calls {
            return Ok(None);
        }
        let n = next.n;
        while let Some((_, event)) = next.events.next_if(|(at, _)| *at <= n) {
            if *event == Event::Sample {
                self.sample(&mut next, n).await?;
            }
            next.stage.happen(*event).await?;
        }
        next.n += 1;
        Ok(Some(n))
    }

    async fn make(&self, lane: usize, call: &Call) -> Result<(), Problem> {
        let _under_way = self.quiet.read().await;
        let driver = &self.drivers[lane % self.drivers.len()];
        let armed = match &call.trouble {
            Some(trouble) => Some(self.platform.arm(&trouble.order(&call.number())).await?),
            None => None,
        };
        let retry = match call.repeat {
            Repeat::Nothing => Retry::Off,
            Repeat::Safe => Retry::Safe,
            Repeat::Idempotent => Retry::Idempotent,
        };
        let line = call.line(retry.as_str());
        let mut ended = pin!(driver.call(call.n, &line, call.timeout));
        let in_time = timeout(call.timeout, &mut ended).await;
        let (answer, starved) = match in_time {
            Ok(answer) => (answer, Duration::ZERO),
            Err(_) => {
                let before = Waits::of(driver.pid);
                (ended.await, Waits::of(driver.pid).since(&before))
            }
        };
        if let Some(armed) = armed {
            self.platform.disarm(&armed).await?;
        }
        self.records.lock().await.push(Record { call: call.clone(), answer, starved });
        Ok(())
    }

    /// With no call under way and no garbage.
    async fn sample(&self, next: &mut Next<'_>, at: usize) -> Result<(), Problem> {
        let _nothing_under_way = self.quiet.write().await;
        for driver in &self.drivers {
            driver.rest().await?;
        }
        let processes: Vec<_> = self.drivers.iter().map(|driver| driver.pid).collect();
        next.samples.push(flat::sample(at, &processes)?);
        Ok(())
    }

    /// Threads that resolved slow names leave after ten seconds without work: what goes by itself is no leak.
    async fn last_sample(&self, language: &Language) -> Result<(), Problem> {
        let mut next = self.next.lock().await;
        let first = next.samples.first().copied().unwrap_or_default();
        let started = Instant::now();
        loop {
            self.sample(&mut next, self.plan.calls).await?;
            let leaking = next.samples.last().is_some_and(|last| !leaks(first, *last, language.bounds).is_empty());
            if !leaking || started.elapsed() > SETTLING {
                return Ok(());
            }
            next.samples.pop();
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Goes on calling until a call comes to the main host again. How long that took; none where it never did.
    async fn wait_for_failback(&self) -> Result<Option<Duration>, Problem> {
        let mut n = self.plan.calls;
        loop {
            let (back, seen) = {
                let mut next = self.next.lock().await;
                next.stage.read().await?;
                let (back, seq) = next.stage.back.ok_or("the main host comes back in every plan")?;
                (back, next.stage.arrivals.main_seq > seq)
            };
            if seen || back.elapsed() > FAILBACK {
                return Ok(seen.then(|| back.elapsed()));
            }
            self.make(n, &self.plan.call(n)).await?;
            n += 1;
            tokio::time::sleep(PACE).await;
        }
    }
}
