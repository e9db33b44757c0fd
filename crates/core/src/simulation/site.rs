//! A tiny WeChat Pay at two sites that share what has been carried out. It is the witness: what it writes down comes from
//! what arrived, and never from a client.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::time::sleep;
use turmoil::net::TcpListener;

use super::network::PORT;
use crate::crypto::PrivateKey;
use crate::signature::reply_message;

pub(crate) const SITES: [&str; 2] = ["main.test", "backup.test"];
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0119000000012026112100000000000000";
/// When it all begins.
pub(crate) const EPOCH: i64 = 1_800_000_000;
const KEY: &str = include_str!("../../../../tests/vectors/keys/platform_key.pem");
const REPLY: &str = r#"{"trade_state":"SUCCESS"}"#;
const NONCE: &str = "0123456789abcdefghijklmnopqrstuv";

/// How a site behaves towards the requests that reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// A gateway without anything behind it: 503, nothing is carried out.
    Unavailable,
    /// 500; one half is carried out all the same.
    Failing,
    /// 429, nothing is carried out.
    Busy,
    /// Carries it out and never answers.
    Silent,
    /// Carries it out; somebody on the way forges the reply.
    Forged,
}

/// What happened, by the sites' account.
pub(crate) struct Witness {
    pub(crate) executed: BTreeMap<String, u32>,
    /// Calls that a genuine success was sent for.
    pub(crate) confirmed: BTreeSet<String>,
    /// Calls that a forged reply was sent for.
    pub(crate) forged: BTreeSet<String>,
    /// When each call's requests arrived.
    pub(crate) arrivals: BTreeMap<String, Vec<Duration>>,
    pub(crate) moods: [Mood; 2],
    trace: DefaultHasher,
    random: fastrand::Rng,
    key: PrivateKey,
    signatures: HashMap<(i64, &'static str), String>,
}

pub(crate) type Shared = Arc<Mutex<Witness>>;

pub(crate) fn lock(witness: &Shared) -> MutexGuard<'_, Witness> {
    witness.lock().expect("nobody panics with it")
}

impl Witness {
    pub(crate) fn new(seed: u64) -> Shared {
        Arc::new(Mutex::new(Self {
            executed: BTreeMap::new(),
            confirmed: BTreeSet::new(),
            forged: BTreeSet::new(),
            arrivals: BTreeMap::new(),
            moods: [Mood::Well; 2],
            trace: DefaultHasher::new(),
            random: fastrand::Rng::with_seed(seed),
            key: PrivateKey::from_pem(KEY).expect("a test key"),
            signatures: HashMap::new(),
        }))
    }

    /// Two runs with the same trace are the same run.
    pub(crate) fn note(&mut self, what: impl Hash) {
        (turmoil::sim_elapsed(), what).hash(&mut self.trace);
    }

    pub(crate) fn trace(&self) -> u64 {
        self.trace.finish()
    }

    /// Signed by the minute, so that hours of replies cost a few signatures; each is verified all the same.
    fn signature(&mut self, timestamp: i64, signed: &'static str) -> String {
        let key = &self.key;
        self.signatures
            .entry((timestamp, signed))
            .or_insert_with(|| {
                let message = reply_message(&timestamp.to_string(), NONCE, signed.as_bytes());
                STANDARD.encode(key.sign(&message).expect("a test key signs"))
            })
            .clone()
    }

    fn reply(&mut self, number: &str, genuine: bool) -> Response<Full<Bytes>> {
        let since = turmoil::sim_elapsed().unwrap_or_default().as_secs() as i64;
        let timestamp = EPOCH + since / 60 * 60;
        let signature = self.signature(timestamp, if genuine { REPLY } else { "another reply" });
        if genuine { &mut self.confirmed } else { &mut self.forged }.insert(number.to_owned());
        Response::builder()
            .header("Wechatpay-Timestamp", timestamp)
            .header("Wechatpay-Nonce", NONCE)
            .header("Wechatpay-Serial", KEY_ID)
            .header("Wechatpay-Signature", signature)
            .header("Request-ID", number)
            .body(Full::from(REPLY))
            .expect("good headers")
    }

    fn execute(&mut self, number: &str) {
        *self.executed.entry(number.to_owned()).or_default() += 1;
        self.note(number);
    }
}

/// What a host of turmoil runs.
pub(crate) async fn serve(site: usize, witness: Shared) -> turmoil::Result {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let witness = Arc::clone(&witness);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(site, request, Arc::clone(&witness)));
            // A client that hangs up is no failure of the site's.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    site: usize,
    request: Request<Incoming>,
    witness: Shared,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    // Half a request is none.
    let body = body.collect().await?.to_bytes();
    let changes = parts.method != Method::GET;
    let number = if changes {
        let body: serde_json::Value = serde_json::from_slice(&body).expect("a JSON body");
        body["out_trade_no"].as_str().expect("a number of its own").to_owned()
    } else {
        parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned()
    };
    let (mood, pause) = {
        let mut witness = lock(&witness);
        let now = turmoil::sim_elapsed().unwrap_or_default();
        witness.arrivals.entry(number.clone()).or_default().push(now);
        witness.note((site, &number));
        (witness.moods[site], Duration::from_millis(witness.random.u64(20..80)))
    };
    // A site that falls down meanwhile has carried nothing out.
    sleep(pause).await;
    let executes = match mood {
        Mood::Well | Mood::Silent | Mood::Forged => true,
        Mood::Failing => lock(&witness).random.bool(),
        Mood::Unavailable | Mood::Busy => false,
    };
    if executes && changes {
        lock(&witness).execute(&number);
    }
    // And one that falls down now has, and nobody learns of it.
    sleep(pause).await;
    Ok(match mood {
        Mood::Well => lock(&witness).reply(&number, true),
        Mood::Forged => lock(&witness).reply(&number, false),
        Mood::Unavailable => refusal(StatusCode::SERVICE_UNAVAILABLE, "<html>503</html>"),
        Mood::Failing => refusal(StatusCode::INTERNAL_SERVER_ERROR, r#"{"code":"SYSTEM_ERROR","message":"later"}"#),
        Mood::Busy => refusal(StatusCode::TOO_MANY_REQUESTS, r#"{"code":"RATELIMIT_EXCEEDED","message":"slowly"}"#),
        Mood::Silent => match std::future::pending::<Infallible>().await {},
    })
}

fn refusal(status: StatusCode, body: &'static str) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::from(body)).expect("good headers")
}
