//! A platform with a clock that the test moves, and that its clients go by: it lists one certificate or two, signs with
//! the one that it is told, and keeps a list back as long as the test wants.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use wechatpay_sdk::ambient::{Ambient, System};
use wechatpay_sdk::crypto::{Certificate, PrivateKey, default_backend};
use wechatpay_sdk::signature::reply_message;
use wechatpay_sdk::{Client, ClientBuilder};
use wechatpay_suite::vector_text;

const APIV3_KEY: &str = "0123456789abcdefghijABCDEFGHIJ!!";
/// In 2027, while the certificates of the vectors are valid.
const BEGINNING: i64 = 1_800_000_000;

/// Time goes on only when the test says so; random bytes are random.
#[derive(Debug)]
pub(crate) struct Clock(AtomicI64);

impl Ambient for Clock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn fill(&self, buffer: &mut [u8]) {
        System.fill(buffer);
    }
}

struct Signer {
    serial: String,
    pem: String,
    key: PrivateKey,
}

impl Signer {
    fn new(certificate: &str, key: &str) -> Self {
        let pem = vector_text(&format!("keys/{certificate}"));
        let serial = Certificate::from_pem(&pem).expect("a certificate").serial_no;
        let key = PrivateKey::from_pem(&vector_text(&format!("keys/{key}"))).expect("a key");
        Self { serial, pem, key }
    }
}

/// What the connections share.
struct Inside {
    clock: Arc<Clock>,
    signers: [Signer; 2],
    /// How many of them are listed, and which one signs.
    listed: AtomicUsize,
    signing: AtomicUsize,
    /// 200, or with what else a list is refused.
    status: AtomicUsize,
    held: AtomicBool,
    lists: AtomicUsize,
    calls: Mutex<Vec<String>>,
}

pub(crate) struct Platform {
    inside: Arc<Inside>,
    url: String,
    runtime: Option<Runtime>,
}

impl Platform {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let signers =
            [Signer::new("platform_cert.pem", "platform_cert_key.pem"), Signer::new("other_cert.pem", "other_key.pem")];
        let inside = Arc::new(Inside {
            clock: Arc::new(Clock(AtomicI64::new(BEGINNING))),
            signers,
            listed: AtomicUsize::new(1),
            signing: AtomicUsize::new(0),
            status: AtomicUsize::new(200),
            held: AtomicBool::new(false),
            lists: AtomicUsize::new(0),
            calls: Mutex::default(),
        });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let shared = Arc::clone(&inside);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a socket");
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&shared)));
            }
        });
        Self { inside, url, runtime: Some(runtime) }
    }

    /// A client of this platform that goes by its clock.
    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    /// One that keeps a file.
    pub(crate) fn client_with_cache(&self, path: &Path) -> Client {
        self.builder().certificate_cache(path.to_string_lossy()).build().expect("a client")
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .mchid("1900000001")
            .merchant_private_key(vector_text("keys/merchant_pkcs8.pem"))
            .merchant_certificate(vector_text("keys/merchant_cert.pem"))
            .apiv3_key(APIV3_KEY)
            .auto_certificates(true)
            .base_url(self.url.as_str())
            // What is kept back is not given up, and asked for again, on a busy machine.
            .timeout(Duration::from_secs(600))
            .ambient(self.inside.clock.clone())
    }

    pub(crate) fn now(&self) -> i64 {
        self.inside.clock.now()
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.inside.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn serial(&self, at: usize) -> &str {
        &self.inside.signers[at].serial
    }

    /// Lists so many certificates.
    pub(crate) fn list(&self, count: usize) {
        self.inside.listed.store(count, Ordering::SeqCst);
    }

    /// Signs replies to calls, whatever they ask for, with this one.
    pub(crate) fn sign_with(&self, at: usize) {
        self.inside.signing.store(at, Ordering::SeqCst);
    }

    /// Answers requests for the list with this status.
    pub(crate) fn refuse(&self, status: usize) {
        self.inside.status.store(status, Ordering::SeqCst);
    }

    /// Keeps back the answers to requests for the list, or lets them go.
    pub(crate) fn hold(&self, held: bool) {
        self.inside.held.store(held, Ordering::SeqCst);
    }

    /// How many requests for the list came.
    pub(crate) fn lists(&self) -> usize {
        self.inside.lists.load(Ordering::SeqCst)
    }

    /// The serials that calls named, in order; empty where they named none.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.inside.calls.lock().expect("no test panics while it holds this").clone()
    }
}

impl Drop for Platform {
    /// Perhaps inside a runtime, where none may be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until it holds: how long that takes is the machine's business.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn serve(mut connection: TcpStream, inside: Arc<Inside>) {
    let mut head = Vec::new();
    loop {
        match connection.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&std::mem::take(&mut head)).to_ascii_lowercase();
            let reply = inside.answer(&text).await;
            if connection.write_all(&reply).await.is_err() {
                return;
            }
        }
    }
}

impl Inside {
    async fn answer(&self, head: &str) -> Vec<u8> {
        let asked = head.lines().find_map(|line| line.strip_prefix("wechatpay-serial: ")).unwrap_or_default();
        if !head.starts_with("get /v3/certificates ") {
            self.calls.lock().expect("no test panics while it holds this").push(asked.to_ascii_uppercase());
            return self.signed(200, self.signing.load(Ordering::SeqCst), "{}");
        }
        self.lists.fetch_add(1, Ordering::SeqCst);
        while self.held.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let status = self.status.load(Ordering::SeqCst);
        let listed = &self.signers[..self.listed.load(Ordering::SeqCst)];
        let data: Vec<Value> = listed.iter().map(sealed).collect();
        let by = listed.iter().position(|signer| signer.serial.eq_ignore_ascii_case(asked)).unwrap_or(0);
        self.signed(status, by, &json!({"code": "NO_AUTH", "data": data}).to_string())
    }

    fn signed(&self, status: usize, by: usize, body: &str) -> Vec<u8> {
        let (Signer { serial, key, .. }, now) = (&self.signers[by], self.clock.now());
        let message = reply_message(&now.to_string(), "nonce", body.as_bytes());
        let signature = STANDARD.encode(key.sign(&message).expect("signs"));
        format!(
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nWechatpay-Timestamp: {now}\r\nWechatpay-Nonce: nonce\r\n\
             Wechatpay-Serial: {serial}\r\nWechatpay-Signature: {signature}\r\nRequest-ID: 1-0\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }
}

fn sealed(signer: &Signer) -> Value {
    let key = APIV3_KEY.as_bytes().try_into().expect("32 bytes");
    let ciphertext = default_backend().seal(key, b"123456789012", b"certificate", signer.pem.as_bytes());
    json!({"serial_no": signer.serial, "encrypt_certificate": {
        "algorithm": "AEAD_AES_256_GCM", "nonce": "123456789012", "associated_data": "certificate",
        "ciphertext": STANDARD.encode(ciphertext.expect("a nonce of 12 bytes")),
    }})
}
