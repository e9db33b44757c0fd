//! Issue: "binary replies streamed to a file or reader with on-the-fly gunzip, hash check against the signed reply, nothing
//! half-written left behind, progress callback". Bills and receipts of the local WeChat Pay, over real sockets.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use wechatpay_sdk::merchant_service::images;
use wechatpay_sdk::{CallOptions, ErrorKind, Retryability, SaveTo};
use wechatpay_suite::Local;

const TRADE_BILL: &str = "bill.trade_bill.get";
const SUB_MERCHANTS: &str = "bill.sub_merchant_fund_flow_bill.get";

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("must be an object") };
    map
}

fn bill(tar_type: Option<&str>) -> Map<String, Value> {
    let mut params = object(json!({"bill_date": "2026-11-25", "bill_type": "ALL"}));
    params.extend(tar_type.map(|tar_type| ("tar_type".to_owned(), tar_type.into())));
    params
}

/// What is in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8")).collect();
    names.sort();
    names
}

/// By a tool that knows nothing of this project.
fn sha1(path: &Path) -> String {
    let output = std::process::Command::new("openssl").args(["dgst", "-sha1", "-r"]).arg(path).output();
    let output = String::from_utf8(output.expect("openssl is installed").stdout).expect("hex");
    output.split_whitespace().next().expect("a hash").to_owned()
}

#[tokio::test]
async fn a_bill_comes_in_one_call_plain_and_compressed() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    let mut contents = Vec::new();
    for tar_type in [None, Some("GZIP")] {
        let path = folder.path().join("bill.csv");
        let files = client.download_by_id(TRADE_BILL, bill(tar_type), &path).await.expect("a bill");
        let [file] = &files[..] else { panic!("one bill, not {files:?}") };
        assert_eq!((file.path.as_path(), file.hash_type), (&*path, Some("SHA1")));
        let content = fs::read(&path).expect("it is there");
        assert_eq!(file.length, content.len() as u64);
        assert!(String::from_utf8_lossy(&content).contains("交易时间"), "{tar_type:?}");
        contents.push(content);
        let reply = client.call(TRADE_BILL, bill(tar_type)).await.expect("a reply").json().expect("JSON");
        assert_eq!(reply["hash_value"], sha1(&path), "{tar_type:?}");
    }
    assert_eq!(contents[0], contents[1]);
    assert_eq!(names(folder.path()), ["bill.csv"]);
    let journal = local.admin.journal().await;
    let asked: Vec<&str> = journal.iter().filter_map(|entry| entry["target"].as_str()?.split('?').next()).collect();
    assert_eq!(asked[..2], ["/v3/bill/tradebill", "/v3/billdownload/file"]);
}

#[tokio::test]
async fn encrypted_bills_of_sub_merchants_come_in_plaintext_all_of_them_or_none() {
    let local = Local::start();
    let client = local.client();
    let params = || {
        object(json!({
            "sub_mchid": "1900000109", "bill_date": "2026-11-25", "account_type": "BASIC", "algorithm": "AEAD_AES_256_GCM",
            "tar_type": "GZIP",
        }))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("bill.csv");
    let files = client.download_by_id(SUB_MERCHANTS, params(), &to).await.expect("bills");
    assert!(files.len() > 1);
    assert_eq!(names(folder.path())[..2], ["bill.2.csv", "bill.csv"]);
    for file in &files {
        assert_eq!(file.hash_type, Some("SHA1"));
        assert!(fs::read_to_string(&file.path).expect("text").contains('`'));
    }
    // The second one is altered on its way: the first one is not left there either.
    let none = tempfile::tempdir().expect("a folder");
    for fault in [json!({"kind": "delay", "ms": 1}), json!({"kind": "corrupt"})] {
        local.admin.fault(json!({"match": {"path": "/v3/billdownload/file"}, "fault": fault})).await;
    }
    let error =
        client.download_by_id(SUB_MERCHANTS, params(), none.path().join("bill.csv")).await.expect_err("altered");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Decrypt, "cannot_decrypt"), "{error}");
    assert!(names(none.path()).is_empty());
}

#[tokio::test]
async fn what_was_altered_is_refused_and_what_was_there_stays() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bill.csv");
    fs::write(&path, "yesterday's").expect("it can be written");
    for (tar_type, code) in [(None, "hash_mismatch"), (Some("GZIP"), "not_gzip")] {
        local.admin.fault(json!({"match": {"path": "/v3/billdownload/file"}, "fault": {"kind": "corrupt"}})).await;
        let error = client.download_by_id(TRADE_BILL, bill(tar_type), &path).await.expect_err("altered");
        assert_eq!(error.kind(), ErrorKind::Integrity, "{error}");
        assert!(error.code() == code || error.code() == "hash_mismatch", "{error}");
        assert!(error.message().contains("nothing of it was kept"), "{error}");
        assert_eq!((error.operation(), error.may_have_taken_effect()), (Some(TRADE_BILL), false));
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "yesterday's");
        assert_eq!(names(folder.path()), ["bill.csv"]);
    }
}

