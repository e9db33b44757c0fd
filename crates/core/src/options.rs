//! The options of a client: one flat record, the same names in every language and in the environment.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::Error;
use crate::secret::REDACTED;

/// Everything that a client can be told. Every option is named in [`Options::NAMES`].
#[derive(Clone, Default, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Options {
    /// Merchant number. Required.
    pub mchid: Option<String>,
    /// Serial number of the merchant's API certificate; not needed where the certificate is given.
    pub serial_no: Option<String>,
    /// PEM text of the merchant's private key, PKCS#8 or PKCS#1 (`apiclient_key.pem`). This or the path is required.
    pub merchant_private_key: Option<String>,
    /// File of the merchant's private key.
    pub merchant_private_key_path: Option<String>,
    /// PEM text of the merchant's API certificate (`apiclient_cert.pem`): its serial number is read from it.
    pub merchant_certificate: Option<String>,
    /// File of the merchant's API certificate.
    pub merchant_certificate_path: Option<String>,
    /// Id of WeChat Pay's public key, `PUB_KEY_ID_…`.
    pub public_key_id: Option<String>,
    /// PEM text of WeChat Pay's public key (`pub_key.pem`).
    pub platform_public_key: Option<String>,
    /// File of WeChat Pay's public key.
    pub platform_public_key_path: Option<String>,
    /// PEM texts of platform certificates, any number, also several in one text.
    #[serde(default)]
    pub platform_certificates: Vec<String>,
    /// Files of platform certificates.
    #[serde(default)]
    pub platform_certificate_paths: Vec<String>,
    /// APIv3 key: 32 bytes, for notifications and certificates.
    pub apiv3_key: Option<String>,
    /// Downloads the platform's certificates and keeps them current; needs `apiv3_key`. Default false. Keys that are
    /// configured besides stay in use.
    pub auto_certificates: Option<bool>,
    /// File that downloaded certificates are kept in between processes, one per merchant; with `auto_certificates`.
    pub certificate_cache: Option<String>,
    /// Base URL; default `https://api.mch.weixin.qq.com`. Plain http is accepted for loopback addresses only.
    pub base_url: Option<String>,
    /// Base URL of the backup, or of several, separated by commas, in the order of preference; default
    /// `https://api2.mch.weixin.qq.com`, or none where `base_url` is given.
    pub backup_url: Option<String>,
    /// Seconds to establish a connection; default 5, at most two fifths of `timeout`.
    pub connect_timeout: Option<f64>,
    /// Seconds for a whole call with all its attempts; default 30.
    pub timeout: Option<f64>,
    /// What may be repeated: `off`, `safe` or `idempotent`; default `safe`. See [`crate::Retry`].
    pub retry: Option<String>,
    /// Seconds for which a host that failed is avoided at first; default 30.
    pub cool_down: Option<f64>,
    /// Proxy URL (`http://…`, with user and password if needed). Proxy variables of the environment are not read.
    pub proxy: Option<String>,
    /// PEM text of further certificate authorities to trust in TLS.
    pub ca_pem: Option<String>,
    /// File of further certificate authorities.
    pub ca_path: Option<String>,
    /// Added to the User-Agent: your application's name and version.
    pub user_agent_suffix: Option<String>,
    /// The longest reply that is accepted, in bytes; default 10 MiB.
    pub max_reply_bytes: Option<u64>,
}

/// What kind of value an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionType {
    /// A string.
    Text,
    /// A list of strings.
    List,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

