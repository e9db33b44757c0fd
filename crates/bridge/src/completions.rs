//! Finished calls for an event loop, and what calls say meanwhile. Waking the loop is what costs, so many of them share
//! one wake-up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use crate::attempts::Waiting;
use crate::call::Call;
use crate::client::Reply;
use crate::desk::Said;
use crate::error::{ErrorRecord, Result};
use crate::wake::{Waker, Watched, pair};

/// The calls of one event loop.
pub struct Completions {
    queue: Arc<Queue>,
    watched: Watched,
}

struct Queue {
    news: Mutex<Vec<News>>,
    waker: Waker,
    waiting: Waiting,
}

/// What a call has to say.
pub struct News {
    /// What the caller named the call.
    pub token: u64,
    /// What it says.
    pub event: Event,
}

/// What can happen with a call.
pub enum Event {
    /// It has ended, and this came of it.
    Done(Result<Reply>),
    /// It says this meanwhile.
    Says(Said),
}

impl Completions {
    /// Opens the descriptor.
    ///
    /// # Errors
    /// Internal, where the process has no descriptors left.
    pub fn new() -> Result<Self> {
        let (watched, waker) =
            pair().map_err(|error| ErrorRecord::internal(format!("no descriptor for the event loop: {error}")))?;
        Ok(Self { queue: Arc::new(Queue { news: Mutex::default(), waker, waiting: Waiting::default() }), watched })
    }

    /// What the loop watches: readable while there is something to [`drain`](Self::drain).
    #[must_use]
    pub fn descriptor(&self) -> u64 {
        self.watched.descriptor()
    }

    /// Lets a call run; its result is queued under `token`. Dropping the ticket cancels it.
    ///
    /// # Errors
    /// Internal, where the operating system gives no threads.
    pub fn start(&self, token: u64, call: Call) -> Result<Ticket> {
        let (heard, done) = (Arc::clone(&self.queue), Arc::clone(&self.queue));
        let (ticket, _) = call.start(
            move |said| heard.push_said(token, said),
            move |result| done.push(News { token, event: Event::Done(result) }),
        )?;
        Ok(ticket)
    }

    /// Takes all that there is; never blocks.
    #[must_use]
    pub fn drain(&self) -> Vec<News> {
        // In this order: what is queued in between wakes the loop once more, and nothing is forgotten.
        self.watched.clear();
        let news = std::mem::take(&mut *self.queue.lock());
        for news in &news {
            if let Event::Says(said) = &news.event {
                said.leaves(&self.queue.waiting);
            }
        }
        news
    }
}

impl Queue {
    fn push_said(&self, token: u64, mut said: Said) {
        if said.finds_room(&self.waiting) {
            self.push(News { token, event: Event::Says(said) });
        }
    }

    fn push(&self, news: News) {
        let mut queue = self.lock();
        queue.push(news);
        let first = queue.len() == 1;
        drop(queue);
        if first {
            self.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<News>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to cancel a call; dropping it does so. Harmless once the call has ended.
pub struct Ticket {
    task: AbortHandle,
    pid: u32,
}

impl Ticket {
    pub(crate) fn new(task: AbortHandle) -> Self {
        Self { task, pid: std::process::id() }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // A forked child inherits tickets of its parent's calls: there is nothing of them here to cancel.
        if self.pid == std::process::id() {
            self.task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_results_is_one_wake_up_until_they_are_drained() {
        let (watched, waker) = pair().unwrap();
        let queue = Queue { news: Mutex::default(), waker, waiting: Waiting::default() };
        for round in 0..3_u64 {
            for token in 0..100 {
                queue.push(News { token, event: Event::Done(Err(ErrorRecord::internal("of no importance"))) });
            }
            assert_eq!(watched.clear(), 1, "round {round}");
            assert_eq!(std::mem::take(&mut *queue.lock()).len(), 100);
        }
        assert_eq!(watched.clear(), 0);
    }
}
