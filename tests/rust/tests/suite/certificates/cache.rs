//! Issue: "Optional file cache so that short-lived processes (PHP, CLI) do not download each time: written atomically,
//! mode 0600, tamper detected". What a cache may be worth is bounded by its age, which the tests move.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::platform::{Platform, until};
use super::{HOUR, call};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("certificates.json")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("readable");
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
    }
}

#[tokio::test]
async fn what_is_kept_is_the_encrypted_reply_for_its_owner_only() {
    let (platform, folder) = (Platform::start(), Folder::new());
    fs::write(folder.file(), "{}").expect("writes");
    fs::set_permissions(folder.file(), fs::Permissions::from_mode(0o644)).expect("changes");
    call(&platform.client_with_cache(&folder.file())).await.expect("downloads");
    assert_eq!(folder.names(), ["certificates.json"], "no draft is left");
    assert_eq!(fs::metadata(folder.file()).expect("there").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(folder.file()).expect("readable");
    assert!(text.contains("ciphertext") && !text.contains("BEGIN CERTIFICATE"), "{text}");
    assert!(!text.contains("authorization"), "{text}");
}

#[tokio::test]
async fn the_age_of_a_cache_counts() {
    let (platform, folder) = (Platform::start(), Folder::new());
    call(&platform.client_with_cache(&folder.file())).await.expect("downloads");
    let signed_at = platform.now();

    platform.advance(12 * HOUR - 1);
    call(&platform.client_with_cache(&folder.file())).await.expect("from the cache");
    assert_eq!(platform.lists(), 1);

    // Old, but not too old: it serves at once, and is refreshed in the background.
    platform.advance(HOUR + 1);
    platform.hold(true);
    let client = platform.client_with_cache(&folder.file());
    assert_eq!(client.platform_keys().last_refresh, Some(signed_at));
    call(&client).await.expect("from the cache");
    until("the refresh has begun", || platform.lists() == 2).await;
    platform.hold(false);
    until("it has ended", || client.platform_keys().last_refresh == Some(platform.now())).await;
    call(&platform.client_with_cache(&folder.file())).await.expect("from the new cache");
    assert_eq!(platform.lists(), 2);

    platform.advance(24 * HOUR + 1);
    let client = platform.client_with_cache(&folder.file());
    assert_eq!(client.platform_keys().last_refresh, None, "too old to be trusted");
    call(&client).await.expect("downloads");
    assert_eq!(platform.lists(), 3);
}

/// Somebody puts yesterday's list back: its age gives it away, and nothing that is signed can be younger.
#[tokio::test]
async fn no_byte_that_counts_can_be_altered() {
    let (platform, folder) = (Platform::start(), Folder::new());
    call(&platform.client_with_cache(&folder.file())).await.expect("downloads");
    let good: Value = serde_json::from_slice(&fs::read(folder.file()).expect("readable")).expect("JSON");
    let header = |name: &str| {
        let headers = good["headers"].as_array().expect("a list");
        headers.iter().position(|pair| pair[0] == name).expect("there")
    };
    let (time, nonce, serial, signature) = (
        header("wechatpay-timestamp"),
        header("wechatpay-nonce"),
        header("wechatpay-serial"),
        header("wechatpay-signature"),
    );
    let younger = (platform.now() + 100).to_string();
    for (path, value) in [
        (format!("/headers/{time}/1"), younger.as_str()),
        (format!("/headers/{time}/1"), "soon"),
        (format!("/headers/{nonce}/1"), "other"),
        (format!("/headers/{serial}/1"), platform.serial(1)),
        (format!("/headers/{signature}/1"), "AAAA"),
        (format!("/headers/{signature}/0"), "a header"),
        ("/body".to_owned(), "{\"data\": []}"),
        ("/body".to_owned(), ""),
        ("/mchid".to_owned(), "1900000002"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&path).expect("it is there") = value.into();
        fs::write(folder.file(), bad.to_string()).expect("writes");
        assert_eq!(platform.client_with_cache(&folder.file()).platform_keys().keys, [], "{path} {value}");
    }
    for text in ["", "{", "[]", "\0", &"x".repeat(2 << 20)] {
        fs::write(folder.file(), text).expect("writes");
        assert_eq!(platform.client_with_cache(&folder.file()).platform_keys().keys, [], "{text:.9}");
    }
    fs::write(folder.file(), good.to_string()).expect("writes");
    assert_eq!(platform.client_with_cache(&folder.file()).platform_keys().keys.len(), 1);
    platform.advance(-HOUR);
    assert_eq!(platform.client_with_cache(&folder.file()).platform_keys().keys, [], "from the future");
}

/// Many processes with one file: what one of them has downloaded, the others take.
#[tokio::test]
async fn a_process_takes_what_another_one_has_downloaded() {
    let (platform, folder) = (Platform::start(), Folder::new());
    let (one, other) = (platform.client_with_cache(&folder.file()), platform.client_with_cache(&folder.file()));
    call(&one).await.expect("downloads");
    call(&other).await.expect("takes it");
    assert_eq!(platform.lists(), 1);

    platform.list(2);
    platform.sign_with(1);
    platform.advance(61);
    call(&one).await.expect("looks for the unknown key");
    call(&other).await.expect("finds it in the file");
    assert_eq!(platform.lists(), 2);

    platform.advance(14 * HOUR);
    call(&one).await.expect("a key is known");
    until("the refresh has ended", || one.platform_keys().last_refresh == Some(platform.now())).await;
    call(&other).await.expect("a key is known");
    until("it was taken", || other.platform_keys().last_refresh == Some(platform.now())).await;
    assert_eq!(platform.lists(), 3);
    other.refresh_platform_keys().await.expect("too soon for a download");
    platform.advance(60);
    other.refresh_platform_keys().await.expect("who asks gets one, and no file");
    assert_eq!(platform.lists(), 4);
}

/// A file that cannot be written costs a warning and no call.
#[tokio::test]
async fn a_cache_that_cannot_be_written_harms_no_call() {
    let (platform, folder) = (Platform::start(), Folder::new());
    let file = folder.file();
    let client = platform.client_with_cache(&file);
    // What is there now can be replaced by no file.
    fs::create_dir(&file).expect("makes a folder");
    call(&client).await.expect("verified all the same");
    assert_eq!(client.platform_keys().keys.len(), 1);
}
