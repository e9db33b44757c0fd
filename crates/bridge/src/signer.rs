//! A merchant's key that lies beyond the language boundary: whoever waits for a call answers what the call asks it.
//!
//! The key itself ([`Elsewhere`]) answers nothing: what a call asks is put on its desk ([`crate::desk`]), and whoever let
//! the call run takes it from there. No executor thread waits for an answer.
//!
//! What is signed outside of calls, such as a refresh in the background, has no desk. It is left with the key, and goes
//! over the desk of any call of the same client that is under way, or the next one.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use wechatpay_sdk::per_process::PerProcess;
use wechatpay_sdk::{KeyError, KeyFuture, MerchantKey};

use crate::desk::{self, Said};

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

/// The key of a client whose binding answers for it.
pub(crate) struct Elsewhere(PerProcess<Arc<Unattended>>);

/// What was asked outside of calls.
#[derive(Default)]
pub(crate) struct Unattended {
    questions: Mutex<Vec<Question>>,
    pub(crate) came: Arc<Notify>,
}

impl Unattended {
    /// Those whose askers have given up meanwhile need no answer.
    pub(crate) fn take(&self) -> Vec<Question> {
        self.questions().drain(..).filter(|question| !question.answer.is_closed()).collect()
    }

    fn questions(&self) -> MutexGuard<'_, Vec<Question>> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, question: Question) {
        let mut questions = self.questions();
        // Those whose time has run out.
        questions.retain(|question| !question.answer.is_closed());
        questions.push(question);
        drop(questions);
        self.came.notify_one();
    }
}

impl Elsewhere {
    pub(crate) fn new() -> Self {
        Self(PerProcess::new())
    }

    pub(crate) fn unattended(&self) -> Arc<Unattended> {
        let made = self.0.with(|| Ok::<_, Infallible>(Arc::default()), Arc::clone);
        made.unwrap_or_else(|never| match never {})
    }

    async fn ask(&self, task: Task, input: &[u8]) -> Answer {
        let (answer, answered) = oneshot::channel();
        let question = Question { task, input: input.to_vec(), answer };
        if let Some(Said::Asks(question)) = desk::put(Said::Asks(question)) {
            self.unattended().leave(question);
        }
        answered.await.unwrap_or_else(|_| Err(KeyError::new("it gave no answer")))
    }
}

impl MerchantKey for Elsewhere {
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(self.ask(Task::Sign, message))
    }

    fn decrypt<'a>(&'a self, ciphertext: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(self.ask(Task::Decrypt, ciphertext))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::identity;
    use std::future::Future;
    use std::time::Duration;

    use tokio::task::JoinHandle;
    use wechatpay_sdk::runtimes;

    use super::*;
    use crate::call::{Call, Waited, wait};
    use crate::error::ErrorRecord;

    const TICK: Duration = Duration::from_millis(50);

    /// Something outside of every call that has a message signed, such as a refresh in the background.
    fn background(key: &Arc<Elsewhere>, limit: Duration) -> JoinHandle<Option<Answer>> {
        let key = Arc::clone(key);
        let answer = async move { tokio::time::timeout(limit, key.sign(b"background")).await.ok() };
        runtimes::spawn(answer, identity).unwrap()
    }

    /// What a call that asks nothing itself has to answer before `work` ends.
    fn answered_until<T: Send + 'static>(
        key: &Arc<Elsewhere>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Vec<Vec<u8>> {
        let call = Call::new("tea.brew".to_owned(), false, async move {
            work.await;
            Err(ErrorRecord::internal("the tea is ready"))
        });
        let mut asked = Vec::new();
        let outcome = wait(
            call.with_key(Some(key)),
            TICK,
            || true,
            |said| {
                let Said::Asks(question) = said else { panic!("it attempts nothing") };
                assert_eq!(question.task, Task::Sign);
                asked.push(question.input.clone());
                question.answer(Ok(b"signature".to_vec()));
            },
        );
        assert!(matches!(outcome, Ok(Waited::Done(Err(error))) if error.message == "the tea is ready"));
        asked
    }

    fn left(key: &Arc<Elsewhere>) {
        while key.unattended().questions().is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn what_is_asked_outside_of_calls_goes_over_one_that_is_under_way() {
        let key = Arc::new(Elsewhere::new());
        let asker = Arc::clone(&key);
        let work = async move { background(&asker, Duration::MAX).await.unwrap() };
        assert_eq!(answered_until(&key, work), [b"background"]);
    }

    #[test]
    fn what_was_asked_before_goes_over_the_next_call() {
        let key = Arc::new(Elsewhere::new());
        let asked = [background(&key, Duration::MAX), background(&key, Duration::MAX)];
        while key.unattended().questions().len() < 2 {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(
            answered_until(&key, async move {
                for one in asked {
                    one.await.unwrap();
                }
            }),
            [b"background"; 2]
        );
        assert!(key.unattended().questions().is_empty());
    }

    #[test]
    fn another_clients_call_does_not_answer() {
        let (key, other) = (Arc::new(Elsewhere::new()), Arc::new(Elsewhere::new()));
        let asked = background(&key, Duration::MAX);
        left(&key);
        assert!(answered_until(&other, tokio::task::yield_now()).is_empty());
        assert_eq!(answered_until(&key, asked), [b"background"]);
    }

    #[test]
    fn what_nobody_waits_for_any_more_is_forgotten() {
        let key = Arc::new(Elsewhere::new());
        let too_late = runtimes::wait(background(&key, Duration::from_millis(1))).unwrap().unwrap();
        assert!(too_late.is_none());
        let asked = background(&key, Duration::MAX);
        assert_eq!(answered_until(&key, asked), [b"background"]);
    }
}
