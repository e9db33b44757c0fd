//! What happens on the way: connections, proxies, TLS, deadlines.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use wechatpay_sdk::ambient::{Ambient, System};
use wechatpay_sdk::goldplan::merchants::CloseAdvertisingShow;
use wechatpay_sdk::operation::{Method, Schema, operations};
use wechatpay_sdk::{CallOptions, Client, Error, ErrorKind, Response, Retry};
use wechatpay_suite::Local;

use crate::wires::{Wire, authority};

async fn status(client: &Client) -> Result<Response, Error> {
    client.call("new_tax_control_fapiao.merchant.check_status", params(json!({"sub_mchid": "1900000110"}))).await
}

async fn open(client: &Client) -> Result<Response, Error> {
    let record = json!({"sub_mchid": "1900000110", "operation_type": "OPEN"});
    client.call("goldplan.merchants.change_custom_page_status", params(record)).await
}

fn params(record: Value) -> Map<String, Value> {
    record.as_object().cloned().expect("an object")
}

/// Issue: "no redirects, no Accept-Encoding", seen from the other side of a plain socket.
#[tokio::test]
async fn a_request_asks_for_no_encoding_and_no_redirect_is_followed() {
    let local = Local::start();
    let elsewhere = Wire::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned()).await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: {}/v3/x\r\ncontent-length: 0\r\n\r\n", elsewhere.url("http"));
    let host = Wire::answering(redirect).await;
    let client = local.client_with(&json!({"base_url": host.url("http"), "backup_url": null}));
    for outcome in [status(&client).await, open(&client).await] {
        let error = outcome.expect_err("a redirect is no reply");
        assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Api, "HTTP_302", Some(302)), "{error}");
    }
    let heads = host.heads();
    assert_eq!(heads.len(), 2);
    for head in heads {
        let head = head.to_ascii_lowercase();
        assert!(!head.contains("accept-encoding") && !head.contains("transfer-encoding"), "{head}");
        assert_eq!(head.contains("\r\ncontent-length: "), head.starts_with("post"), "{head}");
        assert!(head.contains("\r\nauthorization: wechatpay2-sha256-rsa2048 mchid="), "{head}");
        assert!(head.starts_with("get /v3/") || head.starts_with("post /v3/"), "{head}");
    }
    assert_eq!(elsewhere.accepted(), 0, "the Authorization header must not travel");
}

/// Issue: "a thousand merchants in one process share one connection pool (a method derives a client for another
/// merchant)".
#[tokio::test]
async fn a_thousand_merchants_share_one_connection() {
    let local = Local::start();
    let relay = Wire::relay(authority(&local.info.base_url)).await;
    let first = local.client_with(&json!({"base_url": relay.url("http"), "backup_url": null}));
    let certificate = std::fs::read_to_string(&local.info.merchant_certificate_path).expect("its certificate");
    let mut clients = vec![first.clone()];
    for number in 1..1000 {
        let mchid = format!("18{number:08}");
        local.admin.register(&mchid, &certificate).await;
        let mut options = local.options();
        for shared in ["base_url", "backup_url", "timeout", "cool_down"] {
            options.remove(shared);
        }
        options.insert("mchid".to_owned(), mchid.into());
        let options = wechatpay_sdk::Options::from_json(&serde_json::to_vec(&options).expect("plain data"));
        clients.push(first.for_merchant(&options.expect("good options")).expect("another merchant"));
    }
    for client in &clients {
        open(client).await.expect("every merchant's call succeeds");
    }
    assert_eq!(relay.accepted(), 1, "calls one after the other need one connection");

    let journal = local.admin.journal().await;
    let callers: std::collections::BTreeSet<_> = journal.iter().map(|entry| entry["mchid"].to_string()).collect();
    assert_eq!((journal.len(), callers.len()), (1000, 1000), "each merchant signed for itself");
    assert!(journal.iter().all(|entry| entry["authorized"] == true));
}

