//! Calls. The thread that makes one does its work and is blocked until it is done.

use std::ffi::c_char;
use std::time::Duration;

use wechatpay_bridge::{self as bridge, Call, Result, Waited, wait};

use crate::client::Client;
use crate::error::Error;
use crate::input::{bad_argument, bytes, handle, text};
use crate::output::give;
use crate::reply::Reply;

/// How often a blocked call asks whether to go on.
const TICK: Duration = Duration::from_millis(50);

/// Calls an operation by its id, such as "goldplan.merchants.change_custom_page_status". `json` is one flat object of
/// path, query and body parameters by their wire names; NULL with length 0 stands for {}.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_call(
    client: *const Client,
    operation: *const c_char,
    json: *const c_char,
    json_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        run(client, reply, |client| {
            let operation = text(operation).map_err(bad_argument("operation"))?;
            Ok(client.call(operation, params(json, json_len)?))
        })
    }
}

/// Calls any path, also one that is not in the specification, with the same signing and verification. `path` begins
/// with /. `query_json`: an object of texts, numbers, booleans, or lists of them; `body`: JSON. Each may be NULL with
/// length 0: then there is none.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_request(
    client: *const Client,
    method: *const c_char,
    path: *const c_char,
    query_json: *const c_char,
    query_len: usize,
    body: *const c_char,
    body_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        run(client, reply, |client| {
            let method = text(method).map_err(bad_argument("method"))?;
            let path = text(path).map_err(bad_argument("path"))?;
            let query = bytes(query_json, query_len).map_err(bad_argument("query"))?;
            let body = bytes(body, body_len).map_err(bad_argument("body"))?;
            Ok(client.request(method, path, query, body))
        })
    }
}

/// Does what is no operation, by its name, with one flat object of texts:
/// "encrypt" {plaintext} gives {serial, ciphertext}, "decrypt" {ciphertext} gives {plaintext};
/// "invocation.jsapi" and "invocation.mini_program" {appid, prepay_id} give {appId, timeStamp, nonceStr, package, signType,
/// paySign}, "invocation.app" {appid, partnerid, prepay_id} gives {appid, partnerid, prepayid, package, noncestr,
/// timestamp, sign}: what the front end needs to open the cashier, as it is; "platform_keys.list" {} sends nothing and gives
/// {keys: [{serial, kind, not_before, not_after, preferred, source}], last_refresh, last_error}, times in Unix seconds,
/// what there is not left out; "platform_keys.refresh" {} first downloads the platform's certificates, unless that was
/// begun in the last minute;
/// "download" {operation, params, to, gunzip, progress} downloads what an operation gives, or what the address in its reply
/// points to, checks it against that signed reply and puts it at the path `to`, giving {files: [{path, length, hash_type}],
/// folder}; without `to` the file is in a temporary folder, which is the caller's to remove. gunzip and progress are booleans
/// (wechatpay_client_with_on_progress); "download_url" {url, hash_type, hash_value, to, gunzip, progress} does so for an
/// address; "page" {operation, params} gives {items, next}: one page of a list, and the params of the next page or null.
/// `json` may be NULL with length 0 where there are no parameters.
/// The status of the reply is 0, since no host sent it.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_utility(
    client: *const Client,
    name: *const c_char,
    json: *const c_char,
    json_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        run(client, reply, |client| {
            let name = text(name).map_err(bad_argument("name"))?;
            Ok(client.utility(name, params(json, json_len)?))
        })
    }
}

/// What every generated function does.
///
/// # Safety
/// The pointers are NULL or as the conventions say.
pub(crate) unsafe fn operation(
    client: *const Client,
    operation: &'static str,
    json: *const c_char,
    json_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {
    // SAFETY: the caller's promise.
    unsafe { run(client, reply, |client| Ok(client.call(operation, params(json, json_len)?))) }
}

/// # Safety
/// As for [`bytes`].
unsafe fn params<'a>(json: *const c_char, json_len: usize) -> Result<&'a [u8]> {
    // SAFETY: the caller's promise.
    Ok(unsafe { bytes(json, json_len) }.map_err(bad_argument("json"))?.unwrap_or(b"{}"))
}

/// Makes a call and waits for it.
///
/// # Safety
/// The pointers are NULL or as the conventions say.
unsafe fn run(
    client: *const Client,
    reply: *mut *mut Reply,
    make: impl FnOnce(&bridge::Client) -> Result<Call>,
) -> *mut Error {
    // SAFETY: the caller's promise.
    unsafe {
        give(reply, "reply", || {
            let client = handle(client, "client")?;
            let call = make(&client.inner)?.watched(client.is_watched());
            match wait(call, TICK, || client.keep_going(), |said| client.hear(said))? {
                Waited::Done(result) => Ok(Reply::new(result?)),
                Waited::GivenUp(record) => Err(record),
            }
        })
    }
}