impl Options {
    /// Every option with its type; in the environment each is `WECHATPAY_` and the name in upper case.
    pub const NAMES: &'static [(&'static str, OptionType)] = &[
        ("mchid", OptionType::Text),
        ("serial_no", OptionType::Text),
        ("merchant_private_key", OptionType::Text),
        ("merchant_private_key_path", OptionType::Text),
        ("merchant_certificate", OptionType::Text),
        ("merchant_certificate_path", OptionType::Text),
        ("public_key_id", OptionType::Text),
        ("platform_public_key", OptionType::Text),
        ("platform_public_key_path", OptionType::Text),
        ("platform_certificates", OptionType::List),
        ("platform_certificate_paths", OptionType::List),
        ("apiv3_key", OptionType::Text),
        ("auto_certificates", OptionType::Boolean),
        ("certificate_cache", OptionType::Text),
        ("base_url", OptionType::Text),
        ("backup_url", OptionType::Text),
        ("connect_timeout", OptionType::Number),
        ("timeout", OptionType::Number),
        ("retry", OptionType::Text),
        ("cool_down", OptionType::Number),
        ("proxy", OptionType::Text),
        ("ca_pem", OptionType::Text),
        ("ca_path", OptionType::Text),
        ("user_agent_suffix", OptionType::Text),
        ("max_reply_bytes", OptionType::Number),
    ];

    /// The first option given that belongs to the part which all merchants of a client share.
    pub(crate) fn first_shared(&self) -> Option<&'static str> {
        let given = [
            ("base_url", self.base_url.is_some()),
            ("backup_url", self.backup_url.is_some()),
            ("connect_timeout", self.connect_timeout.is_some()),
            ("timeout", self.timeout.is_some()),
            ("retry", self.retry.is_some()),
            ("cool_down", self.cool_down.is_some()),
            ("proxy", self.proxy.is_some()),
            ("ca_pem", self.ca_pem.is_some()),
            ("ca_path", self.ca_path.is_some()),
            ("user_agent_suffix", self.user_agent_suffix.is_some()),
            ("max_reply_bytes", self.max_reply_bytes.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// Reads options from a JSON object.
    ///
    /// # Errors
    /// Config, naming the option: `unknown_option`, `wrong_type`.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let record: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(json)
            .map_err(|_| Error::config("options", "wrong_type", "must be a JSON object"))?;
        for (name, value) in &record {
            let Some((_, kind)) = Self::NAMES.iter().find(|(known, _)| known == name) else {
                let near = crate::suggest::closest(name, Self::NAMES.iter().map(|(known, _)| *known));
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                return Err(Error::config(name, "unknown_option", format!("is not an option of the client{hint}")));
            };
            let (fits, wanted) = match kind {
                OptionType::Text => (value.is_string() || value.is_null(), "a string"),
                OptionType::List => (
                    value.as_array().is_some_and(|list| list.iter().all(serde_json::Value::is_string)),
                    "a list of strings",
                ),
                OptionType::Number => (value.is_number() || value.is_null(), "a number"),
                OptionType::Boolean => (value.is_boolean() || value.is_null(), "true or false"),
            };
            if !fits {
                return Err(Error::config(name, "wrong_type", format!("must be {wanted}")));
            }
        }
        // The message of serde could repeat a value; it cannot fail after the checks above but for a number's range.
        serde_json::from_value(serde_json::Value::Object(record))
            .map_err(|_| Error::config("max_reply_bytes", "wrong_type", "must be a whole number of bytes"))
    }

    /// Reads `WECHATPAY_*` variables; lists are separated by commas, PEM texts may simply follow each other, a truth is
    /// `true`, `false`, `1` or `0`.
    ///
    /// # Errors
    /// Config, naming the variable.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    pub(crate) fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let mut record = serde_json::Map::new();
        for (name, kind) in Self::NAMES {
            let variable = format!("WECHATPAY_{}", name.to_ascii_uppercase());
            let Some(text) = get(&variable).filter(|text| !text.is_empty()) else { continue };
            let value = match kind {
                OptionType::Text => text.into(),
                OptionType::List if text.contains("-----BEGIN ") => vec![text].into(),
                OptionType::List => {
                    text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect::<Vec<_>>().into()
                }
                OptionType::Number => {
                    let number: serde_json::Number =
                        text.trim().parse().map_err(|_| Error::config(&variable, "wrong_type", "must be a number"))?;
                    number.into()
                }
                OptionType::Boolean => match text.trim().to_ascii_lowercase().as_str() {
                    "true" | "1" => true.into(),
                    "false" | "0" => false.into(),
                    _ => return Err(Error::config(&variable, "wrong_type", "must be true or false (or 1 or 0)")),
                },
            };
            record.insert((*name).to_owned(), value);
        }
        let json = Zeroizing::new(serde_json::to_vec(&record).expect("a map of JSON values can be written"));
        Self::from_json(&json)
    }
}

