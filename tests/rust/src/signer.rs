//! A merchant's key that lies elsewhere, as a case describes it: with another library than the one that clients sign with.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use wechatpay_sdk::crypto::{PrivateKey, RustCrypto};
use wechatpay_sdk::{KeyError, KeyFuture, MerchantKey};

/// What a case says of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    /// File of the private key.
    key: String,
    /// Whether it decrypts, too.
    #[serde(default = "yes")]
    decrypts: bool,
    /// What it says instead of an answer.
    #[serde(default)]
    fails: Fails,
    /// Whether its signatures are base64, which is wrong.
    #[serde(default)]
    base64: bool,
    /// How long each answer takes.
    #[serde(default)]
    seconds: f64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fails {
    sign: Option<String>,
    decrypt: Option<String>,
}

fn yes() -> bool {
    true
}

struct Elsewhere {
    description: Description,
    key: PrivateKey,
}

/// The key that a case describes; none where it describes none.
pub(crate) fn key(description: &Value) -> Option<Arc<dyn MerchantKey>> {
    if description.is_null() {
        return None;
    }
    let description: Description = serde_json::from_value(description.clone()).expect("the description of a signer");
    let pem = std::fs::read_to_string(&description.key).expect("a key that can be read");
    let key = PrivateKey::from_pem_with(&RustCrypto, &pem).expect("a good key");
    Some(Arc::new(Elsewhere { description, key }))
}

impl Elsewhere {
    async fn answer(
        &self,
        fails: Option<&String>,
        answer: impl FnOnce() -> Result<Vec<u8>, KeyError>,
    ) -> Result<Vec<u8>, KeyError> {
        tokio::time::sleep(Duration::from_secs_f64(self.description.seconds)).await;
        fails.map_or_else(answer, |problem| Err(KeyError::new(problem)))
    }
}

impl MerchantKey for Elsewhere {
    fn sign<'a>(&'a self, message: &'a [u8]) -> KeyFuture<'a> {
        Box::pin(self.answer(self.description.fails.sign.as_ref(), move || {
            let signature = self.key.sign(message).map_err(KeyError::from_error)?;
            Ok(if self.description.base64 { STANDARD.encode(signature).into_bytes() } else { signature })
        }))
    }

    fn decrypt<'a>(&'a self, ciphertext: &'a [u8]) -> KeyFuture<'a> {
        if !self.description.decrypts {
            return Box::pin(async { Err(KeyError::unsupported()) });
        }
        Box::pin(self.answer(self.description.fails.decrypt.as_ref(), move || {
            self.key.decrypt_oaep(ciphertext).map(|text| text.to_vec()).map_err(KeyError::from_error)
        }))
    }
}