/// A connection is driven by the runtime that opened it: no other may wait for it.
#[test]
fn one_client_serves_several_runtimes_and_blocking_code() {
    let local = Local::start();
    let network = Runtime::new().expect("a runtime");
    let relay = network.block_on(Wire::relay(authority(&local.info.base_url)));
    let client = local.client_with(&json!({"base_url": relay.url("http"), "backup_url": null}));
    let blocking = wechatpay_sdk::blocking::Client::new(client.clone());
    let call = || blocking.send(&CloseAdvertisingShow::new("1900000110")).expect("succeeds");
    let runtimes: Vec<_> = (0..20).map(|_| Runtime::new().expect("a runtime")).collect();
    for _ in 0..3 {
        for runtime in &runtimes {
            runtime.block_on(open(&client)).expect("on any runtime");
            call();
        }
    }
    assert_eq!(relay.accepted(), runtimes.len() + 1, "each keeps its connection");
    drop(runtimes);
    Runtime::new().expect("a runtime").block_on(open(&client)).expect("when the others have ended");
    call();
}

/// Nobody watches the sockets between two blocking calls: what the other side closed meanwhile must not be written to,
/// since a POST on it would have an unknown outcome.
#[test]
fn a_blocking_call_does_not_use_a_connection_that_was_closed_since_the_last_one() {
    let local = Local::start();
    let runtime = Runtime::new().expect("a runtime");
    let wire = runtime.block_on(Wire::closing(authority(&local.info.base_url)));
    let client = local.client_with(&json!({"base_url": wire.url("http"), "backup_url": null}));
    let client = wechatpay_sdk::blocking::Client::new(client);
    for count in 1..=20 {
        client.send(&CloseAdvertisingShow::new("1900000110")).expect("over a new connection");
        assert_eq!(wire.accepted(), count);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Nobody drives the connections between two blocking calls: those that are needed no more are closed all the same.
#[test]
fn a_blocking_client_closes_what_it_needs_no_more() {
    let local = Local::start();
    let network = Runtime::new().expect("a runtime");
    let relay = network.block_on(Wire::relay(authority(&local.info.base_url)));
    let client = local.client_with(&json!({"base_url": relay.url("http"), "backup_url": null}));
    let client = wechatpay_sdk::blocking::Client::new(client);
    let derived = client.with_options(CallOptions::default());
    client.send(&CloseAdvertisingShow::new("1900000110")).expect("succeeds");
    drop(client);
    assert_eq!(relay.accepted(), 1);
    drop(derived);
    assert!(relay.all_closed(), "the last client has gone");

    let silent = network.block_on(Wire::silent());
    let changed = json!({"base_url": silent.url("http"), "backup_url": null, "timeout": 0.2});
    let client = wechatpay_sdk::blocking::Client::new(local.client_with(&changed));
    let error = client.send(&CloseAdvertisingShow::new("1900000110")).expect_err("nobody answers");
    assert_eq!(error.code(), "timeout", "{error}");
    assert!(silent.all_closed(), "the call is over");
}

/// Issue: "a method derives a client for another merchant": its own number, key and serial.
#[tokio::test]
async fn a_derived_client_signs_with_its_own_key() {
    let local = Local::start();
    let (key, certificate) = ("keys/merchant_pkcs8.pem", "keys/merchant_cert.pem");
    let (key, certificate) = (wechatpay_suite::vector_text(key), wechatpay_suite::vector_text(certificate));
    local.admin.register("1900008888", &certificate).await;
    let public = std::fs::read_to_string(&local.info.platform_public_key_path).expect("its public key");
    let other = Client::builder()
        .mchid("1900008888")
        .merchant_private_key(key)
        .merchant_certificate(certificate)
        .public_key_id(&local.info.public_key_id)
        .platform_public_key(public);
    let client = local.client();
    let derived = client.for_merchant(&other.into_options()).expect("another merchant");
    assert_eq!(derived.mchid(), "1900008888");
    open(&derived).await.expect("its key is known");
    open(&client).await.expect("the first client is as it was");
    let journal = local.admin.journal().await;
    assert_eq!(journal[0]["mchid"], "1900008888");
    assert_eq!(journal[0]["headers"]["authorization"]["serial_no"], "5A1B2C3D4E5F60718293A4B5C6D7E8F901234567");
    assert_eq!(journal[1]["mchid"], *local.info.mchid);

    let shared = Client::builder().mchid("1").base_url("https://example.com").into_options();
    let error = client.for_merchant(&shared).expect_err("hosts are shared");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "shared_option"), "{error}");
    assert!(error.message().contains("base_url"), "{error}");
}

