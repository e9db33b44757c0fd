//! Issue: "background refresh every 12 hours with jitter that never delays a call that a known key can verify; refresh on
//! unknown serial at most once a minute and shared by all waiters; failures keep the old set and are visible". Time is
//! the platform's, which the tests move.

mod cache;
mod many;
mod platform;

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use wechatpay_sdk::operation::Method;
use wechatpay_sdk::platform_keys::{KeySource, KnownKeys};
use wechatpay_sdk::{CallOptions, Client, Error, ErrorKind, Response, Retryability};

use self::platform::{Platform, until};
use crate::capture;

const HOUR: i64 = 60 * 60;

async fn call(client: &Client) -> Result<Response, Error> {
    client.request(Method::Get, "/v3/anything", &[], None).await
}

fn serials(known: &KnownKeys) -> Vec<&str> {
    known.keys.iter().map(|key| key.serial.as_str()).collect()
}

#[tokio::test]
async fn a_set_is_refreshed_in_the_background_when_it_is_twelve_hours_old() {
    let platform = Platform::start();
    let client = platform.client();
    call(&client).await.expect("the first call waits for certificates");
    assert_eq!((platform.lists(), platform.calls()), (1, vec![platform.serial(0).to_owned()]));
    let first = client.platform_keys();
    assert_eq!(first.last_refresh, Some(platform.now()));
    assert!(first.keys.iter().all(|key| key.source == KeySource::Downloaded && key.preferred));

    platform.advance(12 * HOUR - 1);
    call(&client).await.expect("a key is known");
    assert_eq!(platform.lists(), 1, "not before it is 12 hours old");

    // The list is kept back for as long as calls go on: none of them waits for it.
    platform.hold(true);
    platform.list(2);
    platform.advance(HOUR + 1);
    for _ in 0..5 {
        call(&client).await.expect("the known key verifies it at once");
    }
    until("the refresh has begun", || platform.lists() == 2).await;
    assert_eq!(client.platform_keys().last_refresh, first.last_refresh, "it has not ended");
    platform.hold(false);
    until("the refresh has ended", || client.platform_keys().last_refresh == Some(platform.now())).await;
    assert_eq!(serials(&client.platform_keys()), [platform.serial(0), platform.serial(1)]);
    call(&client).await.expect("a key is known");
    assert_eq!(platform.lists(), 2, "five calls began one refresh");
}

#[tokio::test]
async fn a_refresh_that_fails_keeps_the_old_set_and_is_seen() {
    capture::start();
    let platform = Platform::start();
    let client = platform.client();
    call(&client).await.expect("the first call waits for certificates");
    let known = serials(&client.platform_keys()).join("");

    platform.refuse(403);
    platform.advance(14 * HOUR);
    call(&client).await.expect("the old set holds");
    until("the failure is known", || client.platform_keys().last_error.is_some()).await;
    let told = client.platform_keys();
    let error = told.last_error.as_ref().expect("there now");
    assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Api, "NO_AUTH", Some(403)), "{error}");
    assert_eq!(serials(&told).join(""), known);
    let logged = capture::entries().into_iter().any(|entry| {
        let text = entry.fields.get("message").map_or("", String::as_str);
        text.contains("the keys known so far stay in use") && text.contains("NO_AUTH")
    });
    assert!(logged, "a failure is logged");

    platform.advance(5 * 60);
    call(&client).await.expect("the old set holds");
    assert_eq!(platform.lists(), 2, "a platform in trouble is left alone for ten minutes");
    platform.refuse(200);
    platform.advance(5 * 60);
    call(&client).await.expect("the old set holds");
    until("it is tried again", || client.platform_keys().last_error.is_none()).await;
    assert_eq!((platform.lists(), client.platform_keys().last_refresh), (3, Some(platform.now())));
}

