//! Issue: "a typed, tagged event (event_type, id, create_time, resource typed per event …: all 102 events typed in Rust
//! enum …)". The same examples that every language reads as cases, here as types.

use std::collections::BTreeSet;
use std::mem::discriminant;
use std::sync::Arc;

use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};
use wechatpay_sdk::crypto::PrivateKey;
use wechatpay_sdk::events::{self, Event};
use wechatpay_sdk::notification::{Notification, Notifications};
use wechatpay_sdk::webhook::webhooks;
use wechatpay_sdk::{Client, Error, Options};
use wechatpay_suite::{Local, tests_dir};

/// What an event holds, as JSON.
macro_rules! events {
    ($($name:ident,)*) => {
        pub(crate) fn resource(event: &super::Event) -> Option<super::Value> {
            match event {
                $(super::Event::$name(resource) => serde_json::to_value(resource).ok(),)*
                _ => None,
            }
        }
    };
}

#[rustfmt::skip]
#[path = "generated/events.rs"]
mod list;

/// A receiver with the keys of the sandbox's merchant, and the sandbox.
struct Receiving {
    local: Local,
    receiver: Notifications,
}

impl Receiving {
    fn start() -> Self {
        let local = Local::start();
        let client = local.client();
        let receiver = client.notifications().expect("with an APIv3 key");
        Self { local, receiver }
    }

    async fn read(&self, order: Value) -> Result<Notification, Error> {
        self.read_with(&self.receiver, order).await
    }

    async fn read_with(&self, receiver: &Notifications, order: Value) -> Result<Notification, Error> {
        let made = self.local.admin.notification(order).await;
        let mut headers = HeaderMap::new();
        for (name, value) in made["headers"].as_object().expect("headers") {
            let value = value.as_str().expect("a text").parse().expect("a header value");
            headers.insert(HeaderName::from_bytes(name.as_bytes()).expect("a header name"), value);
        }
        receiver.parse(&headers, made["body"].as_str().expect("a text").as_bytes())
    }
}

