//! Building a client step by step.

use std::fmt;
use std::sync::Arc;

use crate::ambient::Ambient;
use crate::client::{Client, Surroundings};
use crate::error::Error;
use crate::merchant_key::MerchantKey;
use crate::observer::Observer;
use crate::options::Options;
use crate::retry::Retry;

/// Collects options; [`ClientBuilder::build`] checks them all.
///
/// ```no_run
/// # fn main() -> Result<(), wechatpay_sdk::Error> {
/// let client = wechatpay_sdk::Client::builder()
///     .mchid("1900000001")
///     .merchant_private_key_path("apiclient_key.pem")
///     .merchant_certificate_path("apiclient_cert.pem")
///     .public_key_id("PUB_KEY_ID_0119000000012026112100000000000000")
///     .platform_public_key_path("pub_key.pem")
///     .build()?;
/// # Ok(()) }
/// ```
#[derive(Default)]
pub struct ClientBuilder {
    options: Options,
    surroundings: Surroundings,
}

macro_rules! setters {
    ($($(#[$meta:meta])* $name:ident: $kind:ty $(=> $wrap:expr)?;)+) => {
        $($(#[$meta])*
        #[must_use]
        pub fn $name(mut self, value: $kind) -> Self {
            self.options.$name = Some($crate::builder::setters!(@value value $($wrap)?));
            self
        })+
    };
    (@value $value:ident) => { $value.into() };
    (@value $value:ident $wrap:expr) => { $wrap($value) };
}
pub(crate) use setters;

impl ClientBuilder {
    setters! {
        /// Merchant number. Required.
        mchid: impl Into<String>;
        /// Serial number of the merchant's API certificate; not needed where the certificate is given.
        serial_no: impl Into<String>;
        /// PEM text of the merchant's private key, PKCS#8 or PKCS#1.
        merchant_private_key: impl Into<String>;
        /// File of the merchant's private key.
        merchant_private_key_path: impl Into<String>;
        /// PEM text of the merchant's API certificate: its serial number is read from it.
        merchant_certificate: impl Into<String>;
        /// File of the merchant's API certificate.
        merchant_certificate_path: impl Into<String>;
        /// Id of WeChat Pay's public key, `PUB_KEY_ID_…`.
        public_key_id: impl Into<String>;
        /// PEM text of WeChat Pay's public key.
        platform_public_key: impl Into<String>;
        /// File of WeChat Pay's public key.
        platform_public_key_path: impl Into<String>;
        /// APIv3 key: exactly 32 bytes.
        apiv3_key: impl Into<String>;
        /// Downloads the platform's certificates and keeps them current; needs the APIv3 key. Default false.
        auto_certificates: bool;
        /// File that downloaded certificates are kept in between processes, one per merchant.
        certificate_cache: impl Into<String>;
        /// Base URL, for a sandbox.
        base_url: impl Into<String>;
        /// Base URL of the backup, or of several, separated by commas, in the order of preference.
        backup_url: impl Into<String>;
        /// Time to establish a connection; default 5 s.
        connect_timeout: std::time::Duration => |value: std::time::Duration| value.as_secs_f64();
        /// Time for a whole call with all its attempts; default 30 s.
        timeout: std::time::Duration => |value: std::time::Duration| value.as_secs_f64();
        /// What may be repeated; default [`Retry::Safe`].
        retry: Retry => |value: Retry| value.as_str().to_owned();
        /// Time for which a host that failed is avoided at first; default 30 s.
        cool_down: std::time::Duration => |value: std::time::Duration| value.as_secs_f64();
        /// Proxy URL. Proxy variables of the environment are not read.
        proxy: impl Into<String>;
        /// PEM text of further certificate authorities to trust in TLS.
        ca_pem: impl Into<String>;
        /// File of further certificate authorities to trust in TLS.
        ca_path: impl Into<String>;
        /// Added to the User-Agent: your application's name and version.
        user_agent_suffix: impl Into<String>;
        /// The longest reply that is accepted, in bytes; default 10 MiB.
        max_reply_bytes: u64;
    }

    /// Adds a platform certificate, as PEM text.
    #[must_use]
    pub fn platform_certificate(mut self, pem: impl Into<String>) -> Self {
        self.options.platform_certificates.push(pem.into());
        self
    }

    /// Adds a platform certificate, by its file.
    #[must_use]
    pub fn platform_certificate_path(mut self, path: impl Into<String>) -> Self {
        self.options.platform_certificate_paths.push(path.into());
        self
    }

    /// The merchant's key where it lies elsewhere, in an HSM or a KMS: in place of `merchant_private_key`.
    #[must_use]
    pub fn merchant_key(mut self, key: Arc<dyn MerchantKey>) -> Self {
        self.surroundings.key = Some(key);
        self
    }

    /// Is told of every attempt of every call, those of clients derived for other merchants among them.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.surroundings.observer = Some(observer);
        self
    }

    /// Replaces clock and randomness: for tests with golden values.
    #[must_use]
    pub fn ambient(mut self, ambient: Arc<dyn Ambient>) -> Self {
        self.surroundings.ambient = ambient;
        self
    }

    /// The options collected so far, without a key of [`ClientBuilder::merchant_key`]: for [`Client::for_merchant`] and
    /// [`Client::for_merchant_with_key`].
    #[must_use]
    pub fn into_options(self) -> Options {
        self.options
    }

    /// Checks everything and makes the client. Reads the files; opens no connection.
    ///
    /// # Errors
    /// Config, naming the option, what was wrong and what to do.
    pub fn build(self) -> Result<Client, Error> {
        Client::build(&self.options, self.surroundings)
    }
}

impl From<Options> for ClientBuilder {
    /// Begins with a record of options.
    fn from(options: Options) -> Self {
        Self { options, ..Self::default() }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
