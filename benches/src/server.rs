//! The cheapest platform there can be: it signs one reply a minute and sends it to everyone, so that what is measured
//! is the client. It verifies nothing: the suites do that against the local WeChat Pay.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wechatpay_sdk::ambient::{Ambient, System};
use wechatpay_sdk::crypto::PrivateKey;
use wechatpay_sdk::signature::reply_message;

const BODY: &str = r#"{"sub_mchid":"1900000109"}"#;
pub(crate) const KEY_ID: &str = "PUB_KEY_ID_0119000000012026112100000000000001";

/// Serves until it is killed; writes `DIR/client.json`, the options of a client, when it is ready.
pub(crate) fn serve(directory: &str) {
    let (merchant, platform) = (key(), key());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let platform_key = PrivateKey::from_pem(&private_pem(&platform)).expect("a key");
    let reply = Arc::new(RwLock::new(signed_reply(&platform_key)));
    let config = json!({
        "mchid": "1900000001",
        "serial_no": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "merchant_private_key": private_pem(&merchant),
        "public_key_id": KEY_ID,
        "platform_public_key": public_pem(&platform),
        "base_url": format!("http://{address}"),
    });
    let path = Path::new(directory).join("client.json");
    fs::write(&path, config.to_string()).expect("client.json can be written");
    println!("{}", path.display());
    let refreshed = reply.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(60));
            *refreshed.write().expect("no panic under the lock") = signed_reply(&platform_key);
        }
    });
    for stream in listener.incoming().flatten() {
        let reply = reply.clone();
        std::thread::spawn(move || answer(stream, &reply));
    }
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).expect("a key pair")
}

pub(crate) fn private_pem(pair: &KeyPair) -> String {
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS#8");
    pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref()))
}

pub(crate) fn public_pem(pair: &KeyPair) -> String {
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("SPKI");
    pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))
}

fn signed_reply(key: &PrivateKey) -> Vec<u8> {
    let (timestamp, nonce) = (System.now().to_string(), "benchbenchbenchbenchbenchbench12");
    let signature = STANDARD.encode(key.sign(&reply_message(&timestamp, nonce, BODY.as_bytes())).expect("signed"));
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nRequest-ID: 08B0-0\r\nWechatpay-Timestamp: {timestamp}\r\nWechatpay-Nonce: {nonce}\r\nWechatpay-Serial: {KEY_ID}\r\nWechatpay-Signature: {signature}\r\n\r\n{BODY}",
        BODY.len()
    )
    .into_bytes()
}

/// Requests come one after another on a connection, each with its Content-Length; header names in any case.
fn answer(mut stream: TcpStream, reply: &RwLock<Vec<u8>>) {
    stream.set_nodelay(true).expect("nodelay");
    let mut buffer = vec![0; 64 * 1024];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(count) => filled += count,
        }
        let Ok(text) = std::str::from_utf8(&buffer[..filled]) else { return };
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        if body.len() >= length {
            filled = 0;
            let bytes = reply.read().expect("no panic under the lock").clone();
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }
}