/// The orders of the cases, and the resource that each must give.
fn examples() -> Vec<(Value, Value)> {
    let text = std::fs::read_to_string(tests_dir().join("cases/events.json")).expect("a generated file");
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let example = |case: Value| {
        let order = case["call"]["notification"].clone();
        (order, case["expect"]["result"]["resource"].clone())
    };
    cases.into_iter().map(example).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_has_a_type_that_loses_nothing() {
    let receiving = Receiving::start();
    let (mut ids, mut kinds) = (BTreeSet::new(), Vec::new());
    for (order, expected) in examples() {
        let notification = receiving.read(order.clone()).await.unwrap_or_else(|error| panic!("{order}: {error}"));
        let webhook = notification.webhook().unwrap_or_else(|| panic!("{order} is no event"));
        assert_eq!(order["event"], webhook.id);
        assert!(webhook.event_types.contains(&notification.event_type.as_str()), "{order}");
        let event = notification.event().unwrap_or_else(|error| panic!("{order}: {error}"));
        assert_eq!(list::resource(&event), Some(expected), "{order}");
        assert!(!kinds.contains(&discriminant(&event)), "{order} shares a variant with another event");
        kinds.push(discriminant(&event));
        ids.insert(webhook.id);
    }
    assert_eq!(ids, webhooks().iter().map(|webhook| webhook.id).collect());
    assert_eq!(ids.len(), 102);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_original_type_tells_a_profit_sharing_from_a_payment() {
    let receiving = Receiving::start();
    let payment =
        json!({"event_type": "TRANSACTION.SUCCESS", "resource": {"out_trade_no": "A-1", "amount": {"total": 100}}});
    let Ok(Event::TransactionSuccess(paid)) = receiving.read(payment.clone()).await.expect("readable").event() else {
        panic!("no payment")
    };
    assert_eq!((paid.out_trade_no.as_deref(), paid.amount.and_then(|amount| amount.total)), (Some("A-1"), Some(100)));
    let mut untold = payment.clone();
    untold["envelope"] = json!({"resource": {"original_type": null}});
    assert!(matches!(receiving.read(untold).await.expect("readable").event(), Ok(Event::TransactionSuccess(_))));
    let mut shared = payment;
    shared["original_type"] = "profitsharing".into();
    shared["resource"] = json!({"order_id": "3008"});
    let notification = receiving.read(shared).await.expect("readable");
    assert_eq!(notification.webhook().map(|webhook| webhook.id), Some("transaction.success"));
    let Ok(Event::TransactionSuccessProfitsharing(shared)) = notification.event() else { panic!("no profit sharing") };
    assert_eq!(shared.order_id.as_deref(), Some("3008"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_newer_than_this_sdk_stays_readable() {
    let receiving = Receiving::start();
    let newer = receiving.read(json!({"event_type": "TEA.BREWED", "resource": {"leaf": 1}})).await.expect("readable");
    assert!(newer.webhook().is_none());
    assert_eq!(newer.event().expect("an event"), Event::Unknown);
    assert_eq!(newer.resource::<Value>().expect("JSON"), json!({"leaf": 1}));

    let resource = json!({"refund_status": "HALFWAY", "later": true});
    let refund = receiving.read(json!({"event": "refund.success", "resource": resource})).await.expect("readable");
    let Ok(Event::RefundSuccess(refund)) = refund.event() else { panic!("no refund") };
    assert_eq!(refund.refund_status, Some(events::RefundStatus::Unknown("HALFWAY".to_owned())));
    assert_eq!(refund.out_refund_no, None, "what the documents require may be missing");

    let wrong = json!({"event": "refund.success", "resource": {"out_refund_no": {"openid": "openid-of-a-person"}}});
    let wrong = receiving.read(wrong).await.expect("readable as JSON");
    let error = wrong.event().expect_err("a text became an object");
    assert_eq!(error.code(), "malformed_notification");
    assert!(!format!("{error} {error:?}").contains("openid-of-a-person"), "{error}");
}

/// Fields inside of a resource that are encrypted for the merchant's key, which only a client has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_for_the_merchant_is_opened_where_the_key_is() {
    let receiving = Receiving::start();
    let order = json!({"event": "brand_member_card_sp.user_card.create"});
    let notification = receiving.read(order.clone()).await.expect("readable");
    let Ok(Event::BrandMemberCardSpUserCardCreate(card)) = notification.event() else { panic!("no card") };
    assert_eq!(card.phone_number.as_ref().map(wechatpay_sdk::Sensitive::expose), Some("phone_number"));
    assert!(!format!("{card:?}").contains("\"phone_number\""), "a telephone number is printed");
    let chosen = card.user_information.and_then(|information| information.custom_field_list).expect("fields");
    let values = chosen[0].user_chosen_values.clone().expect("values");
    assert_eq!(values[0].expose(), "user_chosen_values");

    let without = json!({"mchid": null, "serial_no": null, "merchant_private_key_path": null});
    let options = Value::from(receiving.local.options_with(&without));
    let options = Options::from_json(options.to_string().as_bytes()).expect("options");
    let keyless = Notifications::from_options(&options).expect("no private key is needed");
    let sealed = receiving.read_with(&keyless, order).await.expect("readable").resource::<Value>().expect("JSON");
    let ciphertext = sealed["phone_number"].as_str().expect("a text");
    assert_eq!(ciphertext.len(), 344, "base64 of 256 bytes: {ciphertext}");
    assert_eq!(sealed["card_id"], "card_id");

    let foreign = json!({"event": "membercard.accept_card", "resource": {"phone_number": "openid-of-a-person"}});
    let error = receiving.read(foreign).await.expect_err("no ciphertext");
    assert_eq!((error.kind().as_str(), error.code()), ("decrypt", "cannot_decrypt"));
    assert!(error.message().contains("resource.phone_number"), "{error}");
    assert!(!format!("{error} {error:?}").contains("openid-of-a-person"), "{error}");
}

/// Reading never waits: what a key elsewhere must open is left to `decrypt`, which does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_for_a_key_elsewhere_is_opened_by_hand() {
    let receiving = Receiving::start();
    let info = &receiving.local.info;
    let pem = std::fs::read_to_string(&info.merchant_private_key_path).expect("a key");
    let client = Client::builder()
        .mchid(&info.mchid)
        .serial_no(&info.serial_no)
        .public_key_id(&info.public_key_id)
        .platform_public_key_path(info.platform_public_key_path.to_string_lossy())
        .apiv3_key(&info.apiv3_key)
        .base_url(&info.base_url)
        .merchant_key(Arc::new(PrivateKey::from_pem(&pem).expect("a good key")))
        .build()
        .expect("complete");
    let receiver = client.notifications().expect("with an APIv3 key");
    let notification =
        receiving.read_with(&receiver, json!({"event": "membercard.accept_card"})).await.expect("readable");
    let Ok(Event::MembercardAcceptCard(card)) = notification.event() else { panic!("no card") };
    let sealed = card.phone_number.expect("a number");
    assert_eq!(sealed.expose().len(), 344, "base64 of 256 bytes");
    assert_eq!(client.decrypt(sealed.expose()).await.expect("its key").expose(), "phone_number");
}
