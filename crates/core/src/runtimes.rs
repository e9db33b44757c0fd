//! Where calls run for code that brings no runtime of its own. Made at the first use, and anew after a fork.
//!
//! Waking another thread costs more than anything else that we do around a signature. So a thread that waits does the
//! work of its call itself ([`wait`]), and a call that nobody waits for stays on one worker from begin to end
//! ([`spawn`]); there are as many workers as processors, so that all of them sign.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::{Builder, EnterGuard, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

use crate::error::Error;
use crate::per_process::PerProcess;

static CALLERS: PerProcess<Arc<Callers>> = PerProcess::new();
thread_local! {
    static DRIVING: Cell<bool> = const { Cell::new(false) };
}
static WORKERS: PerProcess<Arc<[Worker]>> = PerProcess::new();

/// The runtime without threads, which whoever is in [`wait`] drives.
pub struct Callers(Option<Runtime>);

impl Callers {
    /// That of this process.
    ///
    /// # Errors
    /// Internal, where the operating system gives no descriptors.
    pub fn get() -> Result<Arc<Self>, Error> {
        CALLERS.with(|| new_runtime().map(|runtime| Arc::new(Self(Some(runtime)))), Clone::clone).map_err(none)
    }

    /// Makes it the current one of this thread: what is dropped meanwhile may have something to do on it.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime().enter()
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("there until it is dropped")
    }

    /// Whether this thread may drive it: it drives nothing yet, and is in no runtime, or in this one by
    /// [`enter`](Self::enter).
    fn is_ours_to_drive(&self) -> bool {
        let here = || Handle::try_current().map_or(true, |current| current.id() == self.runtime().handle().id());
        !DRIVING.get() && here()
    }

    fn drive<T>(&self, future: impl Future<Output = T>) -> T {
        struct Done;
        impl Drop for Done {
            fn drop(&mut self) {
                DRIVING.set(false);
            }
        }
        DRIVING.set(true);
        let _done = Done;
        self.runtime().block_on(future)
    }
}

impl Drop for Callers {
    /// One that was made at the same time as another thread's goes, perhaps inside a runtime, where it may not block.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Lets connections that nobody needs any more be closed now, and not at the next call.
pub fn sweep() {
    let current = CALLERS.existing();
    if let Some(callers) = current.filter(|callers| callers.is_ours_to_drive()) {
        // As a task, which has its turn after what was woken before it: the thread that is driving may be about to stop,
        // and a future that is polled here would be done without anything having been driven.
        callers.drive(async { drop(tokio::spawn(turns()).await) });
    }
}

/// In the first turn the sockets are asked; in the second the connections act on what they said.
async fn turns() {
    yield_now().await;
    yield_now().await;
}

/// Blocks until the future is done. Of the threads that wait, one watches the sockets for all; each polls its own future,
/// so that all processors sign.
///
/// Inside another runtime, where none may be driven, it only blocks, which is what the caller asked for.
///
/// # Errors
/// Internal, where the operating system gives no descriptors or threads.
pub fn wait<T>(future: impl Future<Output = T>) -> Result<T, Error> {
    let callers = Callers::get()?;
    if !callers.is_ours_to_drive() {
        let workers = workers()?;
        let _inside = workers[0].handle.enter();
        return Ok(pollster::block_on(future));
    }
    Ok(callers.drive(async {
        // Nobody watched the sockets since the last call. Connections that the other side has closed meanwhile are given
        // up first: a request must not be written to one.
        turns().await;
        future.await
    }))
}

/// Lets a future run on the least busy worker, and there hands what comes of it to `then`. The worker is not busy with it
/// any more by then: whoever makes one call after another stays with one worker, and with one connection.
///
/// # Errors
/// Internal, where the operating system gives no descriptors or threads.
pub fn spawn<T, R: Send + 'static>(
    future: impl Future<Output = T> + Send + 'static,
    then: impl FnOnce(T) -> R + Send + 'static,
) -> Result<JoinHandle<R>, Error> {
    let workers = workers()?;
    let least = workers.iter().min_by_key(|worker| worker.running.load(Ordering::Relaxed));
    let worker = least.expect("there is at least one processor");
    let running = Running::new(&worker.running);
    Ok(worker.handle.spawn(async move {
        let outcome = future.await;
        drop(running);
        then(outcome)
    }))
}

