//! Connections to a Redis: one for each runtime of a process, shared by all that ask there.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisConnectionInfo, RedisError};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::runtime::{Handle, Id};
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use self::address::Address;
use crate::ambient::{System, nonce};
use crate::error::Error;
use crate::options::Options;
use crate::per_process::PerProcess;
use crate::tls;

mod address;

/// Why there is no answer.
pub(crate) enum Problem {
    /// It did not come within this time.
    Late(Duration),
    Nonsense,
    NoConnection(String),
    Refused(RedisError),
}

/// The connections of each process, which a child does not share.
pub(crate) struct Lines {
    address: Address,
    /// None without TLS.
    tls: Option<Arc<ClientConfig>>,
    own: PerProcess<Own>,
}

struct Own {
    /// The value of this process's claims.
    token: Arc<str>,
    lines: Mutex<Vec<Line>>,
}

/// A connection lives on the runtime that opened it: on another one it would wait for that to run.
struct Line {
    runtime: Id,
    connection: MultiplexedConnection,
    driver: JoinHandle<()>,
}

impl Lines {
    /// Of a Redis with this URL, which is the option's value. Connects to nothing yet.
    pub(crate) fn new(option: &str, url: &str) -> Result<Self, Error> {
        let address = Address::from_url(option, url)?;
        let tls = if address.tls { Some(Arc::new(tls_config()?)) } else { None };
        Ok(Self { address, tls, own: PerProcess::new() })
    }

    /// The connection of the runtime that this is called on, and the value of this process's claims.
    pub(crate) async fn line(&self) -> Result<(MultiplexedConnection, Arc<str>), Problem> {
        let runtime = Handle::try_current().map_err(|error| Problem::NoConnection(error.to_string()))?.id();
        let make = || Ok::<_, Problem>(Own::new());
        let find = |own: &Own| (Arc::clone(&own.token), own.of(runtime));
        let (token, found) = self.own.with(make, find)?;
        if let Some(connection) = found {
            return Ok((connection, token));
        }
        let line = self.connect(runtime).await?;
        Ok((self.own.with(make, |own| own.keep(line))?, token))
    }

    /// Asks, connecting included, and waits so long. A connection that did not answer in time is not used again.
    pub(crate) async fn ask<T>(
        &self,
        patience: Duration,
        question: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        tokio::time::timeout(patience, question).await.unwrap_or_else(|_| {
            self.hang_up();
            Err(Problem::Late(patience))
        })
    }

    /// Gives up this runtime's connection, which does not answer: the next question gets a new one.
    fn hang_up(&self) {
        if let Ok(current) = Handle::try_current() {
            let hang_up = |own: &Own| own.lines().retain(|line| line.runtime != current.id());
            self.own.with(|| Ok::<_, Problem>(Own::new()), hang_up).ok();
        }
    }

    async fn connect(&self, runtime: Id) -> Result<Line, Problem> {
        let Address { host, port, database, user, password, .. } = &self.address;
        let failed = |error: std::io::Error| Problem::NoConnection(error.to_string());
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let mut login = RedisConnectionInfo::default().set_db(*database).set_skip_set_lib_name();
        if let Some(user) = user {
            login = login.set_username(user.as_str());
        }
        if let Some(password) = password {
            login = login.set_password(password.as_str());
        }
        // Our own patience is for the whole question.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let (connection, driver) = if let Some(tls) = &self.tls {
            let name = ServerName::try_from(host.clone()).map_err(|error| Problem::NoConnection(error.to_string()))?;
            let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(failed)?;
            let (connection, driver) = MultiplexedConnection::new_with_config(&login, stream, config).await?;
            (connection, tokio::spawn(driver))
        } else {
            let (connection, driver) = MultiplexedConnection::new_with_config(&login, stream, config).await?;
            (connection, tokio::spawn(driver))
        };
        Ok(Line { runtime, connection, driver })
    }
}

impl Own {
    fn new() -> Self {
        Self { token: nonce(&System).into(), lines: Mutex::default() }
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of this runtime, if it stands. Those that were cut, or whose runtime has ended, go.
    fn of(&self, runtime: Id) -> Option<MultiplexedConnection> {
        let mut lines = self.lines();
        lines.retain(|line| !line.driver.is_finished());
        lines.iter().find(|line| line.runtime == runtime).map(|line| line.connection.clone())
    }

    /// Of several that were opened at once, the first serves all.
    fn keep(&self, line: Line) -> MultiplexedConnection {
        let first = self.of(line.runtime);
        first.unwrap_or_else(|| {
            let connection = line.connection.clone();
            self.lines().push(line);
            connection
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

#[cfg(feature = "blocking")]
impl Drop for Lines {
    /// The last that used these connections has gone.
    fn drop(&mut self) {
        self.own = PerProcess::new();
        crate::runtimes::sweep();
    }
}

impl fmt::Display for Lines {
    /// Where they lead, without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// Whom the client trusts.
fn tls_config() -> Result<ClientConfig, Error> {
    let mut config = tls::config(&Options::default())?;
    // A store speaks no HTTP.
    config.alpn_protocols.clear();
    Ok(config)
}

impl From<RedisError> for Problem {
    fn from(error: RedisError) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Problem {
    /// Follows the name of the store. Of what a server says only the code is told: the rest might repeat anything.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(patience) => write!(f, "did not answer within {} seconds", patience.as_secs_f64()),
            Self::Nonsense => f.write_str("answered what no Redis answers"),
            Self::NoConnection(why) => write!(f, "cannot be reached ({why})"),
            Self::Refused(error) if error.is_io_error() => f.write_str("broke the connection"),
            Self::Refused(error) if error.kind() == ErrorKind::AuthenticationFailed => {
                f.write_str("refused the user or the password of its URL")
            }
            Self::Refused(error) => match code(error) {
                Some(code) => write!(f, "refused to answer ({code})"),
                None => f.write_str("answered what no Redis answers"),
            },
        }
    }
}

/// Of the answer to one command, or of the first refusal among several.
fn code(error: &RedisError) -> Option<String> {
    let of_several = || Some(error.clone().into_server_errors()?.first()?.1.code().to_owned());
    error.code().map(str::to_owned).or_else(of_several)
}
