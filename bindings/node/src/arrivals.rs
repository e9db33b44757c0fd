//! Calls under way, and how they come home. Each runs as a task of its own, on all cores. What comes of it, and what it says
//! meanwhile, lands on the event loop of the thread that made it.
//!
//! A call is a number on both sides: an object for each, which JavaScript would have to make and collect, costs more than
//! all else here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::Status;
use napi::bindgen_prelude::{Buffer, Either, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use wechatpay_bridge::{Call, GivenUp, Reply, Result, Said, Ticket, Waiting, guard};

use crate::outcome::{Outcome, json, text};
use crate::question::Question;

/// Called as `land(token, question, event, ok, status, requestId, body)`. Weak: by itself it does not keep the process alive.
type Land = ThreadsafeFunction<Arrival, (), LandArguments, Status, false, true>;
type LandArguments =
    FnArgs<(u32, Option<Question>, Option<String>, bool, Option<u16>, Option<String>, Option<Either<String, Buffer>>)>;

enum Arrival {
    /// The call of this token has ended, and this came of it.
    Done(u32, Result<Reply>),
    /// It says this meanwhile.
    Says(u32, Said),
}

/// Token to call.
type Flights = Mutex<HashMap<u32, Flight>>;

/// A call under way. It is dropped with this: at the latest when its thread ends.
struct Flight {
    _ticket: Ticket,
    given_up: GivenUp,
}

/// The arrivals of one JavaScript thread.
#[napi]
pub struct Arrivals {
    land: Arc<Land>,
    flights: Arc<Flights>,
    waiting: Arc<Waiting>,
}

#[napi]
impl Arrivals {
    /// `land(token, question, event, ok, status, requestId, body)` is called for every question of a call to the merchant's
    /// key; for what a watched call tells of its attempts, as JSON; and once for every call that ends by itself, with a
    /// reply, or with an error record where it is not ok.
    #[napi(constructor, catch_unwind)]
    pub fn new(land: Function<'_, LandArguments, ()>) -> napi::Result<Self> {
        let flights = Arc::<Flights>::default();
        let under_way = Arc::clone(&flights);
        let waiting = Arc::new(Waiting::default());
        let left = Arc::clone(&waiting);
        let land =
            land.build_threadsafe_function::<Arrival>().weak::<true>().callee_handled::<false>().build_callback(
                move |context| match context.value {
                    Arrival::Done(token, result) => {
                        lock(&under_way).remove(&token);
                        let Outcome { ok, status, request_id, body } = result.into();
                        Ok((token, None, None, ok, status, request_id, body).into())
                    }
                    Arrival::Says(token, said) => {
                        said.leaves(&left);
                        let (question, event) = match said {
                            Said::Asks(question) => (Some(Question::new(question)), None),
                            Said::Tells(event) => (None, Some(text(event.to_json()))),
                            Said::Progresses(progress) => (None, Some(text(progress.to_json()))),
                        };
                        Ok((token, question, event, true, None, None, None).into())
                    }
                },
            )?;
        Ok(Self { land: Arc::new(land), flights, waiting })
    }

    /// Drops a call, and gives the error record of the caller who does so; nothing where it has ended.
    #[napi(catch_unwind)]
    pub fn cancel(&self, token: u32) -> Option<String> {
        let flight = lock(&self.flights).remove(&token)?;
        Some(json(&flight.given_up.record()))
    }
}

impl Arrivals {
    /// Lets a call run; `watched`: it tells of its attempts. What could not begin gives its error record.
    pub(crate) fn start(&self, token: u32, watched: bool, call: impl FnOnce() -> Result<Call>) -> Option<String> {
        let start = || {
            let (heard, done, waiting) = (Arc::clone(&self.land), Arc::clone(&self.land), Arc::clone(&self.waiting));
            // Where the thread has ended, nobody waits: a question goes unanswered, and an outcome unheard.
            let (_ticket, given_up) = call()?.watched(watched).start(
                move |mut said| {
                    if said.finds_room(&waiting) {
                        heard.call(Arrival::Says(token, said), ThreadsafeFunctionCallMode::NonBlocking);
                    }
                },
                move |result| {
                    done.call(Arrival::Done(token, result), ThreadsafeFunctionCallMode::NonBlocking);
                },
            )?;
            lock(&self.flights).insert(token, Flight { _ticket, given_up });
            Ok(())
        };
        guard(start).err().map(|record| json(&record))
    }
}

fn lock(flights: &Flights) -> MutexGuard<'_, HashMap<u32, Flight>> {
    flights.lock().unwrap_or_else(PoisonError::into_inner)
}
