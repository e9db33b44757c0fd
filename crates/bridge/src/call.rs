//! A call, and the ways to let it run.

use std::future::{Future, poll_fn};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use wechatpay_sdk::runtimes;
use wechatpay_sdk::{Error, KeyError};

use crate::client::Reply;
use crate::completions::Ticket;
use crate::error::{ErrorRecord, Result};
use crate::guard::panicked;
use crate::signer::{Answer, Asking, Elsewhere, Question, Task};

pub(crate) type Work = Pin<Box<dyn Future<Output = Result<Reply>> + Send>>;

/// A call that has not begun. It runs as a task of its own or on the thread that waits for it, so that all cores sign.
pub struct Call {
    operation: String,
    changes: bool,
    future: Work,
    key: Option<Arc<Elsewhere>>,
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
        Self { operation, changes, future: Box::pin(caught), key: None }
    }

    /// Says where the key lies that it asks.
    pub(crate) fn with_key(self, key: Option<&Arc<Elsewhere>>) -> Self {
        Self { key: key.cloned(), ..self }
    }

    /// Lets it run; dropping the handle cancels it. `ask` gets what it asks the merchant's key, where that lies elsewhere:
    /// on a thread that others need, so it must not wait for anything.
    ///
    /// # Errors
    /// Internal, where the operating system gives no threads.
    pub fn spawn(self, ask: impl FnMut(Question) + Send + 'static) -> Result<Running> {
        let task = runtimes::spawn(asking(Asking::new(self.future, self.key), ask))?;
        Ok(Running { _ticket: Ticket::new(task.abort_handle()), task })
    }

    /// Lets it run and hands the result to `done`; `ask` is that of [`spawn`](Self::spawn). Dropping the ticket cancels it.
    ///
    /// # Errors
    /// Internal, where the operating system gives no threads.
    pub fn start(
        self,
        ask: impl FnMut(Question) + Send + 'static,
        done: impl FnOnce(Result<Reply>) + Send + 'static,
    ) -> Result<(Ticket, GivenUp)> {
        let future = asking(Asking::new(self.future, self.key), ask);
        let task = runtimes::spawn(async move { done(future.await) })?;
        Ok((Ticket::new(task.abort_handle()), GivenUp { operation: self.operation, changes: self.changes }))
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

/// The call, with what it asks handed on.
async fn asking(mut call: Asking, mut ask: impl FnMut(Question)) -> Result<Reply> {
    poll_fn(|context| {
        let (polled, questions) = call.poll(context);
        questions.into_iter().for_each(&mut ask);
        polled
    })
    .await
}

/// A call under way: a future, of any executor.
pub struct Running {
    task: JoinHandle<Result<Reply>>,
    _ticket: Ticket,
}

impl Future for Running {
    type Output = Result<Reply>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|joined| {
            joined.unwrap_or_else(|_| Err(ErrorRecord::internal("the call was dropped while it was under way")))
        })
    }
}

/// How a blocking wait ended.
pub enum Waited {
    /// The call ended by itself.
    Done(Result<Reply>),
    /// The caller gave up: the call is cancelled, and the record says whether the request may have left.
    GivenUp(Box<ErrorRecord>),
}

/// Blocks until the call ends, asking `keep_going` at every tick. The interpreter runs its signal handlers there: this
/// thread is outside the runtime meanwhile, so that a handler may make calls of its own. So it is in `answer`, which is
/// asked for the merchant's key where that lies elsewhere; a call's time goes on there, but it is not interrupted.
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
    mut answer: impl FnMut(Task, &[u8]) -> Answer,
) -> Result<Waited> {
    let callers = runtimes::Callers::get()?;
    // Also while a panic of `keep_going` unwinds: a connection that is dropped may have something to do on the runtime.
    let _inside = callers.enter();
    let pid = std::process::id();
    let Call { operation, changes, future, key } = call;
    let mut call = Asking::new(future, key);
    loop {
        let turn = poll_fn(|context| match call.poll(context) {
            (Poll::Ready(done), _) => Poll::Ready(Turn::Done(done)),
            (Poll::Pending, questions) if questions.is_empty() => Poll::Pending,
            (Poll::Pending, questions) => Poll::Ready(Turn::Asks(questions)),
        });
        match runtimes::wait(async { tokio::time::timeout(tick, turn).await })? {
            Ok(Turn::Done(done)) => return Ok(Waited::Done(done)),
            Ok(Turn::Asks(questions)) => {
                for question in questions {
                    let given = answer(question.task, &question.input);
                    question.answer(given);
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
        // A signal handler, or a key, forked: here, in the child, the sockets and timers of the parent's call stand still.
        std::mem::forget(call);
    }
    Ok(Waited::GivenUp(Error::cancelled(&operation, changes).into()))
}

/// What ends a turn of waiting.
enum Turn {
    Done(Result<Reply>),
    Asks(Vec<Question>),
}

/// For callers whose clients all have their keys among the options.
///
/// # Errors
/// Always.
pub fn no_answer(_: Task, _: &[u8]) -> Answer {
    Err(KeyError::unsupported())
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
        let Ok(Waited::Done(Err(error))) = wait(panicking(), TICK, || true, no_answer) else {
            panic!("must be an error")
        };
        assert_eq!(error.kind, "internal");
        let running = panicking().spawn(drop).unwrap();
        assert_eq!(runtimes::wait(running).unwrap().unwrap_err().kind, "internal");
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
                no_answer,
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
        drop(call.spawn(drop).unwrap());
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
        let outcome = crate::guard(|| wait(call, Duration::from_millis(1), || panic!("spilt"), no_answer).map(drop));
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
            no_answer,
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
                inner = Some(wait(endless(false), TICK, || false, no_answer).is_ok());
                false
            },
            no_answer,
        );
        assert!(matches!(outcome, Ok(Waited::GivenUp(_))));
        assert_eq!(inner, Some(true));
    }
}
