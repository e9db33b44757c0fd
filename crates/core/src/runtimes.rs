//! Where calls run for code that brings no runtime of its own. Made at the first use, and anew after a fork.
//!
//! Waking another thread costs more than anything else that we do around a signature. So a thread that waits does the
//! work of its call itself ([`wait`]), and a call that nobody waits for stays on one worker from begin to end
//! ([`spawn`]); there are as many workers as processors, so that all of them sign.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, yield_now};

use crate::error::Error;
use crate::per_process::PerProcess;

static CALLERS: PerProcess<Arc<Runtime>> = PerProcess::new();
static WORKERS: PerProcess<Arc<[Worker]>> = PerProcess::new();

/// The runtime without threads, which whoever is in [`wait`] drives.
///
/// # Errors
/// Internal, where the operating system gives no descriptors.
pub fn callers() -> Result<Arc<Runtime>, Error> {
    CALLERS.with(|| new_runtime().map(Arc::new), Clone::clone).map_err(none)
}

/// Blocks until the future is done. Of the threads that wait, one watches the sockets for all; each polls its own future,
/// so that all processors sign.
///
/// Inside another runtime, where none may be driven, it only blocks, which is what the caller asked for.
///
/// # Errors
/// Internal, where the operating system gives no descriptors or threads.
pub fn wait<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let callers = callers()?;
    if Handle::try_current().is_ok_and(|current| current.id() != callers.handle().id()) {
        let workers = workers()?;
        let _inside = workers[0].handle.enter();
        return Ok(pollster::block_on(future));
    }
    Ok(callers.block_on(async {
        // Nobody watched the sockets since the last call. The first turn asks them; in the second those connections are
        // given up that the other side has closed meanwhile: a request must not be written to one.
        yield_now().await;
        yield_now().await;
        future.await
    }))
}

/// Lets a future run on the least busy worker.
///
/// # Errors
/// Internal, where the operating system gives no descriptors or threads.
pub fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<JoinHandle<T>, Error> {
    let workers = workers()?;
    let least = workers.iter().min_by_key(|worker| worker.running.load(Ordering::Relaxed));
    let worker = least.expect("there is at least one processor");
    let running = Running::new(&worker.running);
    Ok(worker.handle.spawn(async move {
        let _running = running;
        future.await
    }))
}

/// A thread with a runtime of its own.
struct Worker {
    handle: Handle,
    running: Arc<AtomicUsize>,
}

impl Worker {
    fn start() -> io::Result<Self> {
        let runtime = new_runtime()?;
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("wechatpay".to_owned())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok(Self { handle, running: Arc::default() })
    }
}

/// Counts a future for as long as it is there, however it ends.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn workers() -> Result<Arc<[Worker]>, Error> {
    let make = || {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        (0..processors).map(|_| Worker::start()).collect()
    };
    WORKERS.with(make, Clone::clone).map_err(none)
}

fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

fn none(error: io::Error) -> Error {
    Error::internal(format!("no runtime can be started: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::time::Duration;

    use super::*;

    #[test]
    fn calls_that_run_at_once_are_spread_over_all_workers() {
        let count = workers().expect("threads").len();
        // Each blocks its worker until all have begun: two on one worker would never end.
        let begun = Arc::new(Barrier::new(count));
        let calls: Vec<_> = (0..count)
            .map(|_| {
                let begun = begun.clone();
                spawn(async move { begun.wait().is_leader() }).expect("a worker")
            })
            .collect();
        let ended: Vec<bool> = calls.into_iter().map(|call| wait(call).expect("waits").expect("no panic")).collect();
        assert_eq!(ended.iter().filter(|leader| **leader).count(), 1);
    }

    #[test]
    fn waiting_works_inside_another_runtime() {
        let outer = new_runtime().expect("a runtime");
        outer.block_on(async { wait(rest(1)).expect("waits") });
    }

    #[test]
    fn many_threads_wait_at_once() {
        std::thread::scope(|scope| {
            for milliseconds in 0..32 {
                scope.spawn(move || wait(rest(milliseconds)).expect("waits"));
            }
        });
    }

    async fn rest(milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
