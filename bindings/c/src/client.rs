//! Clients: made from options, derived from each other, never changed.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use serde_json::json;
use wechatpay_bridge::{self as bridge, Answer, Key, KeyError, Said, Task};

use crate::attempt::Watch;
use crate::error::Error;
use crate::input::{bad_option, handle, text};
use crate::options::Options;
use crate::output::{c_text, free, give};
use crate::progress;
use crate::signer::Signer;

/// Asked every 50 ms while a call is under way, on the thread that makes the call: 0 gives the call up, anything else
/// lets it go on. It may use the client, also for calls of its own, but not free it; it must return (no longjmp, no
/// C++ exception).
#[allow(non_camel_case_types, reason = "the name in C")]
pub type wechatpay_keep_going = Option<unsafe extern "C" fn(context: *mut c_void) -> c_int>;

/// A client of one merchant, owned by the caller. It never changes: any number of threads may use it at once, and a
/// child may go on using it after a fork. What is derived from a client lives on when that is freed.
pub struct Client {
    pub(crate) inner: bridge::Client,
    mchid: CString,
    poll: Poll,
    signer: Option<Arc<Signer>>,
    watch: Watch,
    progress: progress::Watch,
}

#[derive(Clone, Copy)]
struct Poll {
    keep_going: wechatpay_keep_going,
    context: *mut c_void,
}

impl Client {
    fn new(inner: bridge::Client, signer: Option<Arc<Signer>>) -> Self {
        Self {
            mchid: c_text(inner.mchid().to_owned()),
            inner,
            poll: NO_POLL,
            signer,
            watch: Watch::NONE,
            progress: progress::Watch::NONE,
        }
    }

    /// With the functions of this one.
    fn derived(&self, inner: bridge::Client, signer: Option<Arc<Signer>>) -> Self {
        Self { poll: self.poll, watch: self.watch, progress: self.progress, ..Self::new(inner, signer) }
    }

    pub(crate) fn watched(&self, watch: Watch) -> Self {
        Self { watch, ..self.derived(self.inner.clone(), self.signer.clone()) }
    }

    pub(crate) fn told(&self, progress: progress::Watch) -> Self {
        Self { progress, ..self.derived(self.inner.clone(), self.signer.clone()) }
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.watch.is_there()
    }

    /// By the functions that it was given.
    pub(crate) fn hear(&self, said: Said) {
        match said {
            Said::Asks(question) => {
                let given = self.answer(question.task, &question.input);
                question.answer(given);
            }
            Said::Tells(event) => self.watch.tell(event),
            Said::Progresses(progress) => self.progress.tell(progress),
        }
    }

    fn answer(&self, task: Task, input: &[u8]) -> Answer {
        self.signer.as_ref().ok_or_else(KeyError::unsupported)?.answer(task, input)
    }

    pub(crate) fn keep_going(&self) -> bool {
        // SAFETY: the function and its context live as long as clients with them, by the conventions.
        self.poll.keep_going.is_none_or(|keep_going| unsafe { keep_going(self.poll.context) } != 0)
    }
}

const NO_POLL: Poll = Poll { keep_going: None, context: ptr::null_mut() };

/// Makes a client from options, which stay with the caller. Nothing is sent.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_new(options: *const Options, client: *mut *mut Client) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(client, "client", || {
            let options = options.as_ref().ok_or_else(|| bad_option("options")("is NULL"))?;
            let key = Key::given(options.signer.is_some(), false)?;
            Ok(Client::new(bridge::Client::from_json(options.to_json(), key)?, options.signer.clone()))
        })
    }
}

/// Makes a client from the environment: each option is WECHATPAY_ and its name in upper case. Nothing is sent.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_from_env(client: *mut *mut Client) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(client, "client", || Ok(Client::new(bridge::Client::from_env()?, None))) }
}

/// Derives a client for another merchant, which shares the connections of the first. Options of the connection
/// (base_url, timeout, proxy, ...) are refused: they are the first client's.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_for_merchant(
    client: *const Client,
    options: *const Options,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(derived, "derived", || {
            let client = handle(client, "client")?;
            let options = options.as_ref().ok_or_else(|| bad_option("options")("is NULL"))?;
            let key = Key::given(options.signer.is_some(), false)?;
            Ok(client.derived(client.inner.for_merchant(options.to_json(), key)?, options.signer.clone()))
        })
    }
}

/// Derives the same client with other defaults. `timeout_seconds`: for a whole call with its attempts; 0 or less keeps
/// what it is. `retry`: "off", "safe" (GETs, operations that are marked for it, and what was provably never
/// sent), "idempotent" (the caller says that
/// repeating is harmless); NULL keeps what it is.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_with_options(
    client: *const Client,
    timeout_seconds: f64,
    retry: *const c_char,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(derived, "derived", || {
            let client = handle(client, "client")?;
            if !timeout_seconds.is_finite() {
                return Err(bad_option("timeout")("must be a finite number of seconds"));
            }
            let timeout = (timeout_seconds > 0.0).then_some(timeout_seconds);
            let retry = (!retry.is_null()).then(|| text(retry).map_err(bad_option("retry"))).transpose()?;
            let options = json!({"timeout": timeout, "retry": retry}).to_string();
            Ok(client.derived(client.inner.with_options(options.as_bytes())?, client.signer.clone()))
        })
    }
}

/// Derives a client for what is encrypted already: fields that are marked as encrypted are given as ciphertext and sent as
/// they are, and requests name the platform's key `encrypted_with` (PUB_KEY_ID_..., or the serial of a certificate), which
/// the client must have to verify the replies. Other defaults stay what they are.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_encrypted_with(
    client: *const Client,
    encrypted_with: *const c_char,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(derived, "derived", || {
            let client = handle(client, "client")?;
            let serial = text(encrypted_with).map_err(bad_option("encrypted_with"))?;
            let options = json!({"encrypted_with": serial}).to_string();
            Ok(client.derived(client.inner.with_options(options.as_bytes())?, client.signer.clone()))
        })
    }
}

/// Derives the same client with a function that is asked during every call whether to go on, so that an interpreter can
/// look after its signals; NULL takes it away. Clients derived from this one have it too. `context` is handed to it
/// and is the caller's to keep alive; with several threads it is asked on several threads at once.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_with_poll(
    client: *const Client,
    keep_going: wechatpay_keep_going,
    context: *mut c_void,
    derived: *mut *mut Client,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(derived, "derived", || {
            let client = handle(client, "client")?;
            let poll = Poll { keep_going, context };
            Ok(Client { poll, ..client.derived(client.inner.clone(), client.signer.clone()) })
        })
    }
}

/// The merchant number that a client signs for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_client_mchid(client: *const Client) -> *const c_char {
    // SAFETY: the conventions.
    unsafe { client.as_ref() }.map_or(ptr::null(), |client| CStr::as_ptr(&client.mchid))
}

/// Frees a client; NULL is legal. No call of it may be under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_client_free(client: *mut Client) {
    // SAFETY: the conventions.
    unsafe { free(client) }
}
