//! From the command line, a file or the environment to a client.

use std::fs;
use std::path::{Path, PathBuf};

use wechatpay_sandbox::Info;
use wechatpay_sdk::{Client, Error, Options};
use zeroize::Zeroizing;

use crate::args::CredentialArgs;

impl CredentialArgs {
    /// A client with the credentials that these arguments point to.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        Client::from_options(&self.options()?)
    }

    pub(crate) fn options(&self) -> Result<Options, Error> {
        match (&self.config, &self.sandbox) {
            (Some(file), _) => Options::from_json(&read("--config", file)?),
            (None, Some(place)) => of_sandbox(place),
            (None, None) => Options::from_env(),
        }
    }
}

fn read(option: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| Error::bad_option(option, format!("names {}, which cannot be read: {error}", path.display())))
}

fn of_sandbox(place: &Path) -> Result<Options, Error> {
    let file = if place.is_dir() { place.join("sandbox.json") } else { place.to_owned() };
    let text = read("--sandbox", &file)?;
    let info: Info = serde_json::from_slice(&text).map_err(|_| {
        Error::bad_option("--sandbox", format!("names {}, which `wechatpay sandbox` did not write", file.display()))
    })?;
    let path = |path: PathBuf| Some(path.to_string_lossy().into_owned());
    let mut options = Options::default();
    options.base_url = Some(info.base_url);
    options.backup_url = Some(info.backup_url);
    options.mchid = Some(info.mchid);
    options.serial_no = Some(info.serial_no);
    options.apiv3_key = Some(info.apiv3_key);
    options.merchant_private_key_path = path(info.merchant_private_key_path);
    options.public_key_id = Some(info.public_key_id);
    options.platform_public_key_path = path(info.platform_public_key_path);
    options.platform_certificate_paths = path(info.platform_certificate_path).into_iter().collect();
    Ok(options)
}
