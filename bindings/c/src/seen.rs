//! The store of processed notifications. The thread that asks is blocked until it has the answer, two seconds at most.

use std::ffi::c_char;
use std::time::Duration;

use wechatpay_bridge::{self as bridge, Call, Reply, Result, Waited, nobody_hears, wait};

use crate::error::Error;
use crate::input::{bad_argument, bad_option, handle, text};
use crate::output::{entry, free, give};

/// Long: nobody is asked in between whether to go on.
const TICK: Duration = Duration::from_secs(60);

/// Knows which notifications have been processed; owned by the caller. Any number of threads may use it at once, and a
/// child may go on using it after a fork.
///
/// wechatpay_seen_claim first. If it gives 1, the notification is yours: process it, then say wechatpay_seen_done, or
/// wechatpay_seen_release where that failed. If it gives 0, it has been processed: acknowledge it. If it fails,
/// somebody else is just processing it (code seen_busy), or the store cannot tell (seen_store): answer with failure,
/// and the platform sends it again. A claim holds for two minutes: whoever is killed meanwhile loses nothing.
pub struct Seen {
    inner: bridge::Seen,
}

/// Makes a store in the memory of this process, for a receiver that is one process: a forked child has its own, which
/// begins empty. `seconds`: how long it keeps ids, at most a year; 0 or less for two days, since the platform repeats
/// itself for one.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_seen_memory(seconds: f64, seen: *mut *mut Seen) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(seen, "seen", || Ok(Seen { inner: bridge::Seen::memory(given(seconds))? })) }
}

/// Makes a store in a Redis, for all receivers that use it. `url`: redis://user:password@host:6379/0, with TLS
/// rediss://...; all but the host may be missing. `seconds`: as for wechatpay_seen_memory. Nothing is sent yet.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_seen_redis(url: *const c_char, seconds: f64, seen: *mut *mut Seen) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(seen, "seen", || {
            let url = text(url).map_err(bad_option("url"))?;
            Ok(Seen { inner: bridge::Seen::redis(url, given(seconds))? })
        })
    }
}

/// Asks for the notification with this id. `claimed` becomes 1: it is the caller's, of any number that ask at once
/// one's; or 0: it has been processed.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_seen_claim(seen: *const Seen, id: *const c_char, claimed: *mut i32) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        entry(|| {
            let claimed = claimed.as_mut().ok_or_else(|| bad_argument("claimed")("is NULL"))?;
            *claimed = 0;
            let reply = ask(seen, id, bridge::Seen::claim)?;
            *claimed = i32::from(&reply.body[..] == b"true");
            Ok(())
        })
    }
}

/// The notification has been processed. Where this fails, it has been all the same: acknowledge it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_seen_done(seen: *const Seen, id: *const c_char) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { entry(|| ask(seen, id, bridge::Seen::done).map(drop)) }
}

/// Processing failed: the next delivery may have it. Where this fails, it may so after two minutes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_seen_release(seen: *const Seen, id: *const c_char) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { entry(|| ask(seen, id, bridge::Seen::release).map(drop)) }
}

/// Frees a store; NULL is legal. What a Redis knows stays there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_seen_free(seen: *mut Seen) {
    // SAFETY: the conventions.
    unsafe { free(seen) }
}

/// Not a number is for the core to refuse.
fn given(seconds: f64) -> Option<f64> {
    (seconds.is_nan() || seconds > 0.0).then_some(seconds)
}

/// # Safety
/// The pointers are NULL or as the conventions say.
unsafe fn ask(
    seen: *const Seen,
    id: *const c_char,
    question: impl FnOnce(&bridge::Seen, &str) -> Call,
) -> Result<Reply> {
    // SAFETY: the caller's promise.
    let (seen, id) = unsafe { (handle(seen, "seen")?, text(id).map_err(bad_argument("id"))?) };
    match wait(question(&seen.inner, id), TICK, || true, nobody_hears)? {
        Waited::Done(result) => result,
        Waited::GivenUp(record) => Err(record),
    }
}
