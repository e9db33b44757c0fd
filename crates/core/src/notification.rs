//! What the platform POSTs to a merchant's `notify_url`: signature first, then parsing, then decryption.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012365342>

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::ambient::{Ambient, System};
use crate::client::Client;
use crate::crypto::PrivateKey;
use crate::decode::fields_at;
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::key_ring::KeyRing;
use crate::merchant_identity::{apiv3_key, no_platform_key, platform_keys};
use crate::options::Options;
use crate::resource::{decrypt_resource, no_apiv3_key};
use crate::secret::ApiV3Key;
use crate::sensitive;
use crate::signature::verify;
use crate::webhook::{self, Row, Webhook};

const ALGORITHM: &str = "AEAD_AES_256_GCM";

/// Receives notifications. Made from options it holds the platform's keys and the APIv3 key, and nothing that could sign
/// a payment: a host that only receives needs no more. A few events (`brand_member_card_sp.user_card.*`,
/// `membercard.accept_card`, `mchtransfer.qqwalletbill.finished`) hold fields that are encrypted once more, for the
/// merchant's key: a receiver that was made from a client opens them, any other leaves them as they are. So does that of a
/// client whose key lies elsewhere; such a field is opened with [`Client::decrypt`].
///
/// It never waits for the network. One that was made from a client shares its keys: with `auto_certificates` it has them
/// refreshed, and what is signed with a certificate that is not known yet is refused at first and verified when the
/// platform delivers it again. One that stands alone cannot download certificates, since that takes the merchant's key:
/// it is given the platform's keys.
#[derive(Debug, Clone)]
pub struct Notifications {
    platform: Arc<KeyRing>,
    apiv3_key: ApiV3Key,
    /// The merchant's, for fields inside of a resource, where it lies in this process: reading a notification never waits.
    private_key: Option<PrivateKey>,
    ambient: Arc<dyn Ambient>,
    /// Who downloads.
    client: Option<Client>,
}

impl Notifications {
    /// A receiver that needs no merchant number and no private key: of the options it reads the platform's keys and
    /// `apiv3_key`.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn from_options(options: &Options) -> Result<Self, Error> {
        Self::build(options, Arc::new(System))
    }

    /// The same with clock and randomness replaced: for tests with golden values.
    ///
    /// # Errors
    /// Config, naming the option.
    pub fn build(options: &Options, ambient: Arc<dyn Ambient>) -> Result<Self, Error> {
        let keys = platform_keys(options)?;
        if keys.is_empty() {
            let automatic = options.auto_certificates == Some(true);
            let hint = "; auto_certificates takes the merchant's key: make the receiver from a client, or give it keys";
            return Err(no_platform_key("platform_certificates", if automatic { hint } else { "" }));
        }
        let platform = Arc::new(KeyRing::of(keys));
        let apiv3_key = apiv3_key(options)?.ok_or_else(no_apiv3_key)?;
        Ok(Self { platform, apiv3_key, private_key: None, ambient, client: None })
    }

    /// Verifies, parses and decrypts. `body` is the request's body byte for byte: a framework that parses and writes it
    /// again changes it.
    ///
    /// # Errors
    /// Signature: `missing_header`, `probe`, `bad_timestamp`, `clock_skew`, `unknown_serial`, `certificate_expired`,
    /// `unknown_signature_type`, `bad_signature`. Integrity: `malformed_notification`. Decrypt: `unknown_algorithm`,
    /// `bad_ciphertext`, `cannot_decrypt` (of a field inside of the resource too, which it names). To each the answer is
    /// [`failure`].
    pub fn parse(&self, headers: &HeaderMap, body: &[u8]) -> Result<Notification, Error> {
        let verified = verify(headers, body, &self.platform.keys(), self.ambient.now());
        if let Some(client) = &self.client {
            client.refresh_if_old();
            verified.map_err(|error| client.not_received(error, headers))?;
        } else {
            verified?;
        }
        let envelope = Envelope::read(body).ok_or_else(|| malformed("is not JSON"))?;
        let text = |at: &str| {
            let text = envelope.text(at).map(str::to_owned);
            text.ok_or_else(|| malformed(&format!("has no text at {at}")))
        };
        let algorithm = text("/resource/algorithm")?;
        if algorithm != ALGORITHM {
            let message = format!("the resource is encrypted with {algorithm}, but this SDK knows {ALGORITHM}");
            return Err(Error::new(ErrorKind::Decrypt, "unknown_algorithm", message));
        }
        // Empty or missing where there is none.
        let associated_data = text("/resource/associated_data").unwrap_or_default();
        let (nonce, ciphertext) = (text("/resource/nonce")?, text("/resource/ciphertext")?);
        let (event_type, original_type) = (text("/event_type")?, text("/resource/original_type").ok());
        let row = webhook::find(&event_type, original_type.as_deref());
        let open = || decrypt_resource(&self.apiv3_key, &nonce, &associated_data, &ciphertext);
        Ok(Notification {
            id: text("/id")?,
            create_time: text("/create_time")?,
            event_type,
            resource_type: text("/resource_type").ok(),
            summary: text("/summary").ok(),
            original_type,
            plaintext: self.open_fields(row, open()?)?,
            row,
        })
    }

    /// What the platform has encrypted for the merchant inside of a resource, opened where the key is here.
    fn open_fields(&self, row: Option<&Row>, plaintext: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let (Some(key), Some(row)) = (&self.private_key, row.filter(|row| !row.encrypted.is_empty())) else {
            return Ok(plaintext);
        };
        let mut resource: Value =
            serde_json::from_slice(&plaintext).map_err(|_| malformed("its resource is not JSON"))?;
        for path in row.encrypted {
            for (path, text) in fields_at(&mut resource, path) {
                *text = sensitive::decrypt_here(key, text, &format!("resource.{path}"))?;
            }
        }
        Ok(Zeroizing::new(resource.to_string().into_bytes()))
    }
}