/// Issue: "proxy".
#[tokio::test]
async fn a_proxy_is_used_for_http_and_by_connect_for_https() {
    let local = Local::start();
    let proxy = Wire::proxy().await;
    let through = format!("http://merchant:pass@{}", proxy.address);
    let client = local.client_with(&json!({"proxy": through, "backup_url": null}));
    open(&client).await.expect("through the proxy");
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1);
    assert!(heads[0].starts_with(&format!("POST {}/v3/goldplan/", local.info.base_url)), "{}", heads[0]);
    // merchant:pass
    assert!(heads[0].to_ascii_lowercase().contains("proxy-authorization: basic bwvyy2hhbnq6cgfzcw=="), "{}", heads[0]);

    let tls = Tls::new();
    let host = Wire::tls(authority(&local.info.base_url), tls.acceptor).await;
    let changed = json!({"proxy": through, "base_url": host.url("https"), "backup_url": null, "ca_pem": tls.ca_pem});
    status(&local.client_with(&changed)).await.expect("through the proxy");
    let heads = proxy.heads();
    assert_eq!(heads.len(), 2);
    assert!(heads[1].starts_with(&format!("CONNECT {} ", host.address)), "{}", heads[1]);
    assert!(!heads[1].contains("WECHATPAY2"), "the proxy sees no Authorization");

    let nobody = local.client_with(&json!({"proxy": "http://127.0.0.1:1", "backup_url": null, "timeout": 1}));
    let error = open(&nobody).await.expect_err("nobody listens there");
    assert_eq!((error.kind(), error.may_have_taken_effect()), (ErrorKind::Transport, false), "{error}");
}

/// Issue: "overseas operations go to their own host". Told by the proxy, which lets nothing through.
#[tokio::test]
async fn an_operation_with_a_host_of_its_own_goes_there_and_to_no_other() {
    let local = Local::start();
    let reply = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_owned();
    let proxy = Wire::answering(reply).await;
    let changed =
        json!({"base_url": null, "backup_url": null, "proxy": format!("http://{}", proxy.address), "retry": "off"});
    let client = local.client_with(&changed);
    let mut overseas = 0;
    for operation in operations()
        .iter()
        .filter(|operation| operation.host.is_some() || operation.id == "goldplan.merchants.close_advertising_show")
    {
        let example = |name: &str| (name.to_owned(), Value::from("1"));
        let required = operation.params.iter().filter(|param| param.required);
        // What cannot be bound is not sent: those with texts only will do.
        if required.clone().any(|param| !matches!(param.schema, Schema::String { encrypted: false, .. })) {
            continue;
        }
        let before = proxy.heads().len();
        let params = required.map(|param| example(param.name)).collect();
        let error = client.call(operation.id, params).await.expect_err("the proxy lets nothing through");
        assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
        let own = operation.host.map_or("api.mch.weixin.qq.com", |host| host.trim_start_matches("https://"));
        let heads = proxy.heads();
        assert_eq!(heads.len(), before + 1, "{}", operation.id);
        assert!(heads[before].starts_with(&format!("CONNECT {own}:443 ")), "{}: {}", operation.id, heads[before]);
        overseas += usize::from(operation.host.is_some());
    }
    assert!(overseas > 30, "{overseas}");
}

/// The proxy and the further authority hold for every host: a switch takes neither another way nor other trust.
#[tokio::test]
async fn every_host_is_reached_through_the_proxy_and_trusted_alike() {
    let local = Local::start();
    let (proxy, tls) = (Wire::proxy().await, Tls::new());
    let host = Wire::tls(authority(&local.info.base_url), tls.acceptor).await;
    let nobody = format!("127.0.0.1:{}", wechatpay_suite::redis::free_port());
    let client = local.client_with(&json!({
        "proxy": format!("http://{}", proxy.address), "ca_pem": tls.ca_pem,
        "base_url": format!("https://{nobody}"), "backup_url": host.url("https"),
    }));
    open(&client).await.expect("the backup, through the proxy");
    let asked: Vec<String> =
        proxy.heads().iter().map(|head| head.lines().next().unwrap_or_default().to_owned()).collect();
    assert_eq!(asked, [format!("CONNECT {nobody} HTTP/1.1"), format!("CONNECT {} HTTP/1.1", host.address)]);
}

/// A certificate authority of its own and a server certificate for 127.0.0.1.
struct Tls {
    ca_pem: String,
    acceptor: TlsAcceptor,
}