#[tokio::test]
async fn an_unknown_serial_is_looked_for_once_a_minute_at_most() {
    let platform = Platform::start();
    let client = platform.client();
    call(&client).await.expect("the first call waits for certificates");
    platform.sign_with(1);
    for (seconds, lists) in [(59, 1), (1, 2), (59, 2), (1, 3)] {
        platform.advance(seconds);
        for _ in 0..3 {
            let error = call(&client).await.expect_err("its certificate is not listed");
            assert_eq!((error.kind(), error.code()), (ErrorKind::Signature, "unknown_serial"), "{error}");
        }
        assert_eq!(platform.lists(), lists);
    }
    platform.list(2);
    platform.advance(60);
    call(&client).await.expect("it was waited for");
    assert_eq!(platform.lists(), 4);
}

#[tokio::test]
async fn all_who_have_no_key_wait_for_one_download() {
    let platform = Platform::start();
    let client = platform.client();
    platform.hold(true);
    let calls: Vec<_> = (0..32)
        .map(|_| {
            // Clones, and clients with other defaults, have the same keys.
            let client = client.with_options(CallOptions::default());
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    until("the download has begun", || platform.lists() == 1).await;
    let hasty = client.with_options(CallOptions::default().timeout(Duration::from_millis(50)));
    let error = call(&hasty).await.expect_err("its time is over before the download");
    assert_eq!((error.kind(), error.code(), error.retryability()), (ErrorKind::Timeout, "timeout", Retryability::Safe));
    assert!(!error.may_have_taken_effect() && error.message().contains("nothing was sent"), "{error}");
    assert_eq!(platform.calls(), Vec::<String>::new(), "nothing was sent");
    platform.hold(false);
    for waiting in calls {
        waiting.await.expect("no panic").expect("verified");
    }
    assert_eq!((platform.lists(), platform.calls().len()), (1, 32));
}

#[tokio::test]
async fn all_who_miss_a_key_wait_for_one_download() {
    let platform = Platform::start();
    let client = platform.client();
    call(&client).await.expect("the first call waits for certificates");
    platform.advance(60);
    platform.list(2);
    platform.sign_with(1);
    platform.hold(true);
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    until("all wait", || platform.calls().len() == 17 && platform.lists() == 2).await;
    platform.hold(false);
    for waiting in calls {
        waiting.await.expect("no panic").expect("verified with what came");
    }
    assert_eq!(platform.lists(), 2);
}

/// Who goes away does not take the download along: the others still wait for it.
#[tokio::test]
async fn a_caller_that_gives_up_does_not_end_the_download() {
    let platform = Platform::start();
    let client = platform.client();
    platform.hold(true);
    let first = tokio::spawn({
        let client = client.clone();
        async move { call(&client).await }
    });
    until("the download has begun", || platform.lists() == 1).await;
    first.abort();
    assert!(first.await.expect_err("given up").is_cancelled());
    let second = tokio::spawn(async move { call(&client).await });
    platform.hold(false);
    second.await.expect("no panic").expect("verified");
    assert_eq!(platform.lists(), 1);
}

#[test]
fn a_receiver_waits_for_nothing_and_has_the_certificates_fetched() {
    let platform = Platform::start();
    let client = platform.client();
    let receiver = client.notifications().expect("it has an APIv3 key");
    platform.hold(true);
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("timestamp", platform.now().to_string()), ("nonce", "n".into()), ("signature", "eA==".into())]
    {
        let name = http::HeaderName::from_bytes(format!("wechatpay-{name}").as_bytes()).expect("a name");
        headers.insert(name, HeaderValue::from_str(&value).expect("a value"));
    }
    headers.insert("wechatpay-serial", HeaderValue::from_str(platform.serial(0)).expect("a value"));
    // Outside of any runtime, and the list is kept back: whatever waited would wait for ever.
    for _ in 0..3 {
        let error = receiver.parse(&headers, b"{}").expect_err("no key is known");
        assert_eq!((error.code(), error.retryability()), ("unknown_serial", Retryability::Safe), "{error}");
        assert!(error.message().contains("delivered again"), "{error}");
    }
    platform.hold(false);
    wechatpay_sdk::runtimes::wait(until("the certificates are there", || {
        client.platform_keys().last_refresh.is_some()
    }))
    .expect("waits");
    let error = receiver.parse(&headers, b"{}").expect_err("the signature is no signature");
    assert_eq!(error.code(), "bad_signature", "the receiver shares the keys of its client: {error}");
    assert_eq!(platform.lists(), 1);
}
