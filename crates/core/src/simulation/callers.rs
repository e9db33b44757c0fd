//! Merchants: each makes a call about once a minute, and writes down what it was told.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::judge::{Minutes, Nature, Outcome, Told};
use super::network::Network;
use super::site::{EPOCH, KEY_ID, SITES, Shared as Sites, lock};
use crate::ambient::Ambient;
use crate::client::{CallOptions, Client, Shared};
use crate::merchant_identity::Merchant;
use crate::merchant_key::{KeyFuture, MerchantKey};
use crate::observer::{AttemptStart, Observer};
use crate::options::Options;
use crate::retry::{Attempt, Budget, Hosts, Registry, Retry};
use crate::transport::Transport;

const PLATFORM_KEY: &str = include_str!("../../../../tests/vectors/keys/platform_pub.pem");
const MCHID: &str = "1900000001";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// As the transport has it with sockets.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// What all callers write into.
#[derive(Default)]
pub(crate) struct Diary {
    pub(crate) calls: Vec<Told>,
    pub(crate) minutes: Minutes,
    /// What an observer saw that may not be.
    pub(crate) wrong: Vec<String>,
}

pub(crate) type Book = Arc<Mutex<Diary>>;

pub(crate) fn open(book: &Book) -> MutexGuard<'_, Diary> {
    book.lock().expect("nobody panics with it")
}

/// What the merchants of a process share: they are made from one client.
pub(crate) struct Process {
    registry: Arc<Registry>,
    budget: Arc<Budget>,
}

impl Process {
    pub(crate) fn new() -> Self {
        Self { registry: Arc::new(Registry::new()), budget: Arc::default() }
    }
}

/// The parts of a client that cost much and are the same for all.
#[derive(Clone)]
pub(crate) struct Parts {
    merchant: Arc<Merchant>,
    options: Options,
    tls: rustls::ClientConfig,
}

impl Parts {
    pub(crate) fn new() -> Self {
        let options = Client::builder()
            .mchid(MCHID)
            .serial_no("1234567890ABCDEF")
            .public_key_id(KEY_ID)
            .platform_public_key(PLATFORM_KEY)
            .base_url(format!("https://{}", SITES[0]))
            .backup_url(format!("https://{}", SITES[1]))
            .into_options();
        let ambient = Simulated(Mutex::new(fastrand::Rng::with_seed(0)));
        let merchant = Merchant::from_options(&options, Some(Arc::new(Stamp)), &ambient).expect("good options");
        let tls = crate::tls::config(&options).expect("good options");
        Self { merchant: Arc::new(merchant), options, tls }
    }

    /// A client of this process. It must be called within the simulation.
    pub(crate) fn client(&self, process: &Process, seed: u64, book: &Book) -> Client {
        let shared = Shared {
            transport: Transport::over(Network::new(POOL_IDLE), self.tls.clone()),
            hosts: Hosts::with_registry(&self.options, Arc::clone(&process.registry)).expect("good options"),
            budget: Arc::clone(&process.budget),
            user_agent: http::HeaderValue::from_static("simulation"),
            ambient: Arc::new(Simulated(Mutex::new(fastrand::Rng::with_seed(seed)))),
            observer: Some(Arc::new(Watch { book: Arc::clone(book), under_way: AtomicU32::new(0) })),
            fleet: None,
        };
        Client {
            merchant: Arc::clone(&self.merchant),
            shared: Arc::new(shared),
            timeout: TIMEOUT,
            retry: Retry::Safe,
            encrypted_with: None,
            limiter: None,
            has_turn: false,
        }
    }
}

/// The simulation's clock, and randomness from its seed.
#[derive(Debug)]
struct Simulated(Mutex<fastrand::Rng>);

impl Ambient for Simulated {
    fn now(&self) -> i64 {
        EPOCH + turmoil::sim_elapsed().unwrap_or_default().as_secs() as i64
    }

    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().expect("nobody panics with it").fill(buffer);
    }
}