impl Tls {
    fn new() -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("self-signed");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address");
        let certificate = params.signed_by(&key, &ca).expect("signed");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config =
            ServerConfig::builder_with_provider(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().into())
                .with_safe_default_protocol_versions()
                .expect("the provider's versions")
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)
                .expect("a pair");
        Self { ca_pem: ca.pem(), acceptor: TlsAcceptor::from(std::sync::Arc::new(config)) }
    }
}

/// Issue: "extra CA".
#[tokio::test]
async fn an_unknown_authority_is_refused_and_an_extra_one_accepted() {
    let local = Local::start();
    let tls = Tls::new();
    let host = Wire::tls(authority(&local.info.base_url), tls.acceptor).await;
    let at = json!({"base_url": host.url("https"), "backup_url": null, "timeout": 2});
    let client = local.client_with(&at).with_options(CallOptions::default().retry(Retry::Off));
    let error = open(&client).await.expect_err("nobody vouches for it");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Transport, "connect_failed"), "{error}");
    assert!(!error.may_have_taken_effect(), "{error}");
    assert!(local.admin.journal().await.is_empty(), "nothing was sent");

    let path = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(path.path(), &tls.ca_pem).expect("written");
    for (name, value) in [("ca_pem", tls.ca_pem.as_str()), ("ca_path", &path.path().to_string_lossy())] {
        let mut changed = at.clone();
        changed[name] = value.into();
        open(&local.client_with(&changed)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// A listener that never accepts, its queue filled: further connections hang as they do behind a silent firewall.
struct Hanging {
    url: String,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Hanging {
    async fn start() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = socket.local_addr().expect("bound");
        let listener = socket.listen(1).expect("listens");
        let mut queue = Vec::new();
        let patience = Duration::from_millis(200);
        while let Ok(Ok(connection)) = tokio::time::timeout(patience, TcpStream::connect(address)).await {
            queue.push(connection);
            assert!(queue.len() < 64, "the queue does not fill");
        }
        Self { url: format!("http://{address}"), _listener: listener, _queue: queue }
    }
}

/// Issue: "timeouts (connect, …)"; protocol: "a failure that proves the request was never sent goes to the other host".
#[tokio::test]
async fn a_host_that_does_not_accept_costs_the_connect_timeout_only() {
    let local = Local::start();
    let hanging = Hanging::start().await;
    let changed = json!({"base_url": hanging.url, "backup_url": local.info.base_url, "connect_timeout": 0.3});
    let started = Instant::now();
    open(&local.client_with(&changed)).await.expect("the backup answers");
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(2), "{took:?}");

    let alone = json!({"base_url": hanging.url, "backup_url": null, "connect_timeout": 0.2, "timeout": 0.5});
    let error = open(&local.client_with(&alone)).await.expect_err("nobody answers");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Timeout, "connect_timeout"), "{error}");
    assert!(!error.may_have_taken_effect(), "{error}");
}

/// The machine's clock, and a chosen pause between attempts.
#[derive(Debug)]
struct Pausing(u8);

impl Ambient for Pausing {
    fn now(&self) -> i64 {
        System.now()
    }

    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
        buffer[0] = self.0;
    }
}

/// Bug: a second attempt that began with a millisecond less than connecting may take was ended by the deadline, and then
/// said that it may have taken effect.
#[tokio::test]
async fn an_attempt_that_the_deadline_ends_while_it_connects_says_that_nothing_was_sent() {
    let local = Local::start();
    let hanging = Hanging::start().await;
    // 200 ms to connect, the pause, 200 ms to connect: around the deadline of 500 ms.
    for milliseconds in [80, 95, 96, 97, 98, 99] {
        let client = Client::builder()
            .mchid(&local.info.mchid)
            .serial_no(&local.info.serial_no)
            .merchant_private_key_path(local.info.merchant_private_key_path.to_string_lossy())
            .public_key_id(&local.info.public_key_id)
            .platform_public_key_path(local.info.platform_public_key_path.to_string_lossy())
            .base_url(&hanging.url)
            .connect_timeout(Duration::from_millis(200))
            .timeout(Duration::from_millis(500))
            .ambient(Arc::new(Pausing(milliseconds)))
            .build()
            .expect("valid options");
        let error = open(&client).await.expect_err("nobody answers");
        assert_eq!(
            (error.code(), error.may_have_taken_effect()),
            ("connect_timeout", false),
            "{milliseconds}: {error}"
        );
    }
}

