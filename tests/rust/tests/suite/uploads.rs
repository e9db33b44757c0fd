//! Issue: "file streamed from path, bytes or reader; sha256 computed by us; content type by file name". What arrived is read
//! from the journal of the local WeChat Pay, which hashes the file by itself.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use wechatpay_sdk::merchant_service::images::Upload;
use wechatpay_sdk::{CallOptions, ErrorKind, File, Retry};
use wechatpay_suite::Local;

const UPLOAD: &str = "merchant_service.images.upload";
const FAPIAO: &str = "new_tax_control_fapiao.fapiao_applications.upload_fapiao_file";
/// The first bytes of 0, 1, 2 … 255, over and over: 1 MB, which is sent in many pieces. By `openssl dgst -sha256` and `-sm3`.
const SHA256: &str = "67870dfc9c64e7aa270a3f7e8051ae65d207f93fc3df04d7572e6365af69cd0d";
const SM3: &str = "3a3f53fc96c2deb2d9123a1bd8477128bc5d5e94ea08863dfbe4005ad9ed7926";

fn content() -> Vec<u8> {
    (0..1_000_000_u32).map(|at| at as u8).collect()
}

fn on_disk(name: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content()).expect("it can be written");
    let path = path.to_str().expect("ASCII").to_owned();
    (folder, path)
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("must be an object") };
    map
}

/// The form that arrived last.
async fn arrived(local: &Local) -> Value {
    local.admin.journal().await.last().expect("something arrived")["form"].clone()
}

fn file(filename: &str, content_type: &str) -> Value {
    json!({"filename": filename, "content_type": content_type, "bytes": 1_000_000, "sha256": SHA256})
}

#[tokio::test]
async fn a_path_bytes_and_a_reader_arrive_alike_with_name_digest_and_type() {
    let local = Local::start();
    let client = local.client();
    let (_folder, path) = on_disk("evidence.png");
    let expected = json!({
        "meta": {"sha256": SHA256, "filename": "evidence.png"},
        "file": file("evidence.png", "image/png"),
    });
    for given in [
        File::path(&path),
        File::bytes("evidence.png", content()),
        File::reader("evidence.png", &content()[..]).expect("it can be read"),
    ] {
        let reply = client.send(&Upload::new(given.clone())).await.unwrap_or_else(|error| panic!("{given:?}: {error}"));
        assert!(reply.media_id.is_some(), "{given:?}");
        assert_eq!(arrived(&local).await, expected, "{given:?}");
    }
    let named = File::path(&path).named("收据 \"1\".jpg");
    client.send(&Upload::new(named)).await.expect("another name");
    let form = arrived(&local).await;
    assert_eq!(form["meta"]["filename"], "收据 \"1\".jpg");
    assert_eq!(form["file"]["content_type"], "image/jpeg");
}

#[tokio::test]
async fn a_digest_of_another_kind_and_the_one_literal_are_filled_in_too() {
    let local = Local::start();
    let (_folder, path) = on_disk("fapiao.ofd");
    let params = object(json!({"file": {"path": path}, "meta": {"file_type": "OFD"}}));
    local.client().call(FAPIAO, params).await.expect("it is taken");
    let form = arrived(&local).await;
    assert_eq!(form["meta"], json!({"file_type": "OFD", "digest_alogrithm": "SM3", "digest": SM3}));
}

#[tokio::test]
async fn what_is_sent_again_is_whole_again() {
    let local = Local::start();
    let (_folder, path) = on_disk("a.png");
    let client = local.client().with_options(CallOptions::default().retry(Retry::Idempotent));
    local.admin.fault(json!({"times": 2, "fault": {"kind": "status", "status": 500, "body": {"code": "SYSTEM_ERROR", "message": "busy"}}})).await;
    client.send(&Upload::new(File::path(path))).await.expect("the third time");
    let journal = local.admin.journal().await;
    assert_eq!(journal.len(), 3);
    for entry in &journal {
        assert_eq!(entry["form"]["file"], file("a.png", "image/png"));
    }
}

#[tokio::test]
async fn what_waits_in_a_pipe_is_read_once_and_sent_as_often_as_needed() {
    let local = Local::start();
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, content())
    });
    let client = local.client().with_options(CallOptions::default().retry(Retry::Idempotent));
    local
        .admin
        .fault(json!({"fault": {"kind": "status", "status": 500, "body": {"code": "SYSTEM_ERROR", "message": "busy"}}}))
        .await;
    client.send(&Upload::new(File::path(&pipe).named("a.mp4"))).await.expect("the second time");
    writer.join().expect("it ran").expect("it wrote");
    assert_eq!(arrived(&local).await["file"], file("a.mp4", "video/mp4"));
}

#[tokio::test]
async fn a_file_that_cannot_be_sent_is_refused_by_name_and_nothing_is_sent() {
    let local = Local::start();
    let client = local.client();
    let folder = tempfile::tempdir().expect("a folder");
    let there = |name: &str| folder.path().join(name).to_str().expect("ASCII").to_owned();
    fs::write(there("empty.png"), b"").expect("it can be written");
    fs::write(there("a.png"), b"a").expect("it can be written");
    for (params, code, field, words) in [
        (json!({"file": {"path": there("none.png")}}), "unreadable_file", "file.path", "No such file"),
        (json!({"file": {"path": folder.path()}}), "unreadable_file", "file.path", "is a directory"),
        (json!({"file": {"path": there("empty.png")}}), "empty_file", "file", "without a single byte"),
        (json!({"file": {"filename": "a", "content": ""}}), "empty_file", "file", "without a single byte"),
        (json!({"file": {"filename": "", "content": "QQ=="}}), "empty_field", "file.filename", "empty"),
        (json!({"file": {"content": "QQ=="}}), "wrong_type", "file", "filename is missing"),
        (json!({"file": {"filename": "a"}}), "wrong_type", "file", "content is missing"),
        (json!({"file": {"filename": "a", "content": "?"}}), "wrong_type", "file.content", "base64"),
        (json!({"file": "a.png"}), "wrong_type", "file", "must be a file"),
        (json!({"file": null}), "missing_field", "file", "is required"),
        (
            json!({"file": {"path": there("a.png")}, "meta": {"sha256": "00"}}),
            "wrong_digest",
            "meta.sha256",
            // printf a | openssl dgst -sha256
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        (
            json!({"file": {"path": there("a.png")}, "meta": {"sha265": "00"}}),
            "unknown_field",
            "meta.sha265",
            "sha256?",
        ),
        (json!({"file": {"path": there("a.png")}, "meta": "{}"}), "wrong_type", "meta", "an object"),
    ] {
        let error = client.call(UPLOAD, object(params)).await.expect_err(words);
        assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, code), "{error}");
        assert_eq!(error.detail().and_then(|detail| detail.field.as_deref()), Some(field), "{error}");
        assert!(error.message().contains(words) && error.message().contains("nothing was sent"), "{error}");
        assert!(!error.may_have_taken_effect());
    }
    assert!(local.admin.journal().await.is_empty());
}

#[test]
fn a_reader_leaves_nothing_behind() {
    let file = File::reader("a.png", &b"abc"[..]).expect("it can be read");
    let record = serde_json::to_value(&file).expect("plain data");
    let path = record["path"].as_str().expect("a path").to_owned();
    assert_eq!(fs::read(&path).expect("it is there"), b"abc");
    let clone = file.clone();
    drop(file);
    assert!(Path::new(&path).exists());
    drop(clone);
    assert!(!Path::new(&path).exists());
}
