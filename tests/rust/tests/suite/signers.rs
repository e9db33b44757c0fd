//! Issue: "A merchant's key may live in an HSM or KMS: Rust trait"; "never required to hand us the private key. Decryption
//! likewise".

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wechatpay_sdk::crypto::{PrivateKey, RustCrypto};
use wechatpay_sdk::goldplan::OperationType;
use wechatpay_sdk::goldplan::merchants::ChangeCustomPageStatus;
use wechatpay_sdk::new_tax_control_fapiao::merchant::CheckStatus;
use wechatpay_sdk::{
    Client, Error, KeyError, KeyFuture, MerchantKey, Options, Retry, Retryability, SigningKey, blocking, runtimes,
};
use wechatpay_suite::{Local, tests_dir, vector_text};

const PARALLEL: usize = 32;

/// A key in the pure-Rust backend, asked through a function of the test.
struct Vault<F> {
    key: PrivateKey,
    before: F,
}

impl<F, W> MerchantKey for Vault<F>
where
    F: Fn() -> W + Send + Sync,
    W: Future<Output = Result<(), KeyError>> + Send,
{
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(async move {
            (self.before)().await?;
            self.key.sign(message).map_err(KeyError::from_error)
        })
    }
}

fn private_key(local: &Local) -> PrivateKey {
    let pem = std::fs::read_to_string(&local.info.merchant_private_key_path).expect("a key");
    PrivateKey::from_pem_with(&RustCrypto, &pem).expect("a good key")
}

fn options(local: &Local, changed: &Value) -> Options {
    let mut options = local.options_with(changed);
    options.remove("merchant_private_key_path");
    Options::from_json(&serde_json::to_vec(&options).expect("JSON")).expect("good options")
}

fn client<F, W>(local: &Local, before: F) -> Client
where
    F: Fn() -> W + Send + Sync + 'static,
    W: Future<Output = Result<(), KeyError>> + Send + 'static,
{
    let key = Vault { key: private_key(local), before };
    Client::from_options_with_key(&options(local, &Value::Null), Arc::new(key)).expect("needs no private key")
}

fn check() -> CheckStatus {
    CheckStatus::new("1900000110")
}

fn open() -> ChangeCustomPageStatus {
    ChangeCustomPageStatus::new("1900000109", OperationType::Open)
}

/// Every call is inside the key before any of them comes out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_ask_the_key_at_once() {
    let local = Local::start();
    let inside = Arc::new(tokio::sync::Barrier::new(PARALLEL));
    let client = client(&local, move || {
        let inside = inside.clone();
        async move {
            inside.wait().await;
            Ok(())
        }
    });
    let calls: Vec<_> = (0..PARALLEL)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.send(&check()).await })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic").expect("accepted");
    }
    assert_eq!(local.admin.journal().await.len(), PARALLEL);
}

