//! Lets the events of the timeline happen at one platform.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Problem;
use crate::platform::{Arrivals, Platform};
use crate::timeline::Event;
use crate::world::World;

/// How long the main host stays away, and back, where it flaps.
const FLAP: Duration = Duration::from_millis(150);
const SIX_YEARS: i64 = 6 * 365 * 24 * 60 * 60;

/// The end of it, and the task that does it.
type Flapping = (watch::Sender<bool>, JoinHandle<Result<(), Problem>>);

/// The state of what happens.
pub(crate) struct Stage {
    platform: Arc<Platform>,
    world: World,
    refused: Vec<Value>,
    flapping: Option<Flapping>,
    /// Serials of the first certificate and of the second.
    pub(crate) serials: Vec<String>,
    pub(crate) arrivals: Arrivals,
    /// When the main host was back for good, and the newest entry of the journal then.
    pub(crate) back: Option<(Instant, u64)>,
}

impl Stage {
    pub(crate) fn new(platform: Arc<Platform>, world: World) -> Self {
        Self {
            platform,
            world,
            refused: Vec::new(),
            flapping: None,
            serials: Vec::new(),
            arrivals: Arrivals::default(),
            back: None,
        }
    }

    /// All but taking a sample, which concerns the drivers.
    pub(crate) async fn happen(&mut self, event: Event) -> Result<(), Problem> {
        match event {
            Event::Sample => {}
            Event::Read => self.read().await?,
            Event::Refuse(hosts) => self.refuse(hosts).await?,
            Event::Allow => self.allow().await?,
            Event::Flap(true) => {
                let (stop, stopped) = watch::channel(false);
                self.flapping = Some((stop, tokio::spawn(flap(Arc::clone(&self.platform), stopped))));
            }
            Event::Flap(false) => {
                if let Some((stop, task)) = self.flapping.take() {
                    stop.send_replace(true);
                    task.await??;
                }
            }
            Event::SlowNames(ms) => {
                self.world.names_take(ms)?;
                self.refuse(&["main", "backup"]).await?;
                self.allow().await?;
            }
            Event::ClientClock(seconds) => self.world.clock_off_by(seconds)?,
            Event::PlatformClock(seconds) => {
                self.platform.tell("POST", "/clock", &json!({"off_by_seconds": seconds})).await?;
            }
            Event::NewCertificate => {
                let shown = self.platform.tell("POST", "/certificates", &json!({"ends_in": SIX_YEARS})).await?;
                let certificates = shown["certificates"].as_array().into_iter().flatten();
                self.serials = certificates.filter_map(|it| it["serial_no"].as_str()).map(str::to_owned).collect();
            }
            Event::Sign => {
                let new = self.serials.get(1).ok_or("there is a new certificate")?;
                self.platform.tell("PATCH", "/certificates", &json!({"serial_no": new, "signing": true})).await?;
            }
            Event::RemoveOld => {
                self.read().await?;
                let [old, new] = self.serials.as_slice() else { return Err("there are two certificates".into()) };
                if self.arrivals.all_name(new) {
                    self.platform.tell("DELETE", "/certificates", &json!({"serial_no": old})).await?;
                }
            }
            Event::Failback => {
                self.read().await?;
                self.allow().await?;
                self.back = Some((Instant::now(), self.arrivals.seq));
            }
        }
        Ok(())
    }

    pub(crate) async fn read(&mut self) -> Result<(), Problem> {
        self.platform.read_journal(&mut self.arrivals).await
    }

    async fn refuse(&mut self, hosts: &[&str]) -> Result<(), Problem> {
        for host in hosts {
            self.refused.push(self.platform.refuse(host).await?);
        }
        Ok(())
    }

    async fn allow(&mut self) -> Result<(), Problem> {
        for id in self.refused.drain(..) {
            self.platform.disarm(&id).await?;
        }
        Ok(())
    }
}

async fn flap(platform: Arc<Platform>, mut stopped: watch::Receiver<bool>) -> Result<(), Problem> {
    while !*stopped.borrow() {
        let refused = platform.refuse("main").await?;
        tokio::time::sleep(FLAP).await;
        platform.disarm(&refused).await?;
        let paused = tokio::time::timeout(FLAP, stopped.wait_for(|stopped| *stopped)).await;
        if paused.is_ok() {
            break;
        }
    }
    Ok(())
}
