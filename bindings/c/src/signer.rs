//! A merchant's key that is the application's: two functions which are asked for signatures and plaintexts.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Arc;

use wechatpay_bridge::{self as bridge, Key, KeyError, Task};

use crate::error::Error;
use crate::input::{bad_option, bytes};
use crate::options::Options;
use crate::output::entry;

/// What a function of the merchant's key answers into. It belongs to the library and lives while that function runs.
pub struct Answer {
    given: bridge::Answer,
}

/// Asked for the signature of a message (RSASSA-PKCS1-v1_5 with SHA-256 over the message itself: raw bytes, not base64)
/// or for the plaintext of a ciphertext (RSAES-OAEP with SHA-1). It runs on the thread that makes the call, and with
/// several threads on several at once. It answers by wechatpay_answer_give or wechatpay_answer_fail; it may make calls of
/// other clients; it must return (no longjmp, no C++ exception). The time of the call goes on meanwhile, but does not
/// interrupt it: what comes too late is not used, and nothing is sent.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type wechatpay_key_function =
    Option<unsafe extern "C" fn(context: *mut c_void, input: *const c_char, input_len: usize, answer: *mut Answer)>;

/// Frees the context of a merchant's key.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type wechatpay_free_context = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// The two functions, and what they are handed.
pub(crate) struct Signer {
    sign: wechatpay_key_function,
    decrypt: wechatpay_key_function,
    context: *mut c_void,
    free_context: wechatpay_free_context,
}

// SAFETY: by the conventions the functions may be called on any thread, also at once, and the context freed on any.
unsafe impl Send for Signer {}
// SAFETY: as above.
unsafe impl Sync for Signer {}

impl Signer {
    pub(crate) fn answer(&self, task: Task, input: &[u8]) -> bridge::Answer {
        let function = match task {
            Task::Sign => self.sign,
            Task::Decrypt => self.decrypt,
        };
        let function = function.ok_or_else(KeyError::unsupported)?;
        let mut answer = Answer { given: Err(KeyError::new("it gave no answer")) };
        // SAFETY: the function and its context live as long as clients with them, by the conventions.
        unsafe { function(self.context, input.as_ptr().cast(), input.len(), &raw mut answer) };
        answer.given
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        if let Some(free) = self.free_context {
            // SAFETY: nobody else has the context any more; that it may be freed so is the caller's promise.
            unsafe { free(self.context) }
        }
    }
}

/// Gives clients a merchant's key that lies elsewhere, in an HSM or a KMS, in place of merchant_private_key. `sign` is
/// needed; `decrypt` may be NULL where no reply has encrypted fields. `context` is handed to both. From now on it belongs
/// to the options and to the clients that are made of them and derived from those: once all of these are freed, or have
/// another one, `free_context` (which may be NULL) is called with it, once. With an error it stays the caller's.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_options_set_signer(
    options: *mut Options,
    sign: wechatpay_key_function,
    decrypt: wechatpay_key_function,
    context: *mut c_void,
    free_context: wechatpay_free_context,
) -> *mut Error {
    entry(|| {
        // SAFETY: the conventions.
        let options = unsafe { options.as_mut() }.ok_or_else(|| bad_option("options")("is NULL"))?;
        if sign.is_none() {
            Key::given(false, decrypt.is_some())?;
            return Err(bad_option("sign")("is NULL"));
        }
        options.signer = Some(Arc::new(Signer { sign, decrypt, context, free_context }));
        Ok(())
    })
}

/// Answers with a signature or a plaintext, which is copied. The last answer counts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_answer_give(answer: *mut Answer, start: *const c_char, length: usize) {
    // SAFETY: the conventions.
    let given = unsafe { bytes(start, length) }.map(|bytes| bytes.unwrap_or_default().to_vec());
    // SAFETY: the conventions.
    unsafe { set(answer, given.map_err(|problem| KeyError::new(format!("its answer {problem}")))) }
}

/// Answers that there is none, and why: `problem` stands in the error of the call, and so in logs. It must not hold a
/// signature, a plaintext or a key. What is not UTF-8 in it is replaced; NULL is no reason.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_answer_fail(answer: *mut Answer, problem: *const c_char) {
    let problem = if problem.is_null() {
        "it gave no reason".to_owned()
    } else {
        // SAFETY: not NULL; that it ends is the caller's promise.
        unsafe { CStr::from_ptr(problem) }.to_string_lossy().into_owned()
    };
    // SAFETY: the conventions.
    unsafe { set(answer, Err(KeyError::new(problem))) }
}

/// # Safety
/// NULL, or the answer of a function that is running.
unsafe fn set(answer: *mut Answer, given: bridge::Answer) {
    // SAFETY: the caller's promise.
    if let Some(answer) = unsafe { answer.as_mut() } {
        answer.given = given;
    }
}