#[tokio::test]
async fn a_download_that_breaks_begins_anew() {
    let local = Local::start();
    local.admin.patch_state(&json!({"bill_rows": 20_000})).await;
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    local.admin.fault(json!({"match": {"path": "/v3/billdownload/file"}, "fault": {"kind": "half_reply"}})).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let to = SaveTo::new(folder.path().join("bill.csv")).progress(move |progress| told.lock().unwrap().push(progress));
    let files = client.download_by_id(TRADE_BILL, bill(None), to).await.expect("at the second attempt");
    assert!(files[0].length > 1_000_000, "{files:?}");
    assert_eq!(names(folder.path()), ["bill.csv"]);
    let heard = heard.lock().unwrap();
    assert!(heard.len() > 4, "it is told every 256 KiB, not {} times", heard.len());
    assert!(heard.windows(2).any(|pair| pair[1].received < pair[0].received), "the second attempt begins anew");
    let last = heard.last().expect("it is told at the end");
    assert_eq!((last.received, last.total), (files[0].length, Some(files[0].length)));
}

#[tokio::test]
async fn a_file_that_an_operation_answers_with_goes_to_the_disk_too() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    let call = images::Get::new("BB04A5DEEFEA18D4F2554C1EDD3B610B.bmp");
    let in_memory = client.send(&call).await.expect("a file");
    let files = client.download(&call, folder.path().join("a.bmp")).await.expect("a file");
    assert_eq!(fs::read(&files[0].path).expect("it is there"), in_memory);
    assert_eq!(files[0].hash_type, None);
    // The platform's refusals stay what they are, and the limit of replies in memory does not hold for files.
    local
        .admin
        .fault(json!({"fault": {"kind": "status", "status": 404, "body": {"code": "NOT_FOUND", "message": "gone"}}}))
        .await;
    let error = client.download(&call, folder.path().join("b.bmp")).await.expect_err("refused");
    assert_eq!((error.kind(), error.code(), error.status()), (ErrorKind::Api, "NOT_FOUND", Some(404)));
    let small = local.client_with(&json!({"max_reply_bytes": 4}));
    assert_eq!(small.send(&call).await.expect_err("too long").code(), "reply_too_large");
    small.download(&call, folder.path().join("c.bmp")).await.expect("however long it is");
    assert_eq!(names(folder.path()), ["a.bmp", "c.bmp"]);
}

#[tokio::test]
async fn an_address_is_asked_with_its_hash_and_only_at_wechat_pays_hosts() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    let to = || SaveTo::new(folder.path().join("bill.csv"));
    let reply = client.call(TRADE_BILL, bill(None)).await.expect("a reply").json().expect("JSON");
    let (url, hash) = (reply["download_url"].as_str().expect("a URL"), reply["hash_value"].as_str().expect("a hash"));
    let saved = client.download_url(url, to().hash("SHA1", hash)).await.expect("a file");
    assert_eq!(sha1(&saved.path), hash);
    assert_eq!(client.download_url(url, to()).await.expect("unchecked").hash_type, None);
    let error = client.download_url(url, to().hash("SHA1", "00")).await.expect_err("another hash");
    assert_eq!((error.code(), error.retryability()), ("hash_mismatch", Retryability::Safe));
    let error = client.download_url(url, to().hash("MD5", "00")).await.expect_err("no such hash");
    assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, "unknown_hash_type"));
    let error = client.download_url(url, to().gunzip(true)).await.expect_err("it is plain");
    assert_eq!((error.kind(), error.code()), (ErrorKind::Integrity, "not_gzip"));
    local.admin.clear_journal().await;

    let official = local.client_with(&json!({"base_url": null, "backup_url": null}));
    for url in
        ["https://example.com/bill", "http://pay.weixin.qq.com/bill", "https://evilweixin.qq.com.example.com/a", "a"]
    {
        let error = official.download_url(url, to()).await.expect_err("another's host");
        assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, "foreign_url"), "{error}");
    }
    assert!(local.admin.journal().await.is_empty());
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_said_before_anything_is_sent() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    for to in [folder.path().join("none/bill.csv"), folder.path().to_owned()] {
        let error = client.download_by_id(TRADE_BILL, bill(None), &to).await.expect_err("no place");
        assert_eq!((error.kind(), error.code()), (ErrorKind::Config, "cannot_write"), "{error}");
        assert_eq!(error.operation(), Some(TRADE_BILL));
    }
    assert!(local.admin.journal().await.is_empty());
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn an_operation_without_a_file_says_so() {
    let local = Local::start();
    let folder = tempfile::tempdir().expect("a folder");
    let params = object(json!({"sub_mchid": "1900000109"}));
    let operation = "new_tax_control_fapiao.merchant.check_status";
    let to = folder.path().join("a");
    let error = local.client().download_by_id(operation, params, to).await.expect_err("no file");
    assert_eq!((error.kind(), error.code(), error.operation()), (ErrorKind::Integrity, "no_file", Some(operation)));
}

#[tokio::test]
async fn a_file_may_take_longer_than_the_timeout_but_not_stand_still() {
    let local = Local::start();
    let client = local.client().with_options(CallOptions::default().timeout(std::time::Duration::from_millis(600)));
    let folder = tempfile::tempdir().expect("a folder");
    let started = std::time::Instant::now();
    local
        .admin
        .fault(json!({"match": {"path": "/v3/billdownload/file"}, "times": 9, "fault": {"kind": "delay", "ms": 5000}}))
        .await;
    let error =
        client.download_by_id(TRADE_BILL, bill(None), folder.path().join("a")).await.expect_err("it stands still");
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(started.elapsed() < std::time::Duration::from_secs(3));
    assert!(names(folder.path()).is_empty());
}
