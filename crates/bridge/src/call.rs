//! A call, and the ways to let it run.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use wechatpay_sdk::runtimes;
use wechatpay_sdk::{Error, KeyError};

use crate::client::Reply;
use crate::completions::Ticket;
use crate::desk::{AtDesk, Said};
use crate::error::{ErrorRecord, Result};
use crate::guard::panicked;
use crate::signer::Elsewhere;

pub(crate) type Work = Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;

/// A call that has not begun. It runs as a task of its own or on the thread that waits for it, so that all cores sign.
pub struct Call {
    operation: String,
    changes: bool,
    future: Work,
    key: Option<Arc<Elsewhere>>,
    watched: bool,
}

impl Call {
    /// Wraps what the call does. `changes`: anything but a GET, whose outcome is unknown once it may have been sent.
    pub(crate) fn new(
        operation: String,
        changes: bool,
        future: impl Future<Output = Result<Reply>> + Send + 'static,
    ) -> Self {
        let caught = AssertUnwindSafe(future)
            .catch_unwind()
            .map(|outcome| outcome.unwrap_or_else(|panic| Err(panicked(&*panic))));
        Self { operation, changes, future: Box::pin(caught), key: None, watched: false }
    }

    /// Says where the key lies that it asks.
    pub(crate) fn with_key(self, key: Option<&Arc<Elsewhere>>) -> Self {
        Self { key: key.cloned(), ..self }
    }

    /// Says whether it tells of its attempts ([`Said::Tells`]) to whoever lets it run.
    #[must_use]
    pub fn watched(self, watched: bool) -> Self {
        Self { watched, ..self }
    }

    /// Lets it run and hands the result to `done`; dropping the ticket cancels it. `hear` gets what it says meanwhile: both
    /// on a thread that others need, so they must not wait for anything.
    ///
    /// # Errors
    /// Internal, where the operating system gives no threads.
    pub fn start(
        self,
        hear: impl FnMut(Said) + Send + 'static,
        done: impl FnOnce(Result<Reply>) + Send + 'static,
    ) -> Result<(Ticket, GivenUp)> {
        let (call, given_up) = self.at_desk();
        let future = heard(call, hear);
        let task = runtimes::spawn(future, done)?;
        Ok((Ticket::new(task.abort_handle()), given_up))
    }

    fn at_desk(self) -> (AtDesk, GivenUp) {
        let Self { operation, changes, future, key, watched } = self;
        (AtDesk::new(future, key, watched), GivenUp { operation, changes })
    }
}

/// What is known of a call that its caller may give up.
pub struct GivenUp {
    operation: String,
    changes: bool,
}

impl GivenUp {
    /// The error of a caller who gives the call up while it is under way.
    #[must_use]
    pub fn record(&self) -> Box<ErrorRecord> {
        Error::cancelled(&self.operation, self.changes).into()
    }
}

/// The call, with what it says handed on.
async fn heard(mut call: AtDesk, mut hear: impl FnMut(Said)) -> Result<Reply> {
    poll_fn(|context| {
        let (polled, said) = call.poll(context);
        said.into_iter().for_each(&mut hear);
        polled
    })
    .await
}

/// How a blocking wait ended.
pub enum Waited {
    /// The call ended by itself.
    Done(Result<Reply>),
    /// The caller gave up: the call is cancelled, and the record says whether the request may have left.
    GivenUp(Box<ErrorRecord>),
}

/// Blocks until the call ends, asking `keep_going` at every tick. The interpreter runs its signal handlers there: this
/// thread is outside the runtime meanwhile, so that a handler may make calls of its own. So it is in `hear`, which gets what
/// the call says; a call's time goes on there, but it is not interrupted.
///
/// The calling thread itself drives the call: it would only wait otherwise, and the work would be handed to another
/// thread and back. Many calling threads still sign on all cores.
///
/// # Errors
/// Internal, where the operating system gives no threads.
pub fn wait(
    call: Call,
    tick: Duration,
    mut keep_going: impl FnMut() -> bool,
    mut hear: impl FnMut(Said),
) -> Result<Waited> {
    let callers = runtimes::Callers::get()?;
    // Also while a panic of `keep_going` unwinds: a connection that is dropped may have something to do on the runtime.
    let _inside = callers.enter();
    let pid = std::process::id();
    let (mut call, given_up) = call.at_desk();
    loop {
        let turn = poll_fn(|context| match call.poll(context) {
            (Poll::Ready(done), said) => Poll::Ready((Some(done), said)),
            (Poll::Pending, said) if said.is_empty() => Poll::Pending,
            (Poll::Pending, said) => Poll::Ready((None, said)),
        });
        match runtimes::wait(async { tokio::time::timeout(tick, turn).await })? {
            Ok((done, said)) => {
                said.into_iter().for_each(&mut hear);
                if let Some(done) = done {
                    return Ok(Waited::Done(done));
                }
            }
            Err(_) if keep_going() => {}
            Err(_) => break,
        }
        if pid != std::process::id() {
            break;
        }
    }
    if pid == std::process::id() {
        drop(call);
        runtimes::sweep();
    } else {
        // A signal handler, or what heard it, forked: here, in the child, the sockets and timers of the parent's call stand
        // still.
        std::mem::forget(call);
    }
    Ok(Waited::GivenUp(given_up.record()))
}

