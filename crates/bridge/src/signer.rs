//! A merchant's key that lies beyond the language boundary: whoever waits for a call answers what the call asks it.
//!
//! The key itself ([`Elsewhere`]) holds nothing. What a call asks is put on the desk of the thread that polls it, and the
//! one who let the call run takes it from there: [`crate::wait`] answers it on the thread that waits, outside of the
//! runtime, so that the answer may block, take an interpreter's lock and make calls of its own; [`crate::Completions`]
//! and [`crate::Call::spawn`] hand it to the event loop that the call belongs to. No executor thread waits for an answer.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wechatpay_sdk::{KeyError, KeyFuture, MerchantKey};

/// What the key gave, or why it gave nothing.
pub type Answer = std::result::Result<Vec<u8>, KeyError>;

/// What a key can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The signature of a message.
    Sign,
    /// The plaintext of a ciphertext.
    Decrypt,
}

impl Task {
    /// The name of the option whose function does it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Decrypt => "decrypt",
        }
    }
}

/// What a call asks the merchant's key. Dropped without an answer, it fails the call.
pub struct Question {
    /// What is to be done
    pub task: Task,
    /// with these bytes.
    pub input: Vec<u8>,
    answer: oneshot::Sender<Answer>,
}

impl Question {
    /// Answers it. Where the call has ended meanwhile, nobody listens.
    pub fn answer(self, answer: Answer) {
        // A call that was given up, or ran out of time, needs none.
        let _ = self.answer.send(answer);
    }
}

impl fmt::Debug for Question {
    /// Without the bytes: a message holds what the request does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("task", &self.task).finish_non_exhaustive()
    }
}

thread_local! {
    /// What the call that this thread polls has asked; none while it polls nothing of ours.
    static DESK: RefCell<Option<Vec<Question>>> = const { RefCell::new(None) };
}

/// Polls a call once, and gives what it asked meanwhile.
pub(crate) fn poll_at_desk<F: Future + ?Sized>(
    call: Pin<&mut F>,
    context: &mut Context<'_>,
) -> (Poll<F::Output>, Vec<Question>) {
    struct Desk(Option<Vec<Question>>);
    impl Drop for Desk {
        /// Also where the call panics.
        fn drop(&mut self) {
            DESK.replace(self.0.take());
        }
    }
    let _before = Desk(DESK.replace(Some(Vec::new())));
    let polled = call.poll(context);
    (polled, DESK.take().unwrap_or_default())
}

/// The key of a client whose binding answers for it.
pub(crate) struct Elsewhere;

impl MerchantKey for Elsewhere {
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(ask(Task::Sign, message))
    }

    fn decrypt<'a>(&'a self, ciphertext: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(ask(Task::Decrypt, ciphertext))
    }
}

async fn ask(task: Task, input: &[u8]) -> Answer {
    let (answer, answered) = oneshot::channel();
    let question = Question { task, input: input.to_vec(), answer };
    let asked = DESK.with_borrow_mut(|desk| desk.as_mut().map(|questions| questions.push(question)).is_some());
    if !asked {
        return Err(KeyError::new("it can be asked within a call only"));
    }
    answered.await.unwrap_or_else(|_| Err(KeyError::new("it gave no answer")))
}
