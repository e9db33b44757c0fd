use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a sandbox listens and which credentials it knows: the content of `DIR/sandbox.json`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Info {
    /// The main host, without a trailing slash.
    pub base_url: String,
    /// The backup host.
    pub backup_url: String,
    /// The admin listener.
    pub admin_url: String,
    /// The merchant that the keys belong to.
    pub mchid: String,
    /// Serial of the merchant certificate, 40 upper-case hex digits.
    pub serial_no: String,
    /// The APIv3 key, 32 characters.
    pub apiv3_key: String,
    /// The merchant's private key (PKCS#8 PEM).
    pub merchant_private_key_path: PathBuf,
    /// The merchant's certificate (X.509 PEM).
    pub merchant_certificate_path: PathBuf,
    /// Names the platform's public key: `PUB_KEY_ID_…`.
    pub public_key_id: String,
    /// The platform's public key (SPKI PEM).
    pub platform_public_key_path: PathBuf,
    /// The platform's certificate (X.509 PEM); its key is another one.
    pub platform_certificate_path: PathBuf,
    /// Serial of the platform certificate, 40 upper-case hex digits.
    pub platform_certificate_serial: String,
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info")
            .field("base_url", &self.base_url)
            .field("backup_url", &self.backup_url)
            .field("admin_url", &self.admin_url)
            .field("mchid", &self.mchid)
            .field("serial_no", &self.serial_no)
            .field("public_key_id", &self.public_key_id)
            .finish_non_exhaustive()
    }
}
