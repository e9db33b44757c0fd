//! Receives notifications with axum: `PORT=8080 cargo run -p wechatpay-examples --bin axum_receiver`.
//!
//! Takes its keys from the `WECHATPAY_*` variables: the platform's, and the APIv3 key. `WECHATPAY_SEEN_REDIS` is the
//! URL of the Redis by which several processes know what has been processed; one process alone may do without.
#![expect(clippy::print_stdout, reason = "what this example does with a notification")]

use std::env;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use serde::Deserialize;
use wechatpay_sdk::notification::{Answer, Notification, Notifications, ack, failure};
use wechatpay_sdk::{Error, Options, Seen};

struct Shop {
    notifications: Notifications,
    seen: Seen,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seen = match env::var("WECHATPAY_SEEN_REDIS") {
        Ok(url) => Seen::redis(&url, Seen::DEFAULT_TTL)?,
        Err(_) => Seen::memory(Seen::DEFAULT_TTL)?,
    };
    let shop = Arc::new(Shop { notifications: Notifications::from_options(&Options::from_env()?)?, seen });
    let port = env::var("PORT").unwrap_or_else(|_| "8080".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, Router::new().route("/notify", post(notify)).with_state(shop)).await?;
    Ok(())
}

/// The signature covers the bytes of the body: no extractor may parse them first.
async fn notify(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = shop.receive(&headers, &body).await.unwrap_or_else(|error| {
        eprintln!("refused: {}: {error}", error.code());
        failure(error.code())
    });
    let status = StatusCode::from_u16(answer.status).expect("a status of HTTP");
    let mut response = (status, answer.body).into_response();
    for (name, value) in answer.headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Shop {
    async fn receive(&self, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Error> {
        let notification = self.notifications.parse(headers, body)?;
        if self.seen.claim(&notification.id).await? {
            self.process(&notification).await?;
        }
        Ok(ack())
    }

    async fn process(&self, notification: &Notification) -> Result<(), Error> {
        if let Err(error) = handle(notification) {
            // Free again by itself after two minutes.
            self.seen.release(&notification.id).await.ok();
            return Err(error);
        }
        if let Err(error) = self.seen.done(&notification.id).await {
            // It has been processed: a failure would bring it again.
            eprintln!("not remembered: {}: {error}", error.code());
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Transaction {
    out_trade_no: String,
}

/// The platform waits 5 seconds for the answer: keep it here, in one transaction, and work on it afterwards.
fn handle(notification: &Notification) -> Result<(), Error> {
    let Transaction { out_trade_no } = notification.resource()?;
    println!("{} {} {out_trade_no}", notification.id, notification.event_type);
    Ok(())
}