#[test]
fn many_threads_ask_the_key_at_once() {
    let local = Local::start();
    let inside = Arc::new(tokio::sync::Barrier::new(PARALLEL));
    let client = blocking::Client::new(client(&local, move || {
        let inside = inside.clone();
        async move {
            inside.wait().await;
            Ok(())
        }
    }));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| client.send(&check()).expect("accepted"));
        }
    });
    assert_eq!(runtimes::wait(local.admin.journal()).expect("a runtime").len(), PARALLEL);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_key_says_is_the_source_of_the_error() {
    let local = Local::start();
    let failing = || async { Err(KeyError::from_error(std::io::Error::other("the vault is sealed"))) };
    let error = client(&local, failing).send(&open()).await.expect_err("the key fails");
    assert_eq!((error.code(), error.retryability()), ("signer_failed", Retryability::Safe));
    let source = error.source().and_then(|source| source.downcast_ref::<KeyError>()).expect("what the key said");
    let source = source.source().and_then(|source| source.downcast_ref::<std::io::Error>()).expect("and why");
    assert_eq!(source.to_string(), "the vault is sealed");
    assert!(local.admin.journal().await.is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_key_says_at_length_is_cut_for_the_log() {
    let local = Local::start();
    let failing = || async { Err(KeyError::new("微".repeat(100_000))) };
    let error = client(&local, failing).send(&open()).await.expect_err("the key fails");
    assert!(error.to_string().chars().count() < 700, "{} characters", error.to_string().chars().count());
    assert!(error.to_string().contains("微…"));
}

/// The key answers, but after the deadline, and blocks its thread meanwhile: nothing of it is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_blocks_for_too_long_is_not_used() {
    let local = Local::start();
    let client = client(&local, || async {
        std::thread::sleep(Duration::from_millis(1200));
        Ok(())
    });
    let client = client.with_options(wechatpay_sdk::CallOptions::default().timeout(Duration::from_secs(1)));
    let error = client.send(&open()).await.expect_err("too late");
    assert_eq!((error.code(), error.may_have_taken_effect()), ("signer_timeout", false));
    assert!(local.admin.journal().await.is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_fails_later_does_not_hide_what_may_have_taken_effect() {
    let local = Local::start();
    local.admin.fault(json!({"fault": {"kind": "reset", "after": "work"}})).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let client = client(&local, move || {
        let first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        async move { if first { Ok(()) } else { Err(KeyError::new("the vault is sealed")) } }
    });
    let repeating = client.with_options(wechatpay_sdk::CallOptions::default().retry(Retry::Idempotent));
    let error = repeating.send(&open()).await.expect_err("the second attempt is not signed");
    assert_eq!((error.code(), error.may_have_taken_effect()), ("signer_failed", true));
    assert!(error.message().contains("an earlier attempt of this call may have taken effect"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_merchant_has_a_key_of_its_own() {
    let local = Local::start();
    let mchid = "1900777777";
    local.admin.register(mchid, &vector_text("keys/merchant_cert.pem")).await;
    let other = json!({"mchid": mchid, "serial_no": null,
        "merchant_certificate_path": tests_dir().join("vectors/keys/merchant_cert.pem")});
    let mut other = local.options_with(&other);
    let shared = ["merchant_private_key_path", "base_url", "backup_url", "timeout", "cool_down"];
    other.retain(|name, _| !shared.contains(&name.as_str()));
    let other = Options::from_json(&serde_json::to_vec(&other).expect("JSON")).expect("good options");
    let key = PrivateKey::from_pem_with(&RustCrypto, &vector_text("keys/merchant_pkcs8.pem")).expect("a good key");

    let first = client(&local, || async { Ok(()) });
    let second = first.for_merchant_with_key(&other, Arc::new(key)).expect("another merchant");
    first.send(&check()).await.expect("accepted");
    second.send(&check()).await.expect("accepted");
    let missing = first.for_merchant(&other).expect_err("it has no key");
    assert_eq!(missing.code(), "missing_option");
    let journal = local.admin.journal().await;
    let signed_by = |at: usize| journal[at]["headers"]["authorization"]["mchid"].clone();
    assert_eq!((signed_by(0), signed_by(1)), (json!(local.info.mchid), json!(mchid)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_builder_takes_a_key_and_one_key_only() {
    let local = Local::start();
    let builder = || {
        let info = &local.info;
        Client::builder()
            .mchid(&info.mchid)
            .serial_no(&info.serial_no)
            .public_key_id(&info.public_key_id)
            .platform_public_key_path(info.platform_public_key_path.to_string_lossy())
            .base_url(&info.base_url)
            .merchant_key(Arc::new(private_key(&local)))
    };
    builder().build().expect("no private key among the options").send(&check()).await.expect("accepted");
    let both: Error = builder().merchant_private_key("PEM").build().expect_err("which of them?");
    assert_eq!(
        (both.code(), both.detail().expect("a detail").field.as_deref()),
        ("conflicting_options", Some("merchant_private_key"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_is_none_is_told_from_one_of_another_key() {
    struct Gives(&'static [u8]);
    impl MerchantKey for Gives {
        fn sign<'a>(&'a self, _: &'a [u8]) -> KeyFuture<'a> {
            Box::pin(async { Ok(self.0.to_vec()) })
        }
    }
    for (given, code, words) in [
        (&b""[..], "not_a_signature", "gave nothing"),
        (b"c2lnbmF0dXJl", "not_a_signature", "gave text"),
        (&[0xff; 256], "key_mismatch", "does not hold under merchant_certificate"),
    ] {
        let certificate = wechatpay_sdk::crypto::Certificate::from_pem(&vector_text("keys/merchant_cert.pem"));
        let key = SigningKey::custom(Arc::new(Gives(given)), Some(certificate.expect("a certificate").public_key));
        let error = key.sign(b"message", Duration::from_secs(60)).await.expect_err("no signature");
        assert_eq!(error.code(), code);
        assert!(error.message().contains(words), "{error}");
    }
}