impl Client {
    /// Receives notifications with this merchant's keys, the private one included; the platform's are those of each moment.
    ///
    /// # Errors
    /// Config (`missing_option`) without an APIv3 key.
    pub fn notifications(&self) -> Result<Notifications, Error> {
        Ok(Notifications {
            platform: Arc::clone(&self.merchant.platform),
            apiv3_key: self.merchant.apiv3_key.clone().ok_or_else(no_apiv3_key)?,
            private_key: self.merchant.signer.key.local().cloned(),
            ambient: Arc::clone(&self.shared.ambient),
            client: self.merchant.platform.is_automatic().then(|| self.clone()),
        })
    }
}

/// A notification whose signature held. The same one may come many times, and in parallel: its id tells.
#[derive(Clone)]
pub struct Notification {
    /// Of this notification; its redeliveries have the same.
    pub id: String,
    /// When it was made, RFC 3339.
    pub create_time: String,
    /// What happened, like `TRANSACTION.SUCCESS`; an open set.
    pub event_type: String,
    /// `encrypt-resource`.
    pub resource_type: Option<String>,
    /// In words, Chinese.
    pub summary: Option<String>,
    /// What the resource is, like `transaction`.
    pub original_type: Option<String>,
    plaintext: Zeroizing<Vec<u8>>,
    row: Option<&'static Row>,
}

impl Notification {
    /// Which event it is; `None` for one that is newer than this SDK.
    #[must_use]
    pub fn webhook(&self) -> Option<&'static Webhook> {
        self.row.map(|row| row.webhook)
    }

    /// The event with its resource as the type of it.
    ///
    /// ```no_run
    /// # fn take(notification: &wechatpay_sdk::notification::Notification) -> Result<(), wechatpay_sdk::Error> {
    /// use wechatpay_sdk::events::Event;
    ///
    /// match notification.event()? {
    ///     Event::TransactionSuccess(payment) => println!("{:?} is paid", payment.out_trade_no),
    ///     Event::RefundSuccess(refund) => println!("{:?} is refunded", refund.out_refund_no),
    ///     _ => println!("{} is taken note of", notification.event_type),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Integrity (`malformed_notification`) where the resource is not of the documented type; as JSON it can still be
    /// read.
    #[cfg(feature = "events")]
    pub fn event(&self) -> Result<crate::events::Event, Error> {
        let shape = self.row.map_or("", |row| row.shape);
        let event = crate::events::Event::decode(shape, &self.plaintext);
        event.map_err(|_| malformed("its resource is not of the documented type"))
    }

    /// The decrypted resource: JSON text.
    #[must_use]
    pub fn resource_json(&self) -> &[u8] {
        &self.plaintext
    }

    /// The decrypted resource as a type.
    ///
    /// # Errors
    /// Integrity (`malformed_notification`) where it is another type's.
    pub fn resource<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.plaintext).map_err(|_| malformed("its resource is not of the type asked for"))
    }
}

impl fmt::Debug for Notification {
    /// Without the resource, which may hold openids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notification")
            .field("id", &self.id)
            .field("event_type", &self.event_type)
            .field("create_time", &self.create_time)
            .field("resource", &format_args!("[{} bytes]", self.plaintext.len()))
            .finish_non_exhaustive()
    }
}

/// What to answer to the platform, within 5 seconds. The same record in every language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers by name.
    pub headers: BTreeMap<&'static str, &'static str>,
    /// The body, perhaps empty.
    pub body: String,
}

/// The notification has been taken: it does not come again.
#[must_use]
pub fn ack() -> Answer {
    Answer { status: 204, headers: BTreeMap::new(), body: String::new() }
}

/// It has not: the platform sends it again, up to 15 times within a day and a half. `message` is for its logs.
#[must_use]
pub fn failure(message: &str) -> Answer {
    let body = json!({"code": "FAIL", "message": message}).to_string();
    Answer { status: 500, headers: BTreeMap::from([("Content-Type", "application/json")]), body }
}

/// Never repeats what stands there: it may be an openid.
fn malformed(problem: &str) -> Error {
    let message = format!("the notification is signed by the platform, but {problem}; a newer SDK may read it");
    Error::new(ErrorKind::Integrity, "malformed_notification", message)
}
