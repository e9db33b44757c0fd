//! Many connections at once.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::client::{Client, Reply};

const CONNECTIONS: usize = 200;
const CALLS: usize = 5;

/// Reads one reply with a Content-Length from a keep-alive connection.
async fn read(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let mut lines = head.lines();
            let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
            let headers: reqwest::header::HeaderMap = lines
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect();
            let reply = Reply { status, headers, body: Vec::new() };
            let length: usize = reply.header("content-length").parse().unwrap();
            while bytes.len() < end + 4 + length {
                assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
            }
            return Reply { body: bytes.split_off(end + 4), ..reply };
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed before a reply");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_connections_are_all_answered() {
    let client = Client::start().await;
    let target = "/v3/goldplan/merchants/changecustompagestatus";
    let body = json!({"sub_mchid": "1900000109", "operation_type": "OPEN"}).to_string();
    let mut request = format!("POST {target} HTTP/1.1\r\nhost: sandbox\r\nuser-agent: load\r\n");
    for (name, value) in client.headers("POST", target, body.as_bytes()) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    let address = client.info().base_url.strip_prefix("http://").unwrap().to_owned();

    // All connections are open before the first call is sent.
    let mut streams = Vec::new();
    for _ in 0..CONNECTIONS {
        streams.push(TcpStream::connect(&address).await.unwrap());
    }
    let mut calls = JoinSet::new();
    for mut stream in streams {
        let request = request.clone();
        calls.spawn(async move {
            let mut replies = Vec::new();
            for _ in 0..CALLS {
                stream.write_all(request.as_bytes()).await.unwrap();
                replies.push(read(&mut stream).await);
            }
            replies
        });
    }
    let replies: Vec<Reply> = calls.join_all().await.into_iter().flatten().collect();
    assert_eq!(replies.len(), CONNECTIONS * CALLS);
    let mut ids: Vec<_> = replies.iter().map(|reply| reply.header("request-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), replies.len(), "every reply has an id of its own");
    for (index, reply) in replies.iter().enumerate() {
        assert_eq!((reply.status, reply.json()), (200, json!({"sub_mchid": "1900000109"})));
        if index % 50 == 0 {
            assert_eq!(client.signed_with(reply), "public_key");
        }
    }
    let journal = client.admin_ok("GET", "/journal", Value::Null).await;
    let seqs: Vec<_> = journal.as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=(CONNECTIONS * CALLS) as u64).collect::<Vec<_>>());
}
