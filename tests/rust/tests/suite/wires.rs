//! Small servers that stand between a client and the sandbox, and count or record what passes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A listener on loopback that handles each connection in a task of its own.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    pub(crate) accepted: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    /// Request heads, where the wire records them.
    pub(crate) heads: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Wire {
    async fn serve<F>(handle: impl Fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (accepted, heads) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let open = Arc::new(AtomicUsize::new(0));
        let (counter, record, count) = (Arc::clone(&accepted), Arc::clone(&heads), Arc::clone(&open));
        let task = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                count.fetch_add(1, Ordering::SeqCst);
                let (handled, count) = (handle(connection, Arc::clone(&record)), Arc::clone(&count));
                tokio::spawn(async move {
                    handled.await;
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, accepted, open, heads, task }
    }

    /// Passes bytes on to `to`, unchanged.
    pub(crate) async fn relay(to: &str) -> Self {
        let to = to.to_owned();
        Self::serve(move |connection, _| pass(connection, to.clone())).await
    }

    /// Passes one request and its reply, and then closes the connection without having said so.
    pub(crate) async fn closing(to: &str) -> Self {
        let to = to.to_owned();
        Self::serve(move |connection, _| pass_once(connection, to.clone())).await
    }

    /// Takes TLS off and passes the bytes on to `to`.
    pub(crate) async fn tls(to: &str, acceptor: TlsAcceptor) -> Self {
        let to = to.to_owned();
        Self::serve(move |connection, _| {
            let (to, acceptor) = (to.clone(), acceptor.clone());
            async move {
                if let Ok(connection) = acceptor.accept(connection).await {
                    pass(connection, to).await;
                }
            }
        })
        .await
    }

    /// Reads what comes, and never answers.
    pub(crate) async fn silent() -> Self {
        Self::serve(|mut connection, _| async move {
            let _ = tokio::io::copy(&mut connection, &mut tokio::io::sink()).await;
        })
        .await
    }

    /// An HTTP proxy: CONNECT and absolute URLs. Records the head of the first request of each connection.
    pub(crate) async fn proxy() -> Self {
        Self::serve(|connection, heads| async move {
            let mut connection = BufReader::new(connection);
            let head = head(&mut connection).await;
            let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
            heads.lock().expect("not poisoned").push(head.clone());
            if head.starts_with("CONNECT ") {
                connection.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.expect("writes");
                return pass(connection, target).await;
            }
            let host = target.trim_start_matches("http://").split('/').next().unwrap_or_default();
            let mut server = TcpStream::connect(host).await.expect("the sandbox listens");
            server.write_all(head.as_bytes()).await.expect("writes");
            let _ = copy_bidirectional(&mut connection, &mut server).await;
        })
        .await
    }

    /// Answers every request with this text. Records the heads.
    pub(crate) async fn answering(reply: String) -> Self {
        Self::serve(move |connection, heads| {
            let reply = reply.clone();
            async move {
                let mut connection = BufReader::new(connection);
                loop {
                    let head = head(&mut connection).await;
                    if head.is_empty() {
                        return;
                    }
                    let mut body = vec![0; content_length(&head)];
                    if connection.read_exact(&mut body).await.is_err() {
                        return;
                    }
                    heads.lock().expect("not poisoned").push(head);
                    if connection.write_all(reply.as_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Waits until every connection has been closed by its client.
    pub(crate) fn all_closed(&self) -> bool {
        let closed = || self.open.load(Ordering::SeqCst) == 0;
        for _ in 0..200 {
            if closed() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("not poisoned").clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Host and port of a URL.
pub(crate) fn authority(url: &str) -> &str {
    url.split("://").nth(1).unwrap_or(url)
}

async fn pass(mut connection: impl AsyncRead + AsyncWrite + Unpin, to: String) {
    let Ok(mut server) = TcpStream::connect(to).await else { return };
    let _ = copy_bidirectional(&mut connection, &mut server).await;
}

async fn pass_once(mut connection: TcpStream, to: String) {
    let Ok(server) = TcpStream::connect(to).await else { return };
    let (mut answers, mut server) = server.into_split();
    let mut reply = vec![0; 64 * 1024];
    let size = tokio::select! {
        _ = tokio::io::copy(&mut connection, &mut server) => 0,
        // The sandbox writes a small reply at once.
        size = answers.read(&mut reply) => size.unwrap_or(0),
    };
    let _ = connection.write_all(&reply[..size]).await;
    // By then the client has its reply and looks away.
    tokio::time::sleep(Duration::from_millis(5)).await;
}

async fn head(connection: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match connection.read_line(&mut head).await {
            Ok(0) | Err(_) => return String::new(),
            Ok(_) => {}
        }
    }
    head
}

fn content_length(head: &str) -> usize {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-length:"));
    line.and_then(|line| line.split(':').nth(1)?.trim().parse().ok()).unwrap_or(0)
}
