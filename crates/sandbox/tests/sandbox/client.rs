//! A client that shares no code with the sandbox: signatures come from and go to the openssl command.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use wechatpay_sandbox::{Info, Options, Sandbox};

/// A sandbox of its own and a merchant that calls it.
pub(crate) struct Client {
    pub(crate) sandbox: Sandbox,
    pub(crate) signer: Signer,
    pub(crate) dir: TempDir,
    http: reqwest::Client,
}

/// Everything that goes into an `Authorization` header.
#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) mchid: String,
    pub(crate) serial_no: String,
    pub(crate) key: PathBuf,
    pub(crate) timestamp: i64,
    pub(crate) nonce: String,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A sandbox with the built-in seed; keys are made once for all tests and copied.
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy_keys(dir.path());
        let sandbox = Sandbox::start(Options::new(dir.path())).await.unwrap();
        let info = sandbox.info();
        let signer = Signer {
            mchid: info.mchid.clone(),
            serial_no: info.serial_no.clone(),
            key: info.merchant_private_key_path.clone(),
            timestamp: now(),
            nonce: "593BEC0C930BF1AFEB40B4A08C8FB242".to_owned(),
        };
        let http = reqwest::Client::builder().user_agent("sandbox-test").no_proxy().build().unwrap();
        Self { sandbox, signer, dir, http }
    }

    pub(crate) fn info(&self) -> &Info {
        self.sandbox.info()
    }

    /// The usual headers of a signed request.
    pub(crate) fn headers(&self, method: &str, target: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("accept", "application/json".to_owned()),
            ("authorization", self.signer.authorization(method, target, body)),
            ("wechatpay-serial", self.info().public_key_id.clone()),
        ];
        if !body.is_empty() {
            headers.push(("content-type", "application/json".to_owned()));
        }
        headers
    }

    pub(crate) async fn send(
        &self,
        base_url: &str,
        method: &str,
        target: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> Result<Reply, reqwest::Error> {
        let method: Method = method.parse().unwrap();
        let mut request = self.http.request(method, format!("{base_url}{target}")).body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let reply = request.send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        Ok(Reply { status, headers, body: reply.bytes().await?.to_vec() })
    }

    /// A signed call of the main host that asks for the platform's public key.
    pub(crate) async fn call(&self, method: &str, target: &str, body: Value) -> Reply {
        self.try_call(method, target, body).await.unwrap()
    }

    pub(crate) async fn try_call(&self, method: &str, target: &str, body: Value) -> Result<Reply, reqwest::Error> {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = self.headers(method, target, &body);
        self.send(&self.info().base_url, method, target, &headers, body).await
    }

    pub(crate) async fn custom_page(&self, sub_mchid: &str, operation_type: &str) -> Reply {
        let body = json!({"sub_mchid": sub_mchid, "operation_type": operation_type});
        self.call("POST", "/v3/goldplan/merchants/changecustompagestatus", body).await
    }

    pub(crate) async fn check_status(&self, sub_mchid: &str) -> Reply {
        self.call("GET", &format!("/v3/new-tax-control-fapiao/merchant/{sub_mchid}/check-status"), Value::Null).await
    }

    /// A call of the admin listener: status and JSON.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.info().admin_url));
        let reply = request.body(body).send().await.unwrap();
        (reply.status(), serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap())
    }

    /// A call of the admin listener that succeeds.
    pub(crate) async fn admin_ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, value) = self.admin(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {value}");
        value
    }

    /// Arms a fault for the next call.
    pub(crate) async fn arm(&self, fault: Value) {
        self.admin_ok("POST", "/faults", json!({"fault": fault})).await;
    }

    /// Which of the platform's keys signed the reply, after the openssl command; panics when none did.
    pub(crate) fn signed_with(&self, reply: &Reply) -> &'static str {
        let serial = reply.header("wechatpay-serial");
        if serial == self.info().public_key_id {
            assert!(verified(&self.info().platform_public_key_path, reply), "signature by the public key");
            "public_key"
        } else if serial == self.info().platform_certificate_serial {
            let key = self.dir.path().join("platform_cert_pub.pem");
            fs::write(&key, public_key_of(&self.info().platform_certificate_path)).unwrap();
            assert!(verified(&key, reply), "signature by the certificate");
            "certificate"
        } else {
            panic!("signed under an unknown serial {serial:?}: {reply:?}")
        }
    }
}

impl Signer {
    pub(crate) fn authorization(&self, method: &str, target: &str, body: &[u8]) -> String {
        let Self { mchid, serial_no, timestamp, nonce, .. } = self;
        let mut message = format!("{method}\n{target}\n{timestamp}\n{nonce}\n").into_bytes();
        message.extend_from_slice(body);
        message.push(b'\n');
        let key = self.key.to_str().unwrap();
        let signature = STANDARD.encode(openssl(&["dgst", "-sha256", "-sign", key], &message));
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{mchid}\",nonce_str=\"{nonce}\",timestamp=\"{timestamp}\",\
             serial_no=\"{serial_no}\",signature=\"{signature}\""
        )
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and `code` of an error reply.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}

/// Whether the reply is signed by the private half of the key in `path`.
pub(crate) fn verified(path: &Path, reply: &Reply) -> bool {
    let mut message =
        format!("{}\n{}\n", reply.header("wechatpay-timestamp"), reply.header("wechatpay-nonce")).into_bytes();
    message.extend_from_slice(&reply.body);
    message.push(b'\n');
    let file = tempfile::NamedTempFile::new().unwrap();
    let Ok(signature) = STANDARD.decode(reply.header("wechatpay-signature")) else { return false };
    fs::write(file.path(), signature).unwrap();
    let (key, signature) = (path.to_str().unwrap(), file.path().to_str().unwrap());
    run(&["dgst", "-sha256", "-verify", key, "-signature", signature], &message).is_some()
}

pub(crate) fn public_key_of(certificate: &Path) -> Vec<u8> {
    openssl(&["x509", "-in", certificate.to_str().unwrap(), "-pubkey", "-noout"], b"")
}

/// Runs the openssl command, which must succeed.
pub(crate) fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    run(arguments, input).unwrap_or_else(|| panic!("openssl {arguments:?} failed"))
}

fn run(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the openssl command is installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}

pub(crate) fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the test signs at the real time")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().try_into().unwrap()
}

/// Puts the keys that all tests share under `dir`.
fn copy_keys(dir: &Path) {
    static SHARED: OnceLock<TempDir> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let shared = tempfile::tempdir().unwrap();
        let dir = shared.path().to_owned();
        let make = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { Sandbox::start(Options::new(dir)).await.unwrap().shutdown().await });
        });
        make.join().unwrap();
        shared
    });
    fs::create_dir(dir.join("keys")).unwrap();
    for entry in fs::read_dir(shared.path().join("keys")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.join("keys").join(path.file_name().unwrap())).unwrap();
    }
}
