//! Orders: prepay, query, close, reverse, the payer's cashier, payment and its notification.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::{Client, Reply, now, openssl};

const APPID: &str = "wxd678efh567hg6787";
const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const SUB_MCHID: &str = "1900000109";
const DAY: i64 = 24 * 60 * 60;

fn order(client: &Client, out_trade_no: &str) -> Value {
    json!({
        "appid": APPID, "mchid": client.info().mchid, "description": "tea", "out_trade_no": out_trade_no,
        "notify_url": "https://shop.example/notify", "amount": {"total": 100}, "attach": "table 3",
        "payer": {"openid": OPENID},
    })
}

fn partner_order(client: &Client, out_trade_no: &str) -> Value {
    json!({
        "sp_appid": APPID, "sp_mchid": client.info().mchid, "sub_mchid": SUB_MCHID, "description": "tea",
        "out_trade_no": out_trade_no, "notify_url": "https://shop.example/notify", "amount": {"total": 100},
        "payer": {"sp_openid": OPENID},
    })
}

async fn prepay(client: &Client, kind: &str, body: Value) -> Reply {
    client.call("POST", &format!("/v3/pay/transactions/{kind}"), body).await
}

async fn query(client: &Client, out_trade_no: &str) -> Reply {
    let mchid = &client.info().mchid;
    client.call("GET", &format!("/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={mchid}"), Value::Null).await
}

async fn close(client: &Client, out_trade_no: &str) -> Reply {
    let target = format!("/v3/pay/transactions/out-trade-no/{out_trade_no}/close");
    client.call("POST", &target, json!({"mchid": client.info().mchid})).await
}

