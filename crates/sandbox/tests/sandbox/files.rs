//! Replies that lead to files: the URL, the hash, compression, encryption, and what can go wrong with a file.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use wechatpay_sdk::crypto::default_backend;

use crate::client::{Client, Reply, openssl};

const TRADE_BILL: &str = "/v3/bill/tradebill?bill_date=2019-06-11";

/// Downloads from a URL that the sandbox gave.
async fn download(client: &Client, url: &str) -> Reply {
    let target = url.strip_prefix(&client.info().base_url).unwrap_or_else(|| panic!("{url} is of another host"));
    client.call("GET", target, Value::Null).await
}

/// In lower-case hex, after the openssl command.
fn hash(algorithm: &str, bytes: &[u8]) -> String {
    let said = String::from_utf8(openssl(&["dgst", &format!("-{}", algorithm.to_lowercase()), "-r"], bytes)).unwrap();
    said.split(' ').next().unwrap().to_owned()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

fn text<'a>(reply: &'a Value, name: &str) -> &'a str {
    reply[name].as_str().unwrap_or_else(|| panic!("{name} of {reply}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_comes_unsigned_and_hashes_as_the_signed_reply_says() {
    let client = Client::start().await;
    let reply = client.call("GET", TRADE_BILL, Value::Null).await;
    assert_eq!(client.signed_with(&reply), "public_key");
    let reply = reply.json();
    let file = download(&client, text(&reply, "download_url")).await;
    assert_eq!((file.status, file.header("content-type")), (200, "application/octet-stream"));
    assert_eq!(file.header("content-length"), file.body.len().to_string());
    assert_eq!(file.header("wechatpay-signature"), "");
    assert_eq!((text(&reply, "hash_type"), text(&reply, "hash_value")), ("SHA1", hash("SHA1", &file.body).as_str()));

    let bill = String::from_utf8(file.body.clone()).unwrap();
    let lines: Vec<&str> = bill.lines().collect();
    assert_eq!(lines.len(), 1 + 20 + 2);
    assert!(lines[0].starts_with("\u{feff}交易时间,公众账号ID,商户号,"), "{}", lines[0]);
    assert!(lines[1].starts_with("`2019-06-11 00:00:00,`wxd678efh567hg6787,`1900000001,`0,`,`4200000001"));
    assert!(lines[1..21].iter().all(|row| row.split(",`").count() == lines[0].split(',').count()));
    assert!(lines[21].starts_with("总交易单数,应结订单总金额,"));
    // Sixteen payments and four refunds; a fee of six per mille of the difference.
    assert_eq!(lines[22], "`20,`17.44,`4.46,`0.00,`0.07788,`17.44,`4.46");

    // The same bill again, and another day's.
    let again = client.call("GET", TRADE_BILL, Value::Null).await.json();
    assert_eq!(again["hash_value"], reply["hash_value"]);
    assert_ne!(again["download_url"], reply["download_url"]);
    let other = client.call("GET", &TRADE_BILL.replace("-11", "-12"), Value::Null).await.json();
    assert_ne!(other["hash_value"], reply["hash_value"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_bill_is_hashed_plain() {
    let client = Client::start().await;
    for (target, plain) in [
        ("/v3/bill/fundflowbill?bill_date=2019-06-11", "记账时间,"),
        ("/v3/bill/tradebill?bill_date=2019-06-11&bill_type=REFUND", "交易时间,"),
        ("/v3/profitsharing/bills?bill_date=2019-06-11", "分账时间,"),
        ("/v3/merchant/fund/withdraw/bill-type/NO_SUCC?bill_date=2019-06-11", "记账时间,"),
    ] {
        let reply = client.call("GET", &format!("{target}&tar_type=GZIP"), Value::Null).await.json();
        let file = download(&client, text(&reply, "download_url")).await;
        let bill = gunzip(&file.body);
        assert_eq!(reply["hash_value"], hash("SHA1", &bill), "{target}");
        assert!(String::from_utf8(bill).unwrap().starts_with(&format!("\u{feff}{plain}")), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_bill_comes_in_parts_decrypts_and_then_decompresses() {
    let client = Client::start().await;
    for (target, gzip) in [
        ("/v3/bill/sub-merchant-fundflowbill?sub_mchid=1900000109&account_type=BASIC&algorithm=", false),
        ("/v3/ecommerce/bill/fundflowbill?account_type=ALL&tar_type=GZIP&algorithm=", true),
        ("/v3/payscore/merchant-bill?service_id=500001&tar_type=GZIP&encryption_algorithm=", true),
    ] {
        let reply = client.call("GET", &format!("{target}AEAD_AES_256_GCM&bill_date=2019-06-11"), Value::Null).await;
        let reply = reply.json();
        let parts = reply["download_bill_list"].as_array().unwrap_or_else(|| panic!("{target}: {reply}"));
        assert_eq!((&reply["download_bill_count"], parts.len()), (&json!(2), 2));
        let mut whole = Vec::new();
        for (part, sequence) in parts.iter().zip(1..) {
            assert_eq!(part["bill_sequence"], sequence, "{target}");
            let file = download(&client, text(part, "download_url")).await;
            let opened = open(&client, part, &file.body);
            let plain = if gzip { gunzip(&opened) } else { opened };
            assert_eq!((text(part, "hash_type"), text(part, "hash_value")), ("SHA1", hash("SHA1", &plain).as_str()));
            whole.extend(plain);
        }
        let bill = String::from_utf8(whole).unwrap();
        assert_eq!(
            (bill.lines().count(), bill.matches("记账时间").count()),
            (23, 1),
            "{target}: one bill in two files"
        );
    }
    let sm4 = "/v3/bill/sub-merchant-fundflowbill?sub_mchid=1900000109&account_type=BASIC&bill_date=2019-06-11&algorithm=SM4_GCM";
    let reply = client.call("GET", sm4, Value::Null).await;
    assert_eq!(reply.refusal(), (400, "PARAM_ERROR".to_owned()));
}

/// With the key that the merchant's private key opens, after the openssl command.
fn open(client: &Client, part: &Value, sealed: &[u8]) -> Vec<u8> {
    let encrypted = STANDARD.decode(text(part, "encrypt_key")).unwrap();
    let private_key = client.info().merchant_private_key_path.to_str().unwrap().to_owned();
    let key =
        openssl(&["pkeyutl", "-decrypt", "-inkey", &private_key, "-pkeyopt", "rsa_padding_mode:oaep"], &encrypted);
    assert!(key.len() == 32 && key.is_ascii(), "{key:?}");
    let nonce = text(part, "nonce");
    assert_eq!(nonce.len(), 12);
    let opened = default_backend().open(&key.try_into().unwrap(), nonce.as_bytes(), b"", sealed).unwrap();
    opened.to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_invoices_come_from_places_of_their_own() {
    let client = Client::start().await;
    for (target, place, algorithm) in [
        ("/v3/transfer/bill-receipt/plfk2020042013", "/v3/transferdownload/signfile?token=", "SHA256"),
        (
            "/v3/fund-app/mch-transfer/elecsign/out-bill-no/plfk2020042013",
            "/v3/transferdownload/elecvoucherfile?token=",
            "SHA256",
        ),
        (
            "/v3/fund-app/mch-transfer/partner/electronic-receipts/plfk2020042013?sub_mchid=1900000109",
            "/v3/transferdownload/signfile?token=",
            "SM3",
        ),
    ] {
        let reply = client.call("GET", target, Value::Null).await.json();
        let url = text(&reply, "download_url");
        assert!(url.starts_with(&format!("{}{place}", client.info().base_url)), "{url}");
        let file = download(&client, url).await;
        assert!(file.body.starts_with(b"%PDF-1.4\n"), "{target}");
        assert_eq!(
            (text(&reply, "hash_type"), text(&reply, "hash_value")),
            (algorithm, hash(algorithm, &file.body).as_str())
        );
    }

    let flow = client.call("GET", "/v3/marketing/favor/stocks/9065248/use-flow", Value::Null).await.json();
    let file = download(&client, text(&flow, "url")).await;
    assert_eq!(flow["hash_value"], hash("SHA1", &file.body));

    let files = "/v3/new-tax-control-fapiao/fapiao-applications/4200000444201910177461284488/fapiao-files?sub_mchid=1900000109&fapiao_id=20200701123456";
    let reply = client.call("GET", files, Value::Null).await.json();
    let url = text(&reply["fapiao_download_info_list"][0], "download_url").to_owned();
    assert!(url.contains("/v3/new-tax-control-fapiao/download?token="), "{url}");
    assert!(download(&client, &url).await.body.starts_with(b"%PDF-1.4\n"));

    let image = client.call("GET", "/v3/merchant-service/images/ChsyMDAwMDAx", Value::Null).await;
    assert_eq!((image.status, image.body.is_empty(), image.header("wechatpay-signature")), (200, false, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_needed_and_grows_old() {
    let client = Client::start().await;
    let unknown = client.call("GET", "/v3/billdownload/file?token=tea", Value::Null).await;
    assert_eq!(unknown.refusal(), (404, "NOT_FOUND".to_owned()));
    assert_eq!(client.signed_with(&unknown), "public_key");

    let reply = client.call("GET", TRADE_BILL, Value::Null).await.json();
    let url = text(&reply, "download_url");
    let target = url.strip_prefix(&client.info().base_url).unwrap();
    let mut headers = client.headers("GET", target, b"");
    headers.retain(|(name, _)| *name != "authorization");
    let stranger = client.send(&client.info().base_url, "GET", target, &headers, Vec::new()).await.unwrap();
    assert_eq!(stranger.refusal(), (401, "SIGN_ERROR".to_owned()));
    assert_eq!(download(&client, url).await.status, 200);
    client.admin_ok("POST", "/clock", json!({"advance_seconds": 301})).await;
    assert_eq!(download(&client, url).await.status, 404);

    client.admin_ok("PATCH", "/state", json!({"files": {"tea": "绿茶"}})).await;
    assert_eq!(client.call("GET", "/v3/billdownload/file?token=tea", Value::Null).await.body, "绿茶".as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_can_be_large_and_a_download_can_fail() {
    let client = Client::start().await;
    client.admin_ok("PATCH", "/state", json!({"bill_rows": 10_000})).await;
    let reply = client.call("GET", TRADE_BILL, Value::Null).await.json();
    let url = text(&reply, "download_url");
    let file = download(&client, url).await;
    assert_eq!(file.body.iter().filter(|byte| **byte == b'\n').count(), 10_003);
    assert_eq!(reply["hash_value"], hash("SHA1", &file.body));

    let target = url.strip_prefix(&client.info().base_url).unwrap();
    for fault in [json!({"kind": "half_reply"}), json!({"kind": "reset", "after": "work"})] {
        client.arm(fault.clone()).await;
        assert!(client.try_call("GET", target, Value::Null).await.is_err(), "{fault}");
    }
    client.arm(json!({"kind": "corrupt"})).await;
    let corrupt = download(&client, url).await;
    let changed = corrupt.body.iter().zip(&file.body).filter(|(one, other)| one != other).count();
    assert_eq!((corrupt.status, corrupt.body.len(), changed), (200, file.body.len(), 1));
    assert_eq!(download(&client, url).await.body, file.body);

    // What is signed is no longer what was signed.
    client.arm(json!({"kind": "corrupt"})).await;
    let reply = client.call("GET", TRADE_BILL, Value::Null).await;
    assert!(!crate::client::verified(&client.info().platform_public_key_path, &reply));
}
