//! What no client can go below: one RSA-2048 signature, one verification, one keep-alive round trip on loopback.

use std::io::{Read, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wechatpay_sdk::crypto::{PrivateKey, PublicKey};

const BODY: &str = r#"{"sub_mchid":"1900000109","operation_type":"OPEN"}"#;

/// One call of the floor. It speaks just enough HTTP for the bench server and skips everything a client must do.
pub(crate) fn calls(config: &str) -> impl FnMut() {
    let options = super::options(config);
    let private = PrivateKey::from_pem(options.merchant_private_key.as_deref().expect("key")).expect("a key");
    let public = PublicKey::from_pem(options.platform_public_key.as_deref().expect("key")).expect("a key");
    let address = options.base_url.as_deref().expect("base_url").trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("the bench server");
    stream.set_nodelay(true).expect("nodelay");
    let mut buffer = vec![0; 64 * 1024];
    move || {
        let message = format!(
            "POST\n/v3/goldplan/merchants/changecustompagestatus\n1795000000\nabcdefghijabcdefghijabcdefghij12\n{BODY}\n"
        );
        let signature = STANDARD.encode(private.sign(message.as_bytes()).expect("a signature"));
        let request = format!(
            "POST /v3/goldplan/merchants/changecustompagestatus HTTP/1.1\r\nHost: {address}\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 mchid=\"1900000001\",signature=\"{signature}\"\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{BODY}",
            BODY.len()
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut filled = 0;
        let (head, body) = loop {
            filled += stream.read(&mut buffer[filled..]).expect("received");
            let text = std::str::from_utf8(&buffer[..filled]).expect("UTF-8");
            if let Some((head, body)) = text.split_once("\r\n\r\n")
                && header(head, "Content-Length").parse() == Ok(body.len())
            {
                break (head, body);
            }
        };
        let signed = format!("{}\n{}\n{body}\n", header(head, "Wechatpay-Timestamp"), header(head, "Wechatpay-Nonce"));
        let signature = STANDARD.decode(header(head, "Wechatpay-Signature")).expect("base64");
        assert!(public.verify(signed.as_bytes(), &signature));
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let line = head.lines().find(|line| line.starts_with(name)).expect("the header is there");
    line[name.len() + 1..].trim()
}
