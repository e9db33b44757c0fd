//! A local WeChat Pay for the tests of one file.

use serde_json::Value;
use tokio::runtime::Runtime;
use wechatpay_sandbox::{Options, Sandbox};

/// It serves as long as this lives.
pub(crate) struct Local {
    /// Options of a client that has no backup; without the private key.
    pub(crate) options: Value,
    /// The file of that.
    pub(crate) private_key_path: Value,
    _sandbox: Sandbox,
    _runtime: Runtime,
    _dir: tempfile::TempDir,
}

impl Local {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let sandbox = runtime.block_on(Sandbox::start(Options::new(dir.path()))).unwrap();
        let info = serde_json::to_value(sandbox.info()).unwrap();
        let names = ["mchid", "serial_no", "public_key_id", "platform_public_key_path", "base_url"];
        let options = Value::Object(names.map(|name| (name.to_owned(), info[name].clone())).into_iter().collect());
        let private_key_path = info["merchant_private_key_path"].clone();
        Self { options, private_key_path, _sandbox: sandbox, _runtime: runtime, _dir: dir }
    }

    /// The same with the private key.
    pub(crate) fn with_key(&self) -> Value {
        let mut options = self.options.clone();
        options["merchant_private_key_path"] = self.private_key_path.clone();
        options
    }
}
