//! Calls under way, and how they come home. Each runs as a task of its own, on all cores; the event loop of the thread
//! that made it is what polls it, and only when it has something to give. What a call says meanwhile comes to that event
//! loop the same way.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use napi::Status;
use napi::bindgen_prelude::{Either, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use wechatpay_bridge::{Call, ErrorRecord, Reply, Result, Running, Said, Waiting, guard};

use crate::outcome::{Outcome, json, text};
use crate::question::Question;

/// Called as `land(token, outcome, question, event)`. Weak: by itself it does not keep the process alive.
type Land = ThreadsafeFunction<Arrival, (), LandArguments, Status, false, true>;
type LandArguments = FnArgs<(u32, Option<Outcome>, Option<Question>, Option<String>)>;

enum Arrival {
    /// There is something to poll for.
    Wake(Arc<Task>),
    /// The call of this token has ended.
    Done(u32, Result<Reply>),
    /// It says this meanwhile.
    Says(u32, Said),
}

/// The arrivals of one JavaScript thread.
#[napi]
pub struct Arrivals(Arc<Land>, Arc<Waiting>);

#[napi]
impl Arrivals {
    /// `land(token, outcome, question, event)` is called for every call that ends by itself, with an outcome; for every
    /// question of a call to the merchant's key, with that; for what a watched call tells of its attempts, with that as
    /// JSON; or with nothing, which means nothing.
    #[napi(constructor, catch_unwind)]
    pub fn new(land: Function<'_, LandArguments, ()>) -> napi::Result<Self> {
        let waiting = Arc::new(Waiting::default());
        let left = Arc::clone(&waiting);
        let land =
            land.build_threadsafe_function::<Arrival>().weak::<true>().callee_handled::<false>().build_callback(
                move |context| match context.value {
                    Arrival::Wake(task) => {
                        let result = guard(|| Ok(task.poll())).unwrap_or_else(|record| Some(Err(record)));
                        Ok((task.token, result.map(Outcome::from), None, None).into())
                    }
                    Arrival::Done(token, result) => Ok((token, Some(result.into()), None, None).into()),
                    Arrival::Says(token, said) => {
                        said.leaves(&left);
                        Ok(match said {
                            Said::Asks(question) => (token, None, Some(Question::new(question)), None),
                            Said::Tells(event) => (token, None, None, Some(text(event.to_json()))),
                        }
                        .into())
                    }
                },
            )?;
        Ok(Self(Arc::new(land), waiting))
    }
}

impl Arrivals {
    /// Lets a call run. What has ended already is not a flight any more, but its outcome; unless it is watched: then its
    /// outcome lands, too, after what it tells.
    pub(crate) fn start(
        &self,
        token: u32,
        watched: bool,
        call: impl FnOnce() -> Result<Call>,
    ) -> Either<Flight, Outcome> {
        let start = || {
            let call = call()?.watched(watched);
            let given_up = call.given_up();
            let (land, waiting) = (Arc::clone(&self.0), Arc::clone(&self.1));
            // Where the thread has ended, the question goes unanswered, and with it the call.
            let hear = move |mut said: Said| {
                if said.finds_room(&waiting) {
                    land.call(Arrival::Says(token, said), ThreadsafeFunctionCallMode::NonBlocking);
                }
            };
            let task =
                Arc::new(Task { token, running: Mutex::new(Some(call.spawn(hear)?)), land: Arc::clone(&self.0) });
            Ok(match task.poll() {
                Some(result) if watched => {
                    self.0.call(Arrival::Done(token, result), ThreadsafeFunctionCallMode::NonBlocking);
                    Either::A(Flight { task, given_up })
                }
                Some(result) => Either::B(result.into()),
                None => Either::A(Flight { task, given_up }),
            })
        };
        guard(start).unwrap_or_else(|record| Either::B(Err(record).into()))
    }
}

/// A call under way. It is dropped with this object: at the latest when its thread ends.
#[napi]
pub struct Flight {
    task: Arc<Task>,
    given_up: Box<ErrorRecord>,
}

#[napi]
impl Flight {
    /// Drops the call, and gives the error record of the caller who does so.
    #[napi(catch_unwind)]
    pub fn cancel(&self) -> String {
        self.task.drop_call();
        json(&self.given_up)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.task.drop_call();
    }
}

struct Task {
    token: u32,
    running: Mutex<Option<Running>>,
    land: Arc<Land>,
}

impl Task {
    /// The result, once.
    fn poll(self: &Arc<Self>) -> Option<Result<Reply>> {
        let mut running = self.running();
        let waker = Waker::from(Arc::clone(self));
        match Pin::new(running.as_mut()?).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                *running = None;
                Some(result)
            }
            Poll::Pending => None,
        }
    }

    fn drop_call(&self) {
        let call = self.running().take();
        drop(call);
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let land = Arc::clone(&self.land);
        if land.call(Arrival::Wake(Arc::clone(&self)), ThreadsafeFunctionCallMode::NonBlocking) != Status::Ok {
            // The thread has ended: nobody will ask again.
            self.drop_call();
        }
    }
}
