//! Sockets: accepting, cutting and refusing connections.

use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::{Domain, Socket, Type};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long requests in flight may take once a listener is told to stop.
const PATIENCE: Duration = Duration::from_secs(1);

/// A reply body.
pub(crate) type Body = BoxBody<Bytes, std::convert::Infallible>;
type Reply = Pin<Box<dyn Future<Output = Result<hyper::Response<Body>, Interrupt>> + Send>>;
/// Answers the requests of one listener.
pub(crate) type Serve = Arc<dyn Fn(hyper::Request<Incoming>) -> Reply + Send + Sync>;

/// The end of a connection in place of a reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Interrupt {
    #[error("the connection is reset")]
    Reset,
    #[error("the connection is closed after these bytes")]
    After(Bytes),
}

/// Decides whether a listener is open or refuses connections.
pub(crate) struct Gate {
    refuse: watch::Sender<bool>,
    refusing: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { refuse: watch::Sender::new(false), refusing: watch::Sender::new(false) }
    }

    /// Opens or closes the listener; done when it is so.
    pub(crate) async fn refuse(&self, refuse: bool) {
        self.refuse.send_replace(refuse);
        let mut refusing = self.refusing.subscribe();
        // Waits for what is wanted now: another caller may have changed it meanwhile.
        refusing.wait_for(|refusing| *refusing == *self.refuse.borrow()).await.expect("self holds the sender");
    }
}

/// A listening socket and the task behind it; dropping it closes everything at once.
pub(crate) struct Listener {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A port that is already ours.
pub(crate) struct Bound {
    socket: Socket,
    pub(crate) address: SocketAddr,
}

impl Bound {
    pub(crate) fn new(port: u16) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
        let address = socket.local_addr()?.as_socket().expect("an IPv4 socket");
        Ok(Self { socket, address })
    }

    fn listen(self) -> io::Result<TcpListener> {
        self.socket.listen(1024)?;
        TcpListener::from_std(self.socket.into())
    }

    /// Starts to answer.
    pub(crate) fn serve(self, gate: Arc<Gate>, serve: Serve) -> io::Result<Listener> {
        let port = self.address.port();
        let listener = self.listen()?;
        let stop = watch::Sender::new(false);
        let task = tokio::spawn(run(listener, port, gate, serve, stop.subscribe()));
        Ok(Listener { stop, task })
    }
}

impl Listener {
    /// Takes no more connections and lets requests in flight finish, for a moment.
    pub(crate) async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "listener ended badly");
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(mut listener: TcpListener, port: u16, gate: Arc<Gate>, serve: Serve, stop: watch::Receiver<bool>) {
    let mut refuse = gate.refuse.subscribe();
    loop {
        let mut connections = JoinSet::new();
        let stopped = accept(&listener, &mut connections, &serve, &mut refuse, &stop).await;
        drop(listener);
        if stopped {
            let finished = async { while connections.join_next().await.is_some() {} };
            if tokio::time::timeout(PATIENCE, finished).await.is_err() {
                connections.shutdown().await;
            }
            return;
        }
        connections.shutdown().await;
        // Bound but not listening, the port refuses connections and nobody else can take it.
        let placeholder = claim(port).await;
        gate.refusing.send_replace(true);
        let mut stop = stop.clone();
        tokio::select! {
            () = until(&mut stop, true) => return,
            () = until(&mut refuse, false) => {}
        }
        listener = match placeholder.listen() {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, port, "listener cannot be opened again");
                return;
            }
        };
        gate.refusing.send_replace(false);
    }
}

/// Takes connections until the listener is to stop (true) or to refuse (false).
async fn accept(
    listener: &TcpListener,
    connections: &mut JoinSet<()>,
    serve: &Serve,
    refuse: &mut watch::Receiver<bool>,
    stop: &watch::Receiver<bool>,
) -> bool {
    let mut told = stop.clone();
    let (mut told, mut refused) = (pin!(until(&mut told, true)), pin!(until(refuse, true)));
    loop {
        tokio::select! {
            () = &mut told => return true,
            () = &mut refused => return false,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(serve), stop.clone()));
                }
                Err(error) => {
                    // Out of descriptors, as a rule: some will be free again.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }
}

/// Waits for a value; the end of the sender counts as it.
async fn until(receiver: &mut watch::Receiver<bool>, wanted: bool) {
    drop(receiver.wait_for(|value| *value == wanted).await);
}

async fn claim(port: u16) -> Bound {
    loop {
        match Bound::new(port) {
            Ok(bound) => return bound,
            Err(error) => tracing::warn!(%error, port, "port is not free yet"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn connection(stream: TcpStream, serve: Serve, mut stop: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection is gone already");
        return;
    }
    let mut connection =
        http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(|request| serve(request)));
    let ended = tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => ended,
        () = until(&mut stop, true) => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    let mut stream = connection.into_parts().io.into_inner();
    let ended = match &ended {
        Ok(()) => stream.shutdown().await,
        Err(error) => match error.source().and_then(|source| source.downcast_ref()) {
            Some(Interrupt::Reset) => stream.set_zero_linger(),
            Some(Interrupt::After(bytes)) => cut_after(&mut stream, bytes).await,
            None => Ok(()),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection was gone before its end");
    }
}

async fn cut_after(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.shutdown().await
}