impl fmt::Debug for Options {
    /// Shows what is harmless, and of the rest only whether it is there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |value: &Option<String>| value.as_ref().map(|_| REDACTED);
        let path = |value: &Option<String>| {
            value.as_ref().map(|value| if is_path(value) { value.clone() } else { REDACTED.to_owned() })
        };
        // Refused when the client is built; until then it may hold a password.
        let url = |value: &Option<String>| {
            value.as_ref().map(|value| if value.contains('@') { REDACTED.to_owned() } else { value.clone() })
        };
        f.debug_struct("Options")
            .field("mchid", &self.mchid)
            .field("serial_no", &self.serial_no)
            .field("merchant_private_key", &given(&self.merchant_private_key))
            .field("merchant_private_key_path", &path(&self.merchant_private_key_path))
            .field("merchant_certificate_path", &path(&self.merchant_certificate_path))
            .field("public_key_id", &self.public_key_id)
            .field("platform_public_key_path", &path(&self.platform_public_key_path))
            .field("platform_certificates", &self.platform_certificates.len())
            .field("platform_certificate_paths", &self.platform_certificate_paths.len())
            .field("apiv3_key", &given(&self.apiv3_key))
            .field("auto_certificates", &self.auto_certificates)
            .field("certificate_cache", &path(&self.certificate_cache))
            .field("base_url", &url(&self.base_url))
            .field("backup_url", &url(&self.backup_url))
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("cool_down", &self.cool_down)
            .field("proxy", &given(&self.proxy))
            .field("user_agent_suffix", &self.user_agent_suffix)
            .field("max_reply_bytes", &self.max_reply_bytes)
            .finish_non_exhaustive()
    }
}

/// Text given as such or as a file. Both at once is refused: which one holds would be a guess.
pub(crate) fn text_or_file(
    name: &str,
    text: Option<&str>,
    path_name: &str,
    path: Option<&str>,
) -> Result<Option<Zeroizing<String>>, Error> {
    match (text, path) {
        (Some(_), Some(_)) => {
            Err(Error::config(name, "conflicting_options", format!("and {path_name} are both given; give one of them")))
        }
        (Some(text), None) => Ok(Some(Zeroizing::new(text.to_owned()))),
        (None, Some(path)) => read_file(path_name, path).map(Some),
        (None, None) => Ok(None),
    }
}

pub(crate) fn read_file(option: &str, path: &str) -> Result<Zeroizing<String>, Error> {
    if !is_path(path) {
        let problem =
            format!("holds a text, not the name of a file; give the text as {}", option.trim_end_matches("_path"));
        return Err(Error::config(option, "not_a_path", problem));
    }
    std::fs::read_to_string(Path::new(path)).map(Zeroizing::new).map_err(|error| {
        Error::config(option, "unreadable_file", format!("names the file {path}, which cannot be read: {error}"))
    })
}

/// The name of a file that need not be there yet; its folder must be.
pub(crate) fn file_to_write(option: &str, path: &str) -> Result<PathBuf, Error> {
    if path.is_empty() || !is_path(path) {
        return Err(Error::config(option, "not_a_path", "must be the name of a file"));
    }
    let path = Path::new(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() || !folder.is_dir() {
        let shown = path.display();
        let problem = format!("names {shown}, which cannot be written: it must be a file in a folder that is there");
        return Err(Error::config(option, "unwritable_file", problem));
    }
    Ok(path.to_owned())
}

/// Whether a value can be a file name. The text of a key that was given as one must not be repeated anywhere.
fn is_path(path: &str) -> bool {
    !path.contains(['\n', '\r']) && !path.contains("-----BEGIN") && path.len() < 4096
}
