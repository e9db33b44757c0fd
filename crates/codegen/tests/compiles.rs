//! The golden Rust compiles against the operation types of the core, and its types speak the documented wire.

#![allow(unexpected_cfgs, reason = "the feature of another crate")]
#![allow(dead_code, unreachable_pub, reason = "modules of another crate, of which this test uses a part")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[rustfmt::skip]
#[macro_use]
#[path = "golden/crates/core/src/generated/mod.rs"]
mod generated;
#[macro_use]
#[path = "../../core/src/open_enum.rs"]
mod macros;
// There it stands behind a feature of the core.
#[rustfmt::skip]
#[path = "golden/crates/core/src/generated/tea.rs"]
mod tea;
#[path = "../../core/src/kept.rs"]
mod kept;
#[path = "../../core/src/table.rs"]
mod table;
#[rustfmt::skip]
#[path = "golden/crates/core/src/generated/events.rs"]
mod events;
#[path = "../../core/src/operation.rs"]
mod operation;

use bytes::Bytes;
use events::Event;
pub(crate) use macros::open_enum;
use operation::{Call, Reply, ReplyKind, Schema};
use serde::{Deserialize, Serialize};
pub(crate) use serde_json::Number;
use serde_json::json;
use tea::orders::{Create, CreateReply, GetByOutTradeNo, Update};
use tea::photos::Upload;
use tea::{Drinker, PhotoMeta, Size, ValidDate};

/// Stands for the core's type of this name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sensitive(String);

impl From<&str> for Sensitive {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Stands for the core's type of this name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct File(String);

/// Stands for the core's module of this name.
mod webhook {
    pub(crate) struct Webhook {
        pub(crate) id: &'static str,
        pub(crate) title: &'static str,
        pub(crate) event_types: &'static [&'static str],
        pub(crate) original_types: &'static [&'static str],
        pub(crate) doc_url: &'static str,
    }

    pub(crate) struct Row {
        pub(crate) event_type: &'static str,
        pub(crate) original_type: &'static str,
        pub(crate) webhook: &'static Webhook,
        pub(crate) shape: &'static str,
        pub(crate) encrypted: &'static [&'static str],
    }
}

#[test]
fn an_event_decodes_into_the_type_of_its_shape() {
    let event = |shape: &str, resource: &str| Event::decode(shape, resource.as_bytes()).unwrap();
    let brewed = event("TeaBrewed", r#"{"leaf":"oolong","cup":{"size":"HUGE"},"payer":{"openid":"o"}}"#);
    let Event::TeaBrewed(brewed) = brewed else { panic!("{brewed:?}") };
    assert_eq!((brewed.leaf.as_deref(), brewed.out_trade_no), (Some("oolong"), None));
    assert_eq!(brewed.cup.unwrap().size, Some(events::Size::Huge));
    assert_eq!(brewed.payer.unwrap().openid, Some(Sensitive("o".to_owned())));
    assert!(matches!(event("TeaBrewedRefill", "{}"), Event::TeaBrewedRefill(_)));
    assert_eq!(event("of later times", "{}"), Event::Unknown);
    assert!(Event::decode("TeaBrewed", b"{\"leaf\":1}").is_err());
    let row = &generated::webhooks::ROWS[0];
    assert_eq!((row.event_type, row.webhook.id), ("TEA.BREWED", "tea.brewed"));
}

#[test]
fn a_request_serialises_to_wire_names() {
    let request = Create::new("T1", serde_json::from_str("1.50").unwrap(), Size::Large, vec![Drinker::new("n")])
        .r#type("NEWER")
        .from("f")
        .valid_date(ValidDate::new(vec!["p".to_owned()]))
        .idempotency_key("k");
    let wire = json!({
        "Idempotency-Key": "k", "out_trade_no": "T1", "price": serde_json::from_str::<Number>("1.50").unwrap(),
        "size": "LARGE", "drinkers": [{"name": "n"}], "from": "f", "type": "NEWER", "valid_date": {"period": ["p"]},
    });
    assert_eq!(serde_json::to_value(request).unwrap(), wire);
    let upload = Upload::new(File("bytes".to_owned())).meta(PhotoMeta::new().sha256("00"));
    assert_eq!(serde_json::to_value(upload).unwrap(), json!({"file": "bytes", "meta": {"sha256": "00"}}));
}

#[test]
fn a_reply_without_documented_fields_and_with_new_ones_parses() {
    let reply =
        CreateReply::decode(Bytes::from_static(br#"{"size":"HUGE","order_id":null,"self":"s","new":[1]}"#)).unwrap();
    assert_eq!(reply.order_id, None);
    assert_eq!(reply.size, Some(Size::Unknown("HUGE".to_owned())));
    assert_eq!(reply.self_.as_deref(), Some("s"));
}

#[test]
fn tables_are_sorted_and_found() {
    let ids: Vec<&str> = operation::operations().iter().map(|operation| operation.id).collect();
    assert!(ids.is_sorted());
    for id in &ids {
        assert_eq!(operation::find_operation(id).unwrap().id, *id);
    }
    assert_eq!(ids.len(), 7);
    assert_eq!(Create::operation().encrypted_reply, ["drinkers[].name"]);
    assert!(GetByOutTradeNo::operation().idempotent && !Create::operation().idempotent);
    assert_eq!(Create::operation().read_back, None);
    assert_eq!(Update::operation().host, Some("https://hk.example.com"));
    assert_eq!(operation::find_operation("tea.menu.download").unwrap().reply, ReplyKind::Binary);
    let size = Create::operation().params.iter().find(|param| param.name == "size").unwrap();
    assert!(matches!(size.schema, Schema::String { values: ["SMALL", "LARGE"], encrypted: false }));
}
