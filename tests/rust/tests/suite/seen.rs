//! Issue: "an optional `seen` store keyed by notification id with a time limit: in memory, and Redis for fleets […] If
//! the store is down, the caller is told", against a real Redis.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use wechatpay_sdk::{Error, ErrorKind, Retryability, Seen, blocking};
use wechatpay_suite::redis::{Redis, free_port};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const PASSWORD: &str = "correct-horse-battery";

fn store(redis: &Redis) -> Seen {
    Seen::redis(&redis.url(), DAY).expect("a store")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn code(outcome: Result<bool, Error>) -> String {
    match outcome {
        Ok(claimed) => claimed.to_string(),
        Err(error) => error.code().to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_that_ask_two_stores_at_once_one_gets_it() {
    let redis = Redis::start(&[]);
    let memory = Arc::new(Seen::memory(DAY).expect("a store"));
    for stores in [[Arc::new(store(&redis)), Arc::new(store(&redis))], [Arc::clone(&memory), memory]] {
        let ask = |at: usize| {
            let store = Arc::clone(&stores[at % 2]);
            tokio::spawn(async move { code(store.claim("EV-1").await) })
        };
        let mut count = BTreeMap::new();
        for asked in (0..50).map(ask).collect::<Vec<_>>() {
            *count.entry(asked.await.expect("no panic")).or_insert(0) += 1;
        }
        assert_eq!(count, BTreeMap::from([("true".to_owned(), 1), ("seen_busy".to_owned(), 49)]));
        stores[0].done("EV-1").await.expect("told");
        for store in &stores {
            assert!(!store.claim("EV-1").await.expect("done"));
            assert!(store.claim(&format!("EV-{store:p}")).await.expect("another id"));
        }
    }
}

#[tokio::test]
async fn what_failed_is_free_again_but_not_what_another_has_or_what_is_done() {
    let redis = Redis::start(&[]);
    let (one, other) = (store(&redis), store(&redis));
    assert!(one.claim("EV-1").await.expect("new"));
    other.release("EV-1").await.expect("told");
    assert_eq!(code(other.claim("EV-1").await), "seen_busy", "the claim of one is not the other's to give back");
    one.release("EV-1").await.expect("told");
    assert!(other.claim("EV-1").await.expect("free"));
    other.done("EV-1").await.expect("told");
    other.release("EV-1").await.expect("told");
    one.release("EV-1").await.expect("told");
    assert!(!one.claim("EV-1").await.expect("done"));
    one.release("EV-2").await.expect("nothing to give back");
}

/// Whoever is killed loses nothing.
#[tokio::test]
async fn a_claim_that_nobody_finishes_ends_by_itself_and_so_does_what_is_done() {
    let redis = Redis::start(&[]);
    let short = Duration::from_millis(500);
    let memory = Seen::memory(short).expect("a store");
    for store in [Seen::redis(&redis.url(), short).expect("a store"), memory] {
        assert!(store.claim("EV-1").await.expect("new"));
        until_free(&store).await;
        store.done("EV-1").await.expect("told");
        until_free(&store).await;
    }
}

async fn until_free(store: &Seen) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !matches!(store.claim("EV-1").await, Ok(true)) {
        assert!(Instant::now() < deadline, "it must become free");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_told_and_used_again_when_it_is_back() {
    let mut redis = Redis::start(&[]);
    let seen = store(&redis);
    assert!(seen.claim("EV-1").await.expect("new"));
    redis.kill();
    for _ in 0..3 {
        told(seen.claim("EV-2").await.expect_err("down"), ErrorKind::Transport, redis.port());
    }
    told(seen.done("EV-1").await.expect_err("down"), ErrorKind::Transport, redis.port());
    told(seen.release("EV-1").await.expect_err("down"), ErrorKind::Transport, redis.port());
    redis.restart();
    assert!(seen.claim("EV-2").await.expect("back"));

    redis.pause();
    let began = Instant::now();
    told(seen.claim("EV-3").await.expect_err("hangs"), ErrorKind::Timeout, redis.port());
    told(seen.done("EV-2").await.expect_err("hangs"), ErrorKind::Timeout, redis.port());
    assert!(began.elapsed() >= Duration::from_secs(4), "each waited for an answer");
    redis.resume();
    seen.done("EV-2").await.expect("back");
    assert!(!seen.claim("EV-2").await.expect("done"));
}

fn told(error: Error, kind: ErrorKind, port: u16) {
    assert_eq!((error.kind(), error.code()), (kind, "seen_store"), "{error}");
    assert_eq!(error.retryability(), Retryability::Safe);
    assert!(!error.may_have_taken_effect());
    assert!(error.to_string().contains(&format!("redis://127.0.0.1:{port}/0")), "{error}");
}

/// What listens there may be anything.
#[tokio::test]
async fn what_is_no_store_is_told() {
    for says in ["HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n+OK\r\n", ":1\r\n:2\r\n:3\r\n", ""] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("bound").port();
        let server = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                connection.write_all(says.as_bytes()).await.ok();
            }
        });
        let seen = Seen::redis(&format!("redis://127.0.0.1:{port}"), DAY).expect("a store");
        told(seen.claim("EV-1").await.expect_err("no store"), ErrorKind::Transport, port);
        server.abort();
    }
    let seen = Seen::redis(&format!("redis://127.0.0.1:{}", free_port()), DAY).expect("a store");
    assert_eq!(code(seen.claim("EV-1").await), "seen_store");
    let nowhere = Seen::redis("redis://store.invalid", DAY).expect("a store");
    assert_eq!(code(nowhere.claim("EV-1").await), "seen_store");
    assert_eq!(code(nowhere.claim("").await), "bad_argument");
}

