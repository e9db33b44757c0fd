//! Notifications: what the platform POSTs to a merchant. Reading one needs no network, so nothing here waits.

use std::ffi::c_char;

use wechatpay_bridge::{self as bridge, Receiver};

use crate::client::Client;
use crate::error::Error;
use crate::input::{bad_argument, bad_option, bytes, handle, text};
use crate::options::Options;
use crate::output::{free, give};
use crate::reply::Reply;

/// Reads the notifications of one merchant; owned by the caller. It never changes: any number of threads may use it at
/// once, and a child may go on using it after a fork. It holds the platform's keys and the APIv3 key, and nothing that
/// could sign a payment.
pub struct Notifications {
    inner: Receiver,
}

/// Makes a receiver from options, which stay with the caller. It reads the platform's keys and apiv3_key: mchid,
/// serial_no and the merchant's private key need not be there.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_notifications_new(
    options: *const Options,
    notifications: *mut *mut Notifications,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(notifications, "notifications", || {
            let options = options.as_ref().ok_or_else(|| bad_option("options")("is NULL"))?;
            Ok(Notifications { inner: Receiver::from_json(options.to_json())? })
        })
    }
}

/// Makes a receiver from the environment: each option is WECHATPAY_ and its name in upper case.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_notifications_from_env(notifications: *mut *mut Notifications) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(notifications, "notifications", || Ok(Notifications { inner: Receiver::from_env()? })) }
}

/// Makes a receiver with the keys of a client, which needs its option apiv3_key for that. Either may be freed first.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_client_notifications(
    client: *const Client,
    notifications: *mut *mut Notifications,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(notifications, "notifications", || {
            let client = handle(client, "client")?;
            Ok(Notifications { inner: client.inner.receiver()? })
        })
    }
}

/// Verifies, parses and decrypts a notification. `headers_json`: an object of the request's headers, texts or lists of
/// them, the names in any case or as CGI has them (HTTP_WECHATPAY_SERIAL); others than the signature's do not matter.
/// `body`: the bytes of the request as they came. The body of the reply is JSON:
/// {id, create_time, event_type, resource_type, summary, original_type, resource}, null for what is missing. `resource`
/// is decrypted and may hold openids: not for logs. Its members stand in spec/webhooks.json, by event_type.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_notifications_parse(
    notifications: *const Notifications,
    headers_json: *const c_char,
    headers_len: usize,
    body: *const c_char,
    body_len: usize,
    reply: *mut *mut Reply,
) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(reply, "reply", || {
            let notifications = handle(notifications, "notifications")?;
            let headers = bytes(headers_json, headers_len).map_err(bad_argument("headers"))?;
            let body = bytes(body, body_len).map_err(bad_argument("body"))?;
            let record = notifications.inner.parse(headers.unwrap_or(b"{}"), body.unwrap_or_default())?;
            Ok(Reply::local(record))
        })
    }
}

/// What to answer to the platform, within 5 seconds, where a notification has been taken: it does not come again. The
/// body of the reply is JSON: {status, headers, body}; `headers` is an object of texts, `body` a text, perhaps empty.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_notifications_ack(reply: *mut *mut Reply) -> *mut Error {
    // SAFETY: the conventions.
    unsafe { give(reply, "reply", || Ok(Reply::local(bridge::ack()))) }
}

/// What to answer where it has not been taken, in the same form: it comes again, up to 15 times within a day and a half.
/// `message` is for the platform's logs.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn wechatpay_notifications_failure(message: *const c_char, reply: *mut *mut Reply) -> *mut Error {
    // SAFETY: the conventions.
    unsafe {
        give(reply, "reply", || {
            let message = text(message).map_err(bad_argument("message"))?;
            Ok(Reply::local(bridge::failure(message)))
        })
    }
}

/// Frees a receiver; NULL is legal. What it has read stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wechatpay_notifications_free(notifications: *mut Notifications) {
    // SAFETY: the conventions.
    unsafe { free(notifications) }
}