/// That requests are signed well is proven elsewhere, and would cost most of the time here.
struct Stamp;

impl MerchantKey for Stamp {
    fn sign<'a>(&'a self, _: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(async { Ok(vec![0x80; 256]) })
    }
}

/// Counts the attempts of one client, whose calls come one after another.
struct Watch {
    book: Book,
    under_way: AtomicU32,
}

impl Observer for Watch {
    fn before(&self, start: &AttemptStart<'_>) {
        let mut diary = open(&self.book);
        if self.under_way.fetch_add(1, Ordering::Relaxed) != 0 {
            diary.wrong.push(format!("two attempts at once: {start:?}"));
        }
        let minute = turmoil::sim_elapsed().unwrap_or_default().as_secs() / 60;
        let site = SITES.iter().position(|site| start.host.ends_with(site)).expect("one of the two");
        diary.minutes.entry(minute).or_default()[site] += 1;
    }

    fn after(&self, _: &AttemptStart<'_>, _: &Attempt) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One merchant.
pub(crate) struct Caller {
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) random: fastrand::Rng,
    pub(crate) book: Book,
    pub(crate) sites: Sites,
}

impl Caller {
    /// About a call a minute, until then.
    pub(crate) async fn work(mut self, until: Duration) {
        for count in 0.. {
            sleep(Duration::from_millis(self.random.u64(30_000..90_000))).await;
            if now() >= until {
                return;
            }
            self.call(format!("{}-{count}", self.name), None).await;
        }
    }

    /// Gives the call up after this time, if it still goes on then.
    pub(crate) async fn call(&mut self, number: String, give_up: Option<Duration>) {
        let nature = [Nature::Once, Nature::Once, Nature::Marked, Nature::Get][self.random.usize(0..4)];
        // A caller's own word that it is harmless must be true here, since the witness counts.
        let policies = if nature == Nature::Once { 0..9 } else { 0..10 };
        let retry = match self.random.usize(policies) {
            0 => Retry::Off,
            9 => Retry::Idempotent,
            _ => Retry::Safe,
        };
        let client = self.client.with_options(CallOptions::default().retry(retry));
        let (operation, params) = request(nature, &number);
        let (began, started) = (now(), Instant::now());
        let call = client.call(operation, params);
        let outcome = match give_up {
            None => Some(call.await),
            Some(after) => timeout(after, call).await.ok(),
        };
        let outcome = match outcome {
            Some(Ok(reply)) => Outcome::Done { request_id: reply.request_id },
            Some(Err(error)) => Outcome::Failed {
                kind: error.kind(),
                code: error.code().to_owned(),
                may_have_taken_effect: error.may_have_taken_effect(),
            },
            None => Outcome::Dropped { at: now() },
        };
        let told = Told { number, nature, began, took: started.elapsed(), timeout: TIMEOUT, outcome };
        lock(&self.sites).note(&told);
        open(&self.book).calls.push(told);
    }
}

fn now() -> Duration {
    turmoil::sim_elapsed().unwrap_or_default()
}

fn request(nature: Nature, number: &str) -> (&'static str, Map<String, Value>) {
    let (operation, params) = match nature {
        Nature::Once => (
            "pay.transactions.code_pay.create",
            json!({"appid": "wx1", "mchid": MCHID, "description": "tea", "out_trade_no": number,
                "payer": {"auth_code": "1"}, "amount": {"total": 1}, "scene_info": {"store_info": {"out_id": "1"}}}),
        ),
        Nature::Marked => (
            "pay.transactions.native.create",
            json!({"appid": "wx1", "mchid": MCHID, "description": "tea", "out_trade_no": number,
                "amount": {"total": 1}, "notify_url": "https://merchant.test/"}),
        ),
        Nature::Get => ("pay.transactions.get_by_out_trade_no", json!({"out_trade_no": number, "mchid": MCHID})),
    };
    let Value::Object(params) = params else { unreachable!("an object") };
    (operation, params)
}
