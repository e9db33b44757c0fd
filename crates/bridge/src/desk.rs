//! What a call says while it is under way, and how that comes to whoever let it run.
//!
//! Each poll of a call has a desk, kept by the thread that polls. What the call asks or tells is put there, and taken when
//! the poll is over: [`crate::wait`] hands it out on the thread that waits, outside of the runtime, so that whoever hears
//! it may block, take an interpreter's lock and make calls of its own; [`crate::Completions`] and [`crate::Call::start`]
//! hand it to the event loop that the call belongs to. So nothing is heard on a thread of the runtime, and no lock of an
//! interpreter is ever waited for there.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::futures::OwnedNotified;

use crate::attempts::AttemptEvent;
use crate::call::Work;
use crate::client::Reply;
use crate::error::Result;
use crate::files::Progress;
use crate::signer::{Elsewhere, Question};

/// What a call says while it is under way.
#[derive(Debug)]
pub enum Said {
    /// It asks the merchant's key, which lies elsewhere.
    Asks(Question),
    /// It tells of an attempt, since it is watched. An attempt that begins is told when the call next waits for something.
    Tells(AttemptEvent),
    /// It tells how far its download is, since somebody asked for that.
    Progresses(Progress),
}

/// What the call that is being polled has said.
struct Desk {
    watched: bool,
    said: Vec<Said>,
}

thread_local! {
    /// None while this thread polls nothing of ours.
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// Whether what is being polled is a call whose attempts somebody watches.
pub(crate) fn is_watched() -> bool {
    DESK.with_borrow(|desk| desk.as_ref().is_some_and(|desk| desk.watched))
}

/// Leaves it for whoever let the call run. What is said outside of every call is given back.
pub(crate) fn put(said: Said) -> Option<Said> {
    DESK.with_borrow_mut(|desk| match desk {
        Some(desk) => {
            desk.said.push(said);
            None
        }
        None => Some(said),
    })
}

/// A call with its desk.
pub(crate) struct AtDesk {
    call: Work,
    key: Option<Arc<Elsewhere>>,
    watched: bool,
    /// For a client whose key lies elsewhere: ends when something was left with that.
    left: Option<Pin<Box<OwnedNotified>>>,
}

impl AtDesk {
    pub(crate) fn new(call: Work, key: Option<Arc<Elsewhere>>, watched: bool) -> Self {
        Self { call, key, watched, left: None }
    }

    /// Polls the call once, and gives what it says meanwhile.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> (Poll<Result<Reply>>, Vec<Said>) {
        struct Before(Option<Desk>);
        impl Drop for Before {
            /// Also where the call panics.
            fn drop(&mut self) {
                DESK.replace(self.0.take());
            }
        }
        let before = Before(DESK.replace(Some(Desk { watched: self.watched, said: Vec::new() })));
        let polled = self.call.as_mut().poll(context);
        let mut said = DESK.take().map_or_else(Vec::new, |desk| desk.said);
        drop(before);
        if polled.is_pending() {
            self.take_what_was_left(context, &mut said);
        }
        (polled, said)
    }

    /// What was asked outside of calls.
    fn take_what_was_left(&mut self, context: &mut Context<'_>, said: &mut Vec<Said>) {
        let Some(unattended) = self.key.as_ref().map(|key| key.unattended()) else { return };
        // Until it is pending: then this call is woken by the next one.
        while self
            .left
            .get_or_insert_with(|| Box::pin(unattended.came.clone().notified_owned()))
            .as_mut()
            .poll(context)
            .is_ready()
        {
            self.left = None;
            said.extend(unattended.take().into_iter().map(Said::Asks));
        }
    }
}
