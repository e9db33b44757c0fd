//! `wechatpay sandbox`: the local WeChat Pay in the foreground.

use wechatpay_sandbox::{Options, Sandbox, Seed};
use wechatpay_sdk::Error;

use crate::args::SandboxArgs;
use crate::failure::Failure;
use crate::output::line;

pub(crate) async fn run(args: SandboxArgs) -> Result<(), Failure> {
    // Before the ready line: whoever reads it may stop us at once.
    let mut signals = Signals::new()?;
    let options = Options {
        dir: args.dir,
        port: args.port,
        backup_port: args.backup_port,
        admin_port: args.admin_port,
        seed: args.seed.map(Seed::File),
    };
    let sandbox = Sandbox::start(options)
        .await
        .map_err(|error| Error::bad_option("sandbox", format!("cannot start: {error}")))?;
    let ready = serde_json::to_string(sandbox.info()).expect("paths are UTF-8: the sandbox checked it");
    line(&ready)?;
    signals.next().await;
    sandbox.shutdown().await;
    Ok(())
}

/// SIGINT and SIGTERM.
pub(crate) struct Signals {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    pub(crate) fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let open = |kind| signal(kind).map_err(|error| Failure::io("signals cannot be received", &error));
            Ok(Self { streams: [open(SignalKind::interrupt())?, open(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.streams;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
