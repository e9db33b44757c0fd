//! A sandbox on a runtime of its own, so that no test's runtime can stop or slow it.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;
use wechatpay_sandbox::{Info, Options, Sandbox};
use wechatpay_sdk::{Client, MerchantKey, Options as ClientOptions};

use crate::admin::Admin;

/// A running sandbox with new keys. Ends when it is dropped.
pub struct Local {
    /// Where it listens and which credentials it knows.
    pub info: Info,
    /// Its admin listener.
    pub admin: Admin,
    sandbox: Option<Sandbox>,
    runtime: Option<Runtime>,
    // Last: it is removed when nothing uses it any more.
    _dir: tempfile::TempDir,
}

impl Local {
    /// Starts one, with the built-in state.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder for the keys");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime for the sandbox");
        let options = Options::new(dir.path());
        // From a thread of its own: a test may already be inside a runtime.
        let start = || runtime.block_on(Sandbox::start(options));
        let sandbox = std::thread::scope(|scope| scope.spawn(start).join());
        let sandbox = sandbox.expect("starting does not panic").expect("the sandbox starts");
        let info = sandbox.info().clone();
        let admin = Admin::new(&info.admin_url);
        Self { info, admin, sandbox: Some(sandbox), runtime: Some(runtime), _dir: dir }
    }

    /// The options that a case starts from: public key mode, both hosts.
    #[must_use]
    pub fn options(&self) -> Map<String, Value> {
        let info = &self.info;
        let options = json!({
            "mchid": info.mchid,
            "serial_no": info.serial_no,
            "merchant_private_key_path": info.merchant_private_key_path,
            "public_key_id": info.public_key_id,
            "platform_public_key_path": info.platform_public_key_path,
            "apiv3_key": info.apiv3_key,
            "base_url": info.base_url,
            "backup_url": info.backup_url,
            "timeout": 10,
            // Hosts are well or ill for the whole process, and the next case begins with both well.
            "cool_down": 0.0001,
        });
        match options {
            Value::Object(options) => options,
            _ => unreachable!("it was written as an object"),
        }
    }

    /// [`Local::options`] with some replaced, or left out where null.
    #[must_use]
    pub fn options_with(&self, changed: &Value) -> Map<String, Value> {
        let mut options = self.options();
        for (name, value) in changed.as_object().into_iter().flatten() {
            if value.is_null() {
                options.remove(name);
            } else {
                options.insert(name.clone(), value.clone());
            }
        }
        options
    }

    /// A client with these options changed.
    ///
    /// # Panics
    /// When the client cannot be built.
    #[must_use]
    pub fn client_with(&self, changed: &Value) -> Client {
        client(self.options_with(changed), None).expect("the sandbox's own credentials make a client")
    }

    /// A client of the sandbox's merchant.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client_with(&Value::Null)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let _inside = runtime.enter();
            drop(self.sandbox.take());
            runtime.shutdown_background();
        }
    }
}

/// A client from a record of options, by the way that every binding takes; `key` is the merchant's, where it lies elsewhere.
pub(crate) fn client(
    options: Map<String, Value>,
    key: Option<Arc<dyn MerchantKey>>,
) -> Result<Client, wechatpay_sdk::Error> {
    let json = serde_json::to_vec(&options).expect("a map of JSON values can be written");
    let options = ClientOptions::from_json(&json)?;
    match key {
        Some(key) => Client::from_options_with_key(&options, key),
        None => Client::from_options(&options),
    }
}
