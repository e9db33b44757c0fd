//! The two runtimes of a process, for code that brings none. Each is made at its first use, and anew after a fork.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::yield_now;

use crate::error::Error;
use crate::per_process::PerProcess;

static BACKGROUND: PerProcess<Arc<Runtime>> = PerProcess::new();
static CALLERS: PerProcess<Arc<Runtime>> = PerProcess::new();

/// The runtime with threads of its own: calls go on while nobody waits for them.
///
/// # Errors
/// Internal, where the operating system gives no threads.
pub fn background() -> Result<Arc<Runtime>, Error> {
    runtime(&BACKGROUND, || Builder::new_multi_thread().enable_all().thread_name("wechatpay").build())
}

/// The runtime without threads: whoever waits for a call does its work, and one of those who wait watches the sockets
/// for all. See [`wait`].
///
/// # Errors
/// Internal, where the operating system gives no descriptors.
pub fn callers() -> Result<Arc<Runtime>, Error> {
    runtime(&CALLERS, || Builder::new_current_thread().enable_all().build())
}

fn runtime(
    slot: &PerProcess<Arc<Runtime>>,
    make: impl FnOnce() -> std::io::Result<Runtime>,
) -> Result<Arc<Runtime>, Error> {
    slot.with(|| make().map(Arc::new), Clone::clone)
        .map_err(|error| Error::internal(format!("no runtime can be started: {error}")))
}

/// Blocks until the future is done. This thread drives it, so that a call is not handed to another thread and back.
///
/// Inside another runtime, where driving is not allowed, it only blocks, which is what the caller asked for.
///
/// # Errors
/// Internal, where the operating system gives no descriptors or threads.
pub fn wait<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let callers = callers()?;
    if Handle::try_current().is_ok_and(|current| current.id() != callers.handle().id()) {
        let background = background()?;
        let _inside = background.enter();
        return Ok(pollster::block_on(future));
    }
    Ok(callers.block_on(async {
        // Nobody watched the sockets since the last call. The first turn asks them, and in the second the connections
        // that the other side has closed meanwhile are given up: a request must not be written to one.
        yield_now().await;
        yield_now().await;
        future.await
    }))
}
