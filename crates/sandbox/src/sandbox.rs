use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::JoinHandle;

use crate::admin::Admin;
use crate::error::Error;
use crate::host::Host;
use crate::identity::Identity;
use crate::info::Info;
use crate::listener::{Bound, Gate, Listener, Serve};
use crate::platform::Platform;
use crate::settle;
use crate::spec::Catalog;
use crate::state::State;

const READY: &str = "sandbox.json";

/// How to start a [`Sandbox`].
#[derive(Debug, Clone)]
pub struct Options {
    /// Keys and `sandbox.json` live here; made when missing.
    pub dir: PathBuf,
    /// Port of the main host; 0 takes any.
    pub port: u16,
    /// Port of the backup host; 0 takes any.
    pub backup_port: u16,
    /// Port of the admin listener; 0 takes any.
    pub admin_port: u16,
    /// The state to start from; the built-in one when `None`.
    pub seed: Option<Seed>,
}

/// A state to start from.
#[derive(Debug, Clone)]
pub enum Seed {
    /// This one.
    State(Box<State>),
    /// The JSON of one in a file.
    File(PathBuf),
}

impl Options {
    /// Any ports and the built-in seed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into(), port: 0, backup_port: 0, admin_port: 0, seed: None }
    }
}

/// A running local WeChat Pay. Dropping it closes all its connections at once.
pub struct Sandbox {
    info: Info,
    listeners: Vec<Listener>,
    _clock: Clock,
    /// Held as long as the sandbox runs: two of them would overwrite each other's `sandbox.json`.
    _lock: File,
}

/// The task that ends what is due; it goes with the sandbox.
struct Clock(JoinHandle<()>);

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Sandbox {
    /// Starts to listen, on the tokio runtime that this is called from. `DIR/sandbox.json` is there when it returns.
    ///
    /// # Errors
    /// When the directory cannot be used, its keys are broken or incomplete, a port is taken, the seed is not a state.
    pub async fn start(options: Options) -> Result<Self, Error> {
        // Making three key pairs takes a good part of a second.
        let prepare = tokio::task::spawn_blocking(move || Prepared::new(options));
        let Prepared { dir, lock, identity, catalog, seed, ports } =
            prepare.await.map_err(|error| Error::File { path: PathBuf::new(), source: io::Error::other(error) })??;

        let [main, backup, admin] = ports;
        let url = |bound: &Bound| format!("http://{}", bound.address);
        let info = Info {
            base_url: url(&main),
            backup_url: url(&backup),
            admin_url: url(&admin),
            mchid: identity.mchid.clone(),
            serial_no: identity.merchant_certificate.serial_no.clone(),
            apiv3_key: identity.apiv3_key.clone(),
            merchant_private_key_path: identity.merchant_private_key_path(),
            merchant_certificate_path: identity.merchant_certificate_path(),
            public_key_id: identity.public_key.serial.clone(),
            platform_public_key_path: identity.platform_public_key_path(),
            platform_certificate_path: identity.platform_certificate_path(),
            platform_certificate_serial: identity.certificate_key.serial.clone(),
        };
        let platform = Arc::new(Platform::new(identity, catalog, seed));
        let listeners = vec![
            serve("main", main, Arc::clone(platform.gate(Host::Main)), answers(&platform, Host::Main))?,
            serve("backup", backup, Arc::clone(platform.gate(Host::Backup)), answers(&platform, Host::Backup))?,
            serve("admin", admin, Arc::new(Gate::new()), administers(Arc::clone(&platform), info.clone()))?,
        ];
        let clock = Clock(settle::by_the_clock(platform));
        announce(&dir.join(READY), &info)?;
        Ok(Self { info, listeners, _clock: clock, _lock: lock })
    }

    /// Where it listens and which credentials it knows.
    #[must_use]
    pub fn info(&self) -> &Info {
        &self.info
    }

    /// Stops: no more connections, a second for requests in flight.
    pub async fn shutdown(mut self) {
        join_all(self.listeners.drain(..).map(Listener::shutdown)).await;
    }
}

/// Everything of a start that blocks.
struct Prepared {
    dir: PathBuf,
    lock: File,
    identity: Identity,
    catalog: &'static Catalog,
    seed: State,
    ports: [Bound; 3],
}

impl Prepared {
    fn new(options: Options) -> Result<Self, Error> {
        let Options { dir, port, backup_port, admin_port, seed } = options;
        let seed = match seed {
            None => State::default(),
            Some(Seed::State(state)) => *state,
            Some(Seed::File(path)) => read_seed(path)?,
        };
        let catalog = Catalog::embedded().map_err(Error::Spec)?;
        fs::create_dir_all(&dir).map_err(Error::file(&dir))?;
        let dir = dir.canonicalize().map_err(Error::file(&dir))?;
        if dir.to_str().is_none() {
            return Err(Error::file(&dir)(io::Error::other("the path must be UTF-8: it stands in sandbox.json")));
        }
        let lock = lock(&dir)?;
        // Whoever waits for the file must not find the one of the last run.
        match fs::remove_file(dir.join(READY)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file(dir.join(READY))(error)),
            _ => {}
        }
        let identity = Identity::load_or_create(&dir)?;
        let bind = |listener, port| Bound::new(port).map_err(|source| Error::Listen { listener, port, source });
        let ports = [bind("main", port)?, bind("backup", backup_port)?, bind("admin", admin_port)?];
        Ok(Self { dir, lock, identity, catalog, seed, ports })
    }
}

fn read_seed(path: PathBuf) -> Result<State, Error> {
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    serde_json::from_str(&text).map_err(|error| Error::Seed { path, problem: error.to_string() })
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join(".lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(Error::file(path)(error)),
    }
}

/// Writes `sandbox.json` so that a reader sees all of it or nothing.
fn announce(path: &Path, info: &Info) -> Result<(), Error> {
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        serde_json::to_writer_pretty(&mut file, info)?;
        file.write_all(b"\n")?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(Error::file(path))
}

fn serve(name: &'static str, bound: Bound, gate: Arc<Gate>, serve: Serve) -> Result<Listener, Error> {
    let port = bound.address.port();
    bound.serve(gate, serve).map_err(|source| Error::Listen { listener: name, port, source })
}

fn answers(platform: &Arc<Platform>, host: Host) -> Serve {
    let platform = Arc::clone(platform);
    Arc::new(move |request| {
        let platform = Arc::clone(&platform);
        Box::pin(async move { platform.serve(host, request).await })
    })
}

fn administers(platform: Arc<Platform>, info: Info) -> Serve {
    let admin = Arc::new(Admin { platform, info });
    Arc::new(move |request| {
        let admin = Arc::clone(&admin);
        Box::pin(async move { Ok(admin.serve(request).await) })
    })
}
