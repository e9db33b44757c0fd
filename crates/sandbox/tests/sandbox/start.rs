//! Start, directory and end.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use wechatpay_sandbox::{Error, Options, Sandbox, Seed};

use crate::client::{Client, openssl};

fn announced(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("sandbox.json")).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_directory_gets_keys_that_openssl_reads() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("not/yet/there");
    let sandbox = Sandbox::start(Options::new(&dir)).await.unwrap();

    let announced = announced(&dir);
    assert_eq!(announced, json!(sandbox.info()));
    let names: Vec<_> = announced.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "base_url",
            "backup_url",
            "admin_url",
            "mchid",
            "serial_no",
            "apiv3_key",
            "merchant_private_key_path",
            "merchant_certificate_path",
            "public_key_id",
            "platform_public_key_path",
            "platform_certificate_path",
            "platform_certificate_serial"
        ]
    );
    let text = |name: &str| announced[name].as_str().unwrap().to_owned();
    assert!(text("public_key_id").strip_prefix("PUB_KEY_ID_").unwrap().bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(text("apiv3_key").len(), 32);
    assert!(text("apiv3_key").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    for (certificate, serial) in
        [("merchant_certificate_path", "serial_no"), ("platform_certificate_path", "platform_certificate_serial")]
    {
        let printed = openssl(&["x509", "-in", &text(certificate), "-serial", "-noout"], b"");
        assert_eq!(String::from_utf8(printed).unwrap().trim(), format!("serial={}", text(serial)));
        assert_eq!(text(serial).len(), 40);
        let verdict = openssl(&["x509", "-in", &text(certificate), "-checkend", "31536000"], b"");
        assert!(String::from_utf8(verdict).unwrap().contains("will not expire"));
    }
    let details = openssl(&["pkey", "-in", &text("merchant_private_key_path"), "-noout", "-text"], b"");
    assert!(String::from_utf8(details).unwrap().contains("2048 bit"));
    let from_key = openssl(&["pkey", "-in", &text("merchant_private_key_path"), "-pubout"], b"");
    let from_certificate = openssl(&["x509", "-in", &text("merchant_certificate_path"), "-pubkey", "-noout"], b"");
    assert_eq!(from_key, from_certificate);
    for entry in fs::read_dir(dir.join("keys")).unwrap().chain(fs::read_dir(&dir).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_file() && !path.ends_with(".lock") {
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        }
    }
    assert!(!format!("{:?}", sandbox.info()).contains(&text("apiv3_key")));
    sandbox.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_the_same_keys_and_the_ports_that_were_asked_for() {
    let client = Client::start().await;
    let mut first = json!(client.info());
    let Client { sandbox, dir, .. } = client;
    sandbox.shutdown().await;

    let [port, backup_port, admin_port] = free_ports();
    let second = Sandbox::start(Options { port, backup_port, admin_port, ..Options::new(dir.path()) }).await.unwrap();
    for (name, port) in [("base_url", port), ("backup_url", backup_port), ("admin_url", admin_port)] {
        first[name] = json!(format!("http://127.0.0.1:{port}"));
    }
    assert_eq!(first, json!(second.info()));
    assert_eq!(first, announced(dir.path()));
}

/// Ports below the range that the system hands out, so that no other test is given them.
fn free_ports() -> [u16; 3] {
    let free = (20_000..30_000).filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.take(3).collect::<Vec<_>>().try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_sandbox_keeps_its_directory_and_its_ports() {
    let client = Client::start().await;
    let Err(error) = Sandbox::start(Options::new(client.dir.path())).await else { panic!("started twice") };
    assert!(matches!(error, Error::InUse { .. }), "{error}");

    let other = tempfile::tempdir().unwrap();
    let port = client.info().base_url.rsplit(':').next().unwrap().parse().unwrap();
    let Err(error) = Sandbox::start(Options { backup_port: port, ..Options::new(other.path()) }).await else {
        panic!("took a port that is taken")
    };
    assert!(error.to_string().starts_with(&format!("backup listener on 127.0.0.1:{port}: ")), "{error}");
    assert!(!other.path().join("sandbox.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_keys_are_named() {
    let client = Client::start().await;
    let Client { sandbox, dir, .. } = client;
    sandbox.shutdown().await;
    let keys = dir.path().join("keys");
    let read = |name: &str| fs::read_to_string(keys.join(name)).unwrap();
    let other_key = String::from_utf8(openssl(&["genrsa", "2048"], b"")).unwrap();

    for (name, broken, problem) in [
        ("apiclient_key.pem", None, "No such file"),
        ("pub_key.pem", Some("nonsense".to_owned()), "pub_key.pem: "),
        ("platform_key.pem", Some(other_key), "is not the private key of platform_cert.pem"),
        ("identity.json", Some("{}".to_owned()), "missing field"),
        ("identity.json", Some(read("identity.json").replace("apiv3_key\": \"", "apiv3_key\": \"x")), "32 bytes"),
    ] {
        let whole = read(name);
        match broken {
            Some(broken) => fs::write(keys.join(name), broken).unwrap(),
            None => fs::remove_file(keys.join(name)).unwrap(),
        }
        let Err(error) = Sandbox::start(Options::new(dir.path())).await else { panic!("{name} was not missed") };
        let message = error.to_string();
        assert!(matches!(error, Error::Identity { .. }), "{message}");
        assert!(message.contains(name) && message.contains(problem), "{message}");
        assert!(!dir.path().join("sandbox.json").exists(), "the file of the last run is gone");
        fs::write(keys.join(name), whole).unwrap();
    }
    Sandbox::start(Options::new(dir.path())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_comes_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let seed = dir.path().join("seed.json");
    let options = || Options { seed: Some(Seed::File(seed.clone())), ..Options::new(dir.path().join("sandbox")) };

    fs::write(&seed, r#"{"sub_merchants": {"1": {"punishd": true}}}"#).unwrap();
    let Err(error) = Sandbox::start(options()).await else { panic!("took a misspelt seed") };
    assert!(error.to_string().contains("seed.json: unknown field `punishd`"), "{error}");

    fs::write(&seed, r#"{"sub_merchants": {"1": {"punished": true}}}"#).unwrap();
    let sandbox = Sandbox::start(options()).await.unwrap();
    let state: Value = reqwest::get(format!("{}/state", sandbox.info().admin_url))
        .await
        .unwrap()
        .bytes()
        .await
        .map(|bytes| serde_json::from_slice(&bytes).unwrap())
        .unwrap();
    assert_eq!(state["sub_merchants"]["1"]["punished"], true);
    assert_eq!(state["service_provider"]["gold_plan"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_sandbox_is_gone_with_its_connections() {
    let client = Client::start().await;
    let address = client.info().base_url.strip_prefix("http://").unwrap().to_owned();
    let mut idle = TcpStream::connect(&address).await.unwrap();
    assert_eq!(client.custom_page("1900000109", "OPEN").await.status, 200);
    drop(client.sandbox);

    let mut byte = [0; 1];
    let read = tokio::io::AsyncReadExt::read(&mut idle, &mut byte);
    let closed = tokio::time::timeout(std::time::Duration::from_secs(5), read).await.expect("closed soon");
    assert!(matches!(closed, Ok(0) | Err(_)));
    let refused = async {
        while TcpStream::connect(&address).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), refused).await.expect("the listener is gone too");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_a_request_in_flight_finish() {
    let client = Client::start().await;
    client.arm(json!({"kind": "delay", "ms": 300})).await;
    let body = json!({"sub_mchid": "1900000109", "operation_type": "OPEN"}).to_string().into_bytes();
    let target = "/v3/goldplan/merchants/changecustompagestatus";
    let headers = client.headers("POST", target, &body);
    let Client { sandbox, dir: _dir, .. } = client;
    let url = format!("{}{target}", sandbox.info().base_url);
    let mut request = reqwest::Client::new().post(url).header("user-agent", "sandbox-test").body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let call = tokio::spawn(async move { request.send().await.unwrap().status() });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    sandbox.shutdown().await;
    assert_eq!(call.await.unwrap(), 200);
}