/// For callers whose clients all have their keys among the options, and who watch no attempts.
pub fn nobody_hears(said: Said) {
    if let Said::Asks(question) = said {
        question.answer(Err(KeyError::unsupported()));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    const TICK: Duration = Duration::from_millis(50);

    fn endless(changes: bool) -> Call {
        Call::new("tea.brew".to_owned(), changes, std::future::pending())
    }

    #[test]
    fn a_panicking_call_is_an_internal_error_however_it_runs() {
        let panicking = || Call::new("tea.brew".to_owned(), true, async { panic!("spilt") });
        let Ok(Waited::Done(Err(error))) = wait(panicking(), TICK, || true, nobody_hears) else {
            panic!("must be an error")
        };
        assert_eq!(error.kind, "internal");
        let (done, outcome) = std::sync::mpsc::channel();
        let _running = panicking().start(drop, move |result| drop(done.send(result))).unwrap();
        assert_eq!(outcome.recv().unwrap().unwrap_err().kind, "internal");
    }

    #[test]
    fn giving_up_says_whether_the_request_may_have_left() {
        for (changes, retryability) in [(true, "check_first"), (false, "safe")] {
            let started = Instant::now();
            let mut ticks = 0;
            let outcome = wait(
                endless(changes),
                TICK,
                || {
                    ticks += 1;
                    ticks < 3
                },
                nobody_hears,
            );
            let Ok(Waited::GivenUp(error)) = outcome else { panic!("must be given up") };
            assert_eq!((error.code.as_str(), error.operation.as_deref()), ("cancelled", Some("tea.brew")));
            assert_eq!((error.may_have_taken_effect, error.retryability), (changes, retryability));
            assert_eq!(ticks, 3);
            assert!(started.elapsed() < Duration::from_secs(2));
        }
    }

    #[test]
    fn dropping_a_running_call_drops_what_it_was_doing() {
        struct Flag;
        static DROPPED: AtomicBool = AtomicBool::new(false);
        impl Drop for Flag {
            fn drop(&mut self) {
                DROPPED.store(true, Ordering::SeqCst);
            }
        }
        let flag = Flag;
        let call = Call::new("tea.brew".to_owned(), true, async move {
            let _flag = flag;
            std::future::pending().await
        });
        drop(call.start(drop, drop).unwrap());
        let deadline = Instant::now() + Duration::from_secs(5);
        while !DROPPED.load(Ordering::SeqCst) {
            assert!(Instant::now() < deadline, "the call must be cancelled");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_panic_while_waiting_drops_the_call_inside_the_runtime() {
        struct Spawns;
        impl Drop for Spawns {
            fn drop(&mut self) {
                drop(tokio::spawn(async {}));
            }
        }
        let spawns = Spawns;
        let call = Call::new("tea.brew".to_owned(), true, async move {
            let _spawns = spawns;
            std::future::pending().await
        });
        let outcome = crate::guard(|| wait(call, Duration::from_millis(1), || panic!("spilt"), nobody_hears).map(drop));
        assert_eq!(outcome.unwrap_err().kind, "internal");
    }

    /// The child has the parent's call, but neither its sockets nor its timers: it must not wait for them.
    #[test]
    fn a_signal_handler_that_forks_ends_the_call_in_the_child() {
        let mut child = None;
        let outcome = wait(
            endless(true),
            TICK,
            || {
                if child.is_some() {
                    return false;
                }
                #[expect(unsafe_code, reason = "fork is what is tested")]
                let forked = unsafe { nix::unistd::fork() }.unwrap();
                if forked.is_child() {
                    nix::unistd::alarm::set(10);
                }
                child = Some(forked);
                true
            },
            nobody_hears,
        );
        let given_up = matches!(outcome, Ok(Waited::GivenUp(error)) if error.may_have_taken_effect);
        match child.unwrap() {
            nix::unistd::ForkResult::Child => std::process::exit(i32::from(!given_up)),
            nix::unistd::ForkResult::Parent { child } => {
                assert!(given_up);
                let ended = nix::sys::wait::waitpid(child, None).unwrap();
                assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
            }
        }
    }

    #[test]
    fn a_signal_handler_may_make_calls_of_its_own() {
        let mut inner = None;
        let outcome = wait(
            endless(false),
            TICK,
            || {
                inner = Some(wait(endless(false), TICK, || false, nobody_hears).is_ok());
                false
            },
            nobody_hears,
        );
        assert!(matches!(outcome, Ok(Waited::GivenUp(_))));
        assert_eq!(inner, Some(true));
    }
}