/// A thread with a runtime of its own.
struct Worker {
    handle: Handle,
    running: Arc<AtomicUsize>,
    /// Dropped with the worker, it ends the thread: another thread's workers were there first.
    _stop: oneshot::Sender<()>,
}

impl Worker {
    fn start() -> io::Result<Self> {
        let runtime = new_runtime()?;
        let handle = runtime.handle().clone();
        let (_stop, stopped) = oneshot::channel();
        std::thread::Builder::new().name("wechatpay".to_owned()).spawn(move || drop(runtime.block_on(stopped)))?;
        Ok(Self { handle, running: Arc::default(), _stop })
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
    use std::convert::identity;
    use std::sync::{Barrier, mpsc};
    use std::thread::current;
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
                spawn(async move { begun.wait().is_leader() }, identity).expect("a worker")
            })
            .collect();
        let ended: Vec<bool> = calls.into_iter().map(|call| wait(call).expect("waits").expect("no panic")).collect();
        assert_eq!(ended.iter().filter(|leader| **leader).count(), 1);
    }

    #[test]
    fn who_makes_one_call_after_another_stays_with_one_worker() {
        if !alone("who_makes_one_call_after_another_stays_with_one_worker") {
            return;
        }
        let (heard, threads) = mpsc::channel();
        spawn(async {}, move |()| {
            let again = heard.clone();
            heard.send(current().id()).expect("the test waits");
            spawn(async {}, move |()| again.send(current().id())).expect("a worker");
        })
        .expect("a worker");
        let next = || threads.recv_timeout(Duration::from_secs(10)).expect("it runs");
        assert_eq!(next(), next());
    }

    #[test]
    fn threads_that_begin_at_once_share_one_set_of_workers() {
        if !alone("threads_that_begin_at_once_share_one_set_of_workers") {
            return;
        }
        let begun = Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    begun.wait();
                    let call = spawn(async {}, identity).expect("a worker");
                    // Inside a runtime a losing one may not block when it goes.
                    new_runtime().expect("a runtime").block_on(async { wait(call).expect("waits").expect("no panic") });
                });
            }
        });
        let expected = workers().expect("threads").len();
        let named = || {
            let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
            let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
            names.filter(|name| name.trim() == "wechatpay").count()
        };
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while named() != expected {
            assert!(std::time::Instant::now() < deadline, "{} threads, not {expected}", named());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn waiting_works_inside_another_runtime() {
        let outer = new_runtime().expect("a runtime");
        outer.block_on(async { wait(rest(1)).expect("waits") });
    }

    /// Also where another thread was driving and stops just then.
    #[test]
    fn a_sweep_lets_go_on_what_was_woken_before_it() {
        let callers = Callers::get().expect("a runtime");
        let ended = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    while ended.load(Ordering::Relaxed) == 0 {
                        wait(yield_now()).expect("waits");
                    }
                });
            }
            let swept = (0..5000).all(|_| {
                let (wake, woken) = oneshot::channel::<()>();
                let task = callers.runtime().handle().spawn(woken);
                drop(wake);
                sweep();
                task.is_finished()
            });
            ended.store(1, Ordering::Relaxed);
            assert!(swept, "a task still stands");
        });
    }

    #[test]
    fn what_is_done_while_driving_may_wait_and_sweep() {
        let value = wait(async {
            sweep();
            wait(async { rest(1).await }).expect("waits");
            7
        });
        assert_eq!(value.expect("waits"), 7);
        assert!(Callers::get().expect("a runtime").is_ours_to_drive());
    }

    #[test]
    fn many_threads_wait_at_once() {
        std::thread::scope(|scope| {
            for milliseconds in 0..32 {
                scope.spawn(move || wait(rest(milliseconds)).expect("waits"));
            }
        });
    }

    /// Whether this process runs that test only, and so has no other test's workers; if not, the test is run in one.
    fn alone(test: &str) -> bool {
        const ALONE: &str = "WECHATPAY_ALONE";
        if std::env::var_os(ALONE).is_some() {
            return true;
        }
        let mut process = std::process::Command::new(std::env::current_exe().expect("this test"));
        process.args([&format!("runtimes::tests::{test}"), "--exact"]).env(ALONE, "1");
        let output = process.output().expect("starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        false
    }

    async fn rest(milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
}
