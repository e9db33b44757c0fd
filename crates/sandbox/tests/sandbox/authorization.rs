//! Who may call, and which key signs the reply.

use std::fs;

use serde_json::{Value, json};

use crate::client::{Client, Reply, Signer, now, openssl, public_key_of};

const TARGET: &str = "/v3/goldplan/merchants/changecustompagestatus";
const BODY: &str = r#"{"sub_mchid": "1900000109",  "operation_type":"OPEN"}"#;

/// Sends the usual call with another `Authorization`, or none.
async fn send(client: &Client, authorization: Option<String>) -> Reply {
    let mut headers = vec![
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("wechatpay-serial", client.info().public_key_id.clone()),
    ];
    headers.extend(authorization.map(|value| ("authorization", value)));
    client.send(&client.info().base_url, "POST", TARGET, &headers, BODY.into()).await.unwrap()
}

fn authorization(client: &Client) -> String {
    client.signer.authorization("POST", TARGET, BODY.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_may_stand_in_any_order() {
    let client = Client::start().await;
    let usual = authorization(&client);
    let (scheme, fields) = usual.split_once(' ').unwrap();
    let mut fields: Vec<_> = fields.split(',').collect();
    for _ in 0..fields.len() {
        fields.rotate_left(1);
        for separator in [",", ", "] {
            let reply = send(&client, Some(format!("{scheme} {}", fields.join(separator)))).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            assert_eq!(client.signed_with(&reply), "public_key");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_header_is_refused_with_its_reason() {
    let client = Client::start().await;
    let good = authorization(&client);
    let stranger = client.dir.path().join("stranger.pem");
    fs::write(&stranger, openssl(&["genrsa", "2048"], b"")).unwrap();
    let signed_by = |signer: Signer| Some(signer.authorization("POST", TARGET, BODY.as_bytes()));
    let signer = || client.signer.clone();
    let without = |name: &str| {
        let (scheme, fields) = good.split_once(' ').unwrap();
        let kept: Vec<_> = fields.split(',').filter(|field| !field.starts_with(&format!("{name}="))).collect();
        Some(format!("{scheme} {}", kept.join(",")))
    };

    for (authorization, field, issue) in [
        (None, "Authorization", "missing"),
        (Some("Bearer token".to_owned()), "Authorization", "scheme"),
        (Some(good.replace("RSA2048", "RSA4096")), "Authorization", "scheme"),
        (Some(good.replace('"', "'")), "Authorization", "not a list"),
        (Some(good.replace("nonce_str", "nonce")), "Authorization", "unknown field"),
        (Some(format!("{good},mchid=\"1\"")), "Authorization", "twice"),
        (without("mchid"), "mchid", "missing"),
        (without("nonce_str"), "nonce_str", "missing"),
        (without("timestamp"), "timestamp", "missing"),
        (without("serial_no"), "serial_no", "missing"),
        (without("signature"), "signature", "missing"),
        (signed_by(Signer { nonce: String::new(), ..signer() }), "nonce_str", "missing"),
        (signed_by(Signer { mchid: "1900000002".to_owned(), ..signer() }), "mchid", "unknown"),
        (signed_by(Signer { serial_no: "0A".repeat(20), ..signer() }), "serial_no", "certificate"),
        (signed_by(Signer { timestamp: now() - 310, ..signer() }), "timestamp", "5 minutes"),
        (signed_by(Signer { timestamp: now() + 310, ..signer() }), "timestamp", "5 minutes"),
        (Some(good.replace("timestamp=\"", "timestamp=\"x")), "timestamp", "Unix seconds"),
        (Some(good.replace("signature=\"", "signature=\"*")), "signature", "base64"),
        (Some(good.replace(&client.signer.nonce, "another")), "signature", "sign not match"),
        (signed_by(Signer { key: stranger, ..signer() }), "signature", "sign not match"),
        (Some(client.signer.authorization("PUT", TARGET, BODY.as_bytes())), "signature", "sign not match"),
        (Some(client.signer.authorization("POST", "/v3/goldplan", BODY.as_bytes())), "signature", "sign not match"),
        (
            Some(client.signer.authorization("POST", TARGET, BODY.trim_end_matches('}').as_bytes())),
            "signature",
            "sign not match",
        ),
    ] {
        let reply = send(&client, authorization).await;
        assert_eq!(reply.refusal(), (401, "SIGN_ERROR".to_owned()), "{field}: {issue}");
        let detail = &reply.json()["detail"];
        assert_eq!(detail["field"], field, "{detail}");
        assert!(detail["detail"]["issue"].as_str().unwrap().contains(issue), "{issue}: {detail}");
        assert_eq!(detail["location"], "authorization");
        assert_eq!(detail["sign_information"]["method"], "POST");
        assert_eq!(detail["sign_information"]["url"], TARGET);
        assert_eq!(client.signed_with(&reply), "public_key", "refusals are signed too");
        assert!(reply.header("request-id").ends_with("-401"));
    }
    let state = client.admin_ok("GET", "/state", Value::Null).await;
    assert_eq!(state["sub_merchants"]["1900000109"]["custom_page"], "CLOSE", "no refused call had an effect");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mismatch_shows_what_the_platform_would_have_signed() {
    let client = Client::start().await;
    let reply = send(&client, Some(client.signer.authorization("POST", TARGET, b"{}"))).await;
    let Signer { timestamp, nonce, .. } = &client.signer;
    let message = format!("POST\n{TARGET}\n{timestamp}\n{nonce}\n{BODY}\n");
    let information = &reply.json()["detail"]["sign_information"];
    assert_eq!(information["sign_message_length"], message.len());
    assert_eq!(information["truncated_sign_message"], message[..128]);
    assert_eq!(reply.json()["detail"]["detail"]["issue"], "sign not match");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_five_minutes() {
    let client = Client::start().await;
    for skew in [-297, 297] {
        let signer = Signer { timestamp: now() + skew, ..client.signer.clone() };
        let reply = send(&client, Some(signer.authorization("POST", TARGET, BODY.as_bytes()))).await;
        assert_eq!(reply.status, 200, "{skew}: {reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_is_signed_as_it_was_sent() {
    let client = Client::start().await;
    let target = "/v3/new-tax-control-fapiao/merchant/%31900000109/check-status?a=%2f&b=+x&c=";
    let reply = client.call("GET", target, Value::Null).await;
    assert_eq!((reply.status, &reply.json()["sub_mchid"]), (200, &json!("1900000109")));

    let headers = client.headers("GET", &target.replace("%2f", "%2F"), b"");
    let reply = client.send(&client.info().base_url, "GET", target, &headers, Vec::new()).await.unwrap();
    assert_eq!(reply.refusal(), (401, "SIGN_ERROR".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn wechatpay_serial_chooses_the_key() {
    let client = Client::start().await;
    let certificate = client.info().platform_certificate_serial.clone();
    let public_key = client.info().public_key_id.clone();
    let unknown = "7F".repeat(20);
    for (serial, status, key) in [
        (None, 200, "certificate"),
        (Some(public_key.clone()), 200, "public_key"),
        (Some(certificate.clone()), 200, "certificate"),
        (Some(certificate.to_lowercase()), 200, "certificate"),
        (Some(public_key.to_lowercase()), 400, "certificate"),
        (Some(unknown), 400, "certificate"),
    ] {
        let mut headers = client.headers("POST", TARGET, BODY.as_bytes());
        headers.retain(|(name, _)| *name != "wechatpay-serial");
        headers.extend(serial.clone().map(|serial| ("wechatpay-serial", serial)));
        let reply = client.send(&client.info().base_url, "POST", TARGET, &headers, BODY.into()).await.unwrap();
        assert_eq!(reply.status, status, "{serial:?}");
        assert_eq!(client.signed_with(&reply), key, "{serial:?}");
        assert_eq!(reply.header("wechatpay-signature-type"), "WECHATPAY2-SHA256-RSA2048");
        if status == 400 {
            assert_eq!(reply.json()["code"], "INVALID_REQUEST");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_merchant_can_be_registered() {
    let mut client = Client::start().await;
    let file = |name: &str| client.dir.path().join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (file("other_key.pem"), file("other_cert.pem"));
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=1900000002", "-set_serial", "0x0abc"];
    openssl(&[&request[..], &["-keyout", &key, "-out", &certificate]].concat(), b"");

    let good = client.signer.clone();
    client.signer = Signer { mchid: "1900000002".to_owned(), serial_no: "0ABC".to_owned(), key: key.into(), ..good };
    assert_eq!(client.custom_page("1900000109", "OPEN").await.status, 401);
    let body = json!({"mchid": "1900000002", "certificate_pem": fs::read_to_string(&certificate).unwrap()});
    let registered = client.admin_ok("POST", "/merchants", body).await;
    assert_eq!(registered["mchid"], "1900000002");
    assert_eq!(client.custom_page("1900000109", "OPEN").await.status, 200);
    // Leading zeros and case do not matter in a hex serial.
    client.signer.serial_no = "abc".to_owned();
    assert_eq!(client.custom_page("1900000109", "OPEN").await.status, 200);

    client.admin_ok("POST", "/reset", Value::Null).await;
    assert_eq!(client.custom_page("1900000109", "OPEN").await.status, 401);

    let (status, error) = client.admin("POST", "/merchants", json!({"mchid": "1", "certificate_pem": "x"})).await;
    assert_eq!(status, 400);
    assert!(error["error"].as_str().unwrap().starts_with("certificate_pem: "), "{error}");
    let key_not_certificate = String::from_utf8(public_key_of(certificate.as_ref())).unwrap();
    let (status, _) =
        client.admin("POST", "/merchants", json!({"mchid": "1", "certificate_pem": key_not_certificate})).await;
    assert_eq!(status, 400);
}