/// Bug: the time to connect was that of the client, so that a call with a shorter time of its own neither reached the
/// backup nor could tell that it never left.
#[tokio::test]
async fn the_time_to_connect_shrinks_with_that_of_the_call() {
    let local = Local::start();
    let hanging = Hanging::start().await;
    let both = local.client_with(&json!({"base_url": hanging.url, "backup_url": local.info.base_url}));
    let alone = local.client_with(&json!({"base_url": hanging.url, "backup_url": null}));
    let options = || CallOptions::default().timeout(Duration::from_secs(1));
    open(&both.with_options(options())).await.expect("the backup answers");
    for retry in [Retry::Off, Retry::Safe, Retry::Idempotent] {
        let client = alone.with_options(options().retry(retry));
        let bodiless = client.request(Method::Post, "/v3/without-a-body", &[], None).await.map(drop);
        for outcome in [open(&client).await.map(drop), status(&client).await.map(drop), bodiless] {
            let error = outcome.expect_err("nobody answers");
            assert_eq!((error.kind(), error.code()), (ErrorKind::Timeout, "connect_timeout"), "{retry:?}: {error}");
            assert!(!error.may_have_taken_effect(), "{retry:?}: {error}");
        }
    }
}

/// Issue: "timeouts (…, total deadline)": over all attempts, hosts and pauses together.
#[tokio::test]
async fn the_deadline_holds_for_all_attempts_together() {
    let local = Local::start();
    local.admin.fault(json!({"times": 20, "fault": {"kind": "delay", "ms": 3000}})).await;
    let client = local.client_with(&json!({"timeout": 1.2}));
    for reads in [true, false] {
        let started = Instant::now();
        let outcome = if reads { status(&client).await } else { open(&client).await };
        let (error, took) = (outcome.expect_err("too late"), started.elapsed());
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(error.may_have_taken_effect(), !reads, "{error}");
        assert!(took < Duration::from_millis(2400), "{took:?}");
    }
    assert!(local.admin.journal().await.len() >= 3, "the GET was tried more than once");
}

/// Protocol: "full-jitter exponential backoff that honours Retry-After".
#[tokio::test]
async fn retry_after_is_honoured_within_the_deadline() {
    let local = Local::start();
    let busy = json!({"kind": "status", "status": 429, "headers": {"retry-after": "1"}, "body": {"code": "FREQUENCY_LIMITED", "message": "频率超限"}});
    local.admin.fault(json!({"fault": busy})).await;
    let started = Instant::now();
    status(&local.client()).await.expect("the second attempt succeeds");
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

    // Waiting longer than the deadline allows would only waste it.
    let later = json!({"kind": "status", "status": 429, "headers": {"retry-after": "60"}, "body": {"code": "FREQUENCY_LIMITED", "message": "频率超限"}});
    local.admin.fault(json!({"fault": later})).await;
    let started = Instant::now();
    let error = status(&local.client()).await.expect_err("a minute is too long");
    assert_eq!(error.code(), "FREQUENCY_LIMITED");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

/// Protocol: "a host that failed is avoided for a cool-down and probed again (failback)"; "each attempt is signed
/// afresh".
#[tokio::test]
async fn a_host_that_failed_is_tried_again_after_its_cool_down() {
    let local = Local::start();
    let client = local.client_with(&json!({"cool_down": 30}));
    local.admin.fault(json!({"match": {"host": "main"}, "fault": {"kind": "refused"}})).await;
    status(&client).await.expect("the backup answers");
    local.admin.clear_faults().await;
    status(&client).await.expect("the backup answers");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    status(&client).await.expect("the main host answers again");
    local.admin.fault(json!({"fault": {"kind": "reset"}})).await;
    status(&client).await.expect("the second attempt succeeds");
    let journal = local.admin.journal().await;
    let hosts: Vec<_> = journal.iter().map(|entry| entry["host"].as_str().expect("a name")).collect();
    assert_eq!(hosts, ["backup", "backup", "main", "main", "backup"]);
    let nonces: std::collections::BTreeSet<_> =
        journal.iter().map(|entry| entry["headers"]["authorization"]["nonce_str"].to_string()).collect();
    assert_eq!(nonces.len(), journal.len(), "no nonce comes twice");
}