async fn pay(client: &Client, out_trade_no: &str) -> Value {
    client.admin_ok("POST", "/orders/pay", json!({"out_trade_no": out_trade_no})).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepay_gives_what_its_front_end_needs_and_the_same_one_again() {
    let client = Client::start().await;
    for (kind, member, start) in [
        ("jsapi", "prepay_id", "wx2"),
        ("app", "prepay_id", "wx2"),
        ("native", "code_url", "weixin://wxpay/bizpayurl?pr="),
        ("h5", "h5_url", "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx2"),
    ] {
        let mut body = order(&client, &format!("{kind}-1"));
        if kind == "h5" {
            body["scene_info"] = json!({"payer_client_ip": "14.23.150.211", "h5_info": {"type": "Wap"}});
        }
        if kind != "jsapi" {
            body.as_object_mut().unwrap().remove("payer");
        }
        let reply = prepay(&client, kind, body.clone()).await;
        assert_eq!(reply.status, 200, "{kind}: {}", reply.json());
        assert_eq!(client.signed_with(&reply), "public_key");
        assert!(text(&reply.json(), member).starts_with(start), "{}", reply.json());
        assert_eq!(reply.header("sandbox-behaviour"), "");
        assert_eq!(prepay(&client, kind, body.clone()).await.json(), reply.json(), "{kind}: the same order");
        body["amount"]["total"] = json!(101);
        assert_eq!(prepay(&client, kind, body).await.refusal(), (403, "OUT_TRADE_NO_USED".to_owned()));
    }
    let orders = client.admin_ok("GET", "/orders", Value::Null).await;
    assert_eq!(orders.as_array().unwrap().len(), 4);
    assert!(text(&orders[0], "prepay_id").len() == 36, "{orders}");
    client.admin_ok("POST", "/reset", Value::Null).await;
    assert_eq!(client.admin_ok("GET", "/orders", Value::Null).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_providers_order_is_its_sub_merchants() {
    let client = Client::start().await;
    let create = async |kind: &str, body: Value| {
        client.call("POST", &format!("/v3/pay/partner/transactions/{kind}"), body).await
    };
    let first = create("jsapi", partner_order(&client, "P-1")).await.json();
    let mut other = partner_order(&client, "P-1");
    other["sub_mchid"] = json!("1900000110");
    assert_ne!(create("jsapi", other).await.json()["prepay_id"], first["prepay_id"], "one number, two sub-merchants");
    assert_eq!(create("miniprogram", partner_order(&client, "P-2")).await.status, 200);

    let mut unknown = partner_order(&client, "P-3");
    unknown["sub_mchid"] = json!("1999999999");
    assert_eq!(create("jsapi", unknown).await.refusal(), (400, "MCH_NOT_EXISTS".to_owned()));
    let mut nobody = partner_order(&client, "P-3");
    nobody["payer"] = json!({});
    assert_eq!(create("jsapi", nobody.clone()).await.json()["detail"]["field"], "/body/payer/sp_openid");
    nobody["payer"]["sub_openid"] = json!(OPENID);
    assert_eq!(create("jsapi", nobody.clone()).await.json()["detail"]["field"], "/body/sub_appid");
    nobody["sub_appid"] = json!("wxd678efh567hg6999");
    assert_eq!(create("jsapi", nobody).await.status, 200);

    let paid = json!({"out_trade_no": "P-3", "sub_mchid": SUB_MCHID});
    let paid = client.admin_ok("POST", "/orders/pay", paid).await;
    assert_eq!(paid["order"]["payer"], json!({"sp_openid": OPENID, "sub_openid": OPENID}));
    let id = text(&paid["order"], "transaction_id");
    let mchid = &client.info().mchid;
    let target = format!("/v3/pay/partner/transactions/id/{id}?sp_mchid={mchid}&sub_mchid={SUB_MCHID}");
    assert_eq!(client.call("GET", &target, Value::Null).await.json(), paid["order"]);
    let target = format!("/v3/pay/partner/transactions/id/{id}?sp_mchid={mchid}&sub_mchid=1900000110");
    assert_eq!(client.call("GET", &target, Value::Null).await.refusal(), (404, "ORDER_NOT_EXIST".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_follow_an_order_to_its_payment() {
    let client = Client::start().await;
    assert_eq!(query(&client, "Q-1").await.refusal(), (404, "ORDER_NOT_EXIST".to_owned()));
    prepay(&client, "jsapi", order(&client, "Q-1")).await;
    let open = query(&client, "Q-1").await.json();
    assert_eq!((text(&open, "trade_state"), &open["amount"]), ("NOTPAY", &json!({"total": 100, "currency": "CNY"})));
    for later in ["transaction_id", "success_time", "payer", "attach", "trade_type"] {
        assert_eq!(open.get(later), None, "{later}");
    }

    let paid = pay(&client, "Q-1").await;
    let shown = query(&client, "Q-1").await.json();
    assert_eq!(shown, paid["order"]);
    assert_eq!((text(&shown, "trade_state"), text(&shown, "trade_type")), ("SUCCESS", "JSAPI"));
    assert_eq!((&shown["payer"], &shown["attach"]), (&json!({"openid": OPENID}), &json!("table 3")));
    assert_eq!(shown["amount"], json!({"total": 100, "currency": "CNY", "payer_total": 100, "payer_currency": "CNY"}));
    assert_eq!(text(&shown, "transaction_id").len(), 28);
    assert!(text(&shown, "success_time").ends_with("+08:00"));
    let (id, mchid) = (text(&shown, "transaction_id"), &client.info().mchid);
    let by_id = client.call("GET", &format!("/v3/pay/transactions/id/{id}?mchid={mchid}"), Value::Null).await;
    assert_eq!(by_id.json(), shown);

    // It is over.
    assert_eq!(prepay(&client, "jsapi", order(&client, "Q-1")).await.refusal(), (400, "ORDERPAID".to_owned()));
    assert_eq!(close(&client, "Q-1").await.refusal(), (400, "ORDERPAID".to_owned()));
    let (status, again) = client.admin("POST", "/orders/pay", json!({"out_trade_no": "Q-1"})).await;
    assert_eq!((status.as_u16(), text(&again, "error")), (400, "the order is SUCCESS already"));
    let (status, nothing) = client.admin("POST", "/orders/pay", json!({"out_trade_no": "Q-2"})).await;
    assert_eq!((status.as_u16(), text(&nothing, "error")), (400, "there is no such order"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_order_stays_closed_and_an_old_one_closes_by_itself() {
    let client = Client::start().await;
    assert_eq!(close(&client, "C-1").await.refusal(), (404, "ORDER_NOT_EXIST".to_owned()));
    prepay(&client, "jsapi", order(&client, "C-1")).await;
    let reply = close(&client, "C-1").await;
    assert_eq!((reply.status, reply.body.len()), (204, 0));
    assert_eq!(query(&client, "C-1").await.json()["trade_state"], "CLOSED");
    assert_eq!(close(&client, "C-1").await.refusal(), (400, "ORDER_CLOSED".to_owned()));
    assert_eq!(prepay(&client, "jsapi", order(&client, "C-1")).await.refusal(), (400, "ORDER_CLOSED".to_owned()));
    let (_, paid) = client.admin("POST", "/orders/pay", json!({"out_trade_no": "C-1"})).await;
    assert_eq!(text(&paid, "error"), "the order is CLOSED already");

    prepay(&client, "jsapi", order(&client, "C-2")).await;
    let mut short = order(&client, "C-3");
    short["time_expire"] = json!("2018-06-08T10:34:56+08:00");
    prepay(&client, "jsapi", short).await;
    assert_eq!(query(&client, "C-3").await.json()["trade_state"], "CLOSED");
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 7 * DAY - 60})).await;
    assert_eq!(query(&client, "C-2").await.json()["trade_state"], "NOTPAY");
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 120})).await;
    assert_eq!(query(&client, "C-2").await.json()["trade_state"], "CLOSED");
}

#[tokio::test(flavor = "multi_thread")]
async fn reversing_closes_what_is_open_and_gives_back_what_is_paid() {
    let client = Client::start().await;
    for (out_trade_no, paid, state) in [("R-1", false, "CLOSED"), ("R-2", true, "REVOKED")] {
        prepay(&client, "jsapi", order(&client, out_trade_no)).await;
        if paid {
            pay(&client, out_trade_no).await;
        }
        let body = json!({"appid": APPID, "mchid": client.info().mchid});
        for _ in 0..2 {
            let target = format!("/v3/pay/transactions/out-trade-no/{out_trade_no}/reverse");
            let reply = client.call("POST", &target, body.clone()).await;
            let mut expected = body.clone();
            expected["out_trade_no"] = json!(out_trade_no);
            assert_eq!((reply.status, reply.json()), (200, expected));
            assert_eq!(query(&client, out_trade_no).await.json()["trade_state"], state);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_ordered_is_refused() {
    let client = Client::start().await;
    for (pointer, value, refused) in [
        ("/mchid", json!("1900000099"), (403, "NO_AUTH")),
        ("/amount/total", json!(0), (400, "PARAM_ERROR")),
        ("/payer", json!({}), (400, "PARAM_ERROR")),
    ] {
        let mut body = order(&client, "W-1");
        *body.pointer_mut(pointer).unwrap() = value;
        let (status, code) = prepay(&client, "jsapi", body).await.refusal();
        assert_eq!((status, code.as_str()), refused, "{pointer}");
    }
    assert_eq!(query(&client, "W-1").await.status, 404, "none of them made an order");
    let of_another = client.call("GET", "/v3/pay/transactions/out-trade-no/W-1?mchid=1900000099", Value::Null).await;
    assert_eq!(of_another.refusal(), (403, "NO_AUTH".to_owned()));
}

/// As the openssl command signs it, for the merchant of this sandbox.
fn signature(client: &Client, message: &str) -> String {
    let key = client.info().merchant_private_key_path.to_str().unwrap();
    STANDARD.encode(openssl(&["dgst", "-sha256", "-sign", key], message.as_bytes()))
}

fn jsapi_record(client: &Client, appid: &str, seconds: i64, prepay_id: &str) -> Value {
    let (timestamp, nonce) = (now() + seconds, "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
    json!({
        "appId": appid, "timeStamp": timestamp.to_string(), "nonceStr": nonce, "package": format!("prepay_id={prepay_id}"),
        "signType": "RSA",
        "paySign": signature(client, &format!("{appid}\n{timestamp}\n{nonce}\nprepay_id={prepay_id}\n")),
    })
}

fn app_record(client: &Client, partnerid: &str, prepay_id: &str) -> Value {
    let (timestamp, nonce) = (now(), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS");
    json!({
        "appid": APPID, "partnerid": partnerid, "prepayid": prepay_id, "package": "Sign=WXPay", "noncestr": nonce,
        "timestamp": timestamp.to_string(), "sign": signature(client, &format!("{APPID}\n{timestamp}\n{nonce}\n{prepay_id}\n")),
    })
}

async fn refused(client: &Client, record: Value) -> String {
    let (status, answer) = client.admin("POST", "/cashier", json!({"record": record})).await;
    assert_eq!(status, 400, "{answer}");
    text(&answer, "error").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cashier_opens_for_what_the_merchant_signed_and_for_nothing_else() {
    let client = Client::start().await;
    let mchid = client.info().mchid.clone();
    let jsapi = prepay(&client, "jsapi", order(&client, "K-1")).await.json();
    let mut body = order(&client, "K-2");
    body.as_object_mut().unwrap().remove("payer");
    let app = prepay(&client, "app", body).await.json();
    let (jsapi, app) = (text(&jsapi, "prepay_id"), text(&app, "prepay_id"));
    for (record, out_trade_no) in
        [(jsapi_record(&client, APPID, 0, jsapi), "K-1"), (app_record(&client, &mchid, app), "K-2")]
    {
        let opened = client.admin_ok("POST", "/cashier", json!({"record": record})).await;
        let expected = json!({"out_trade_no": out_trade_no, "description": "tea", "total": 100, "currency": "CNY"});
        assert_eq!(opened, expected);
    }

    let good = jsapi_record(&client, APPID, 0, jsapi);
    for (name, value, reason) in [
        ("nonceStr", json!("other"), "the signature does not hold"),
        ("paySign", json!("not base64!"), "not base64"),
        ("signType", json!("MD5"), "signType"),
        ("package", json!(jsapi), "prepay_id=…"),
        ("timeStamp", json!(now()), "expected a string"),
        ("more", json!("x"), "unknown field `more`"),
    ] {
        let mut record = good.clone();
        record[name] = value;
        let error = refused(&client, record).await;
        assert!(error.contains(reason), "{name}: {error}");
    }
    for (record, reason) in [
        (jsapi_record(&client, "wx0000000000000000", 0, jsapi), "appid is not the one"),
        (jsapi_record(&client, APPID, -301, jsapi), "not of this moment"),
        (jsapi_record(&client, APPID, 0, app), "a prepay id of APP, not of JSAPI"),
        (jsapi_record(&client, APPID, 0, "wx1"), "no order with this prepay id"),
        (app_record(&client, "1900000099", app), "partnerid"),
        (app_record(&client, &mchid, jsapi), "a prepay id of JSAPI, not of APP"),
        (json!({}), "record"),
    ] {
        let error = refused(&client, record).await;
        assert!(error.contains(reason), "{reason}: {error}");
    }
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 2 * 60 * 60 + 1})).await;
    assert!(refused(&client, good.clone()).await.contains("older than two hours"));
    client.admin_ok("POST", "/clock", json!({"advance_seconds": -2 * 60 * 60})).await;
    pay(&client, "K-1").await;
    assert_eq!(refused(&client, good).await, "the order is SUCCESS already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_notified_at_the_orders_url_and_nowhere_but_on_loopback() {
    let client = Client::start().await;
    prepay(&client, "jsapi", order(&client, "N-1")).await;
    let elsewhere = pay(&client, "N-1").await["notification"].clone();
    assert_eq!(elsewhere["answer"], Value::Null, "nothing leaves this machine");
    assert_eq!(serde_json::from_str::<Value>(text(&elsewhere, "body")).unwrap()["event_type"], "TRANSACTION.SUCCESS");

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut body = order(&client, "N-2");
    body["notify_url"] = json!(format!("http://{}/notify", listener.local_addr().unwrap()));
    prepay(&client, "jsapi", body).await;
    let receiver = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let (mut bytes, mut text) = (vec![0; 1 << 16], String::new());
        while !text.ends_with("}}") {
            let size = connection.read(&mut bytes).unwrap();
            text.push_str(std::str::from_utf8(&bytes[..size]).unwrap());
        }
        connection.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
        text
    });
    let notification = pay(&client, "N-2").await["notification"].clone();
    let received = receiver.join().unwrap();
    assert!(received.starts_with("POST /notify HTTP/1.1\r\n"), "{received}");
    assert!(received.ends_with(text(&notification, "body")), "{received}");
    assert_eq!(notification["answer"], json!({"status": 204, "body": "", "taken": true}));
    let envelope: Value = serde_json::from_str(text(&notification, "body")).unwrap();
    assert_eq!(
        (&envelope["summary"], &envelope["resource"]["original_type"]),
        (&json!("支付成功"), &json!("transaction"))
    );
    let resource = &envelope["resource"];
    let key = wechatpay_sdk::ApiV3Key::new(&client.info().apiv3_key).unwrap();
    let (nonce, data) = (text(resource, "nonce"), text(resource, "associated_data"));
    let plaintext = wechatpay_sdk::resource::decrypt_resource(&key, nonce, data, text(resource, "ciphertext")).unwrap();
    let mut told: Value = serde_json::from_slice(&plaintext).unwrap();
    let told = told.as_object_mut().unwrap();
    for made in ["transaction_id", "success_time"] {
        assert!(told.remove(made).unwrap().as_str().unwrap().len() > 24, "{made}");
    }
    let expected = json!({
        "appid": APPID, "mchid": client.info().mchid, "out_trade_no": "N-2", "trade_type": "JSAPI",
        "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS", "attach": "table 3",
        "payer": {"openid": OPENID},
        "amount": {"total": 100, "currency": "CNY", "payer_total": 100, "payer_currency": "CNY"},
    });
    assert_eq!(Value::from(told.clone()), expected, "what the document of the notification lists, and nothing else");
}