#[tokio::test]
async fn a_password_opens_the_store_and_is_never_shown() {
    let redis = Redis::start(&[
        "--requirepass",
        PASSWORD,
        "--user",
        "shop",
        "on",
        ">other-secret",
        "~wechatpay:seen:*",
        "+@all",
    ]);
    let at = |login: &str, database: &str| format!("redis://{login}127.0.0.1:{}{database}", redis.port());
    for login in [format!(":{PASSWORD}@"), "shop:other-secret@".to_owned()] {
        let seen = Seen::redis(&at(&login, "/3"), DAY).expect("a store");
        let id = format!("EV-{login}");
        assert!(seen.claim(&id).await.expect("let in"));
        seen.release(&id).await.expect("let in");
        assert!(!format!("{seen:?}").contains("secret") && !format!("{seen:#?}").contains(PASSWORD));
    }
    for (login, why) in [("", "NOAUTH"), (":wrong-secret@", "password"), ("shop:wrong-secret@", "password")] {
        let seen = Seen::redis(&at(login, ""), DAY).expect("a store");
        let error = seen.claim("EV-1").await.expect_err("not let in");
        assert_eq!((error.kind(), error.code()), (ErrorKind::Transport, "seen_store"));
        let shown = format!("{error} {error:?} {seen:?}");
        assert!(shown.contains(why) && !shown.contains("secret"), "{shown}");
    }
    let elsewhere = Seen::redis(&at(&format!(":{PASSWORD}@"), "/99"), DAY).expect("a store");
    assert_eq!(code(elsewhere.claim("EV-1").await), "seen_store", "there are 16");
}

/// A connection belongs to the runtime that opened it, and goes with it.
#[test]
fn a_store_is_used_from_any_runtime_and_from_none() {
    let redis = Redis::start(&[]);
    let seen = Arc::new(store(&redis));
    let first = runtime();
    assert!(first.block_on(seen.claim("EV-1")).expect("new"));
    assert!(runtime().block_on(seen.claim("EV-2")).expect("new"));
    drop(first);
    assert!(runtime().block_on(seen.claim("EV-3")).expect("new"));
    let blocking = blocking::Seen::new(store(&redis));
    assert_eq!(code(blocking.claim("EV-1")), "seen_busy");
    runtime().block_on(seen.done("EV-1")).expect("told");
    assert!(!blocking.claim("EV-1").expect("done"));
    std::thread::scope(|scope| {
        for at in 0..8 {
            let blocking = &blocking;
            scope.spawn(move || {
                let id = format!("EV-thread-{at}");
                assert!(blocking.claim(&id).expect("new"));
                blocking.release(&id).expect("told");
                assert!(blocking.claim(&id).expect("free"));
                blocking.done(&id).expect("told");
            });
        }
    });
}

fn helper(arguments: &[&str], trusted: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_suite-helper"));
    command.args(arguments).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    if let Some(trusted) = trusted {
        command.env("SSL_CERT_FILE", trusted);
    }
    let output = command.output().expect("the helper starts");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_forked_child_has_a_connection_and_a_memory_of_its_own() {
    let redis = Redis::start(&[]);
    let said = helper(&["fork-seen", &redis.url()], None);
    let expected =
        ["redis: seen_busy", "memory: true", "redis after the child: false", "memory after the child: seen_busy"];
    assert_eq!(said.lines().collect::<Vec<_>>(), expected, "{said}");
}

#[test]
fn a_store_behind_tls_is_verified() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
    let mut params = CertificateParams::new([]).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("self-signed");
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address").signed_by(&key, &ca);
    std::fs::write(file("ca.pem"), ca.pem()).expect("written");
    std::fs::write(file("key.pem"), key.serialize_pem()).expect("written");
    std::fs::write(file("cert.pem"), certificate.expect("signed").pem()).expect("written");
    let tls_port = free_port();
    let _redis = Redis::start(&[
        "--tls-port",
        &tls_port.to_string(),
        "--tls-cert-file",
        &file("cert.pem"),
        "--tls-key-file",
        &file("key.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://127.0.0.1:{tls_port}");
    assert_eq!(helper(&["claim", &url], Some(&file("ca.pem"))).trim(), "true");
    assert_eq!(helper(&["claim", &url], Some(&file("ca.pem"))).trim(), "seen_busy");
    let untrusted = helper(&["claim", &url], None);
    assert!(untrusted.contains("seen_store") && untrusted.contains("certificate"), "{untrusted}");
}
