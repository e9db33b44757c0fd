//! HTTP over turmoil's simulated TCP, by the pool that reqwest has inside. TLS is left out: it is not ours.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tower_service::Service;
use turmoil::net::TcpStream;

use crate::retry::Phase;
use crate::transport::{Cause, Failure};

/// The port that the sites listen at.
pub(crate) const PORT: u16 = 443;

/// The connections of one client.
pub(crate) struct Network(Client<Connector, reqwest::Body>);

impl Network {
    pub(crate) fn new(idle: Duration) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        Self(builder.pool_timer(TokioTimer::new()).pool_idle_timeout(idle).build(Connector))
    }

    pub(crate) async fn execute(&self, request: reqwest::Request) -> Result<reqwest::Response, Failure> {
        let failure = |code, message: String| Failure {
            code,
            message,
            // The transport knows how far it came.
            phase: Phase::Waiting,
            timeout: false,
            cause: Cause::Host,
        };
        let request = http::Request::try_from(request).map_err(|error| failure("bad_request", error.to_string()))?;
        let reply = self.0.request(request).await.map_err(|error| {
            let code = if error.is_connect() { "connect_failed" } else { "connection_broken" };
            failure(code, error.to_string())
        })?;
        Ok(reply.map(reqwest::Body::wrap).into())
    }
}

#[derive(Clone)]
struct Connector;

impl Service<Uri> for Connector {
    type Response = Link;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Link>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default().to_owned();
        Box::pin(async move { Ok(Link(TokioIo::new(TcpStream::connect((host, PORT)).await?))) })
    }
}

/// A connection, as the pool wants it.
struct Link(TokioIo<TcpStream>);

impl Connection for Link {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Link {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl Write for Link {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
