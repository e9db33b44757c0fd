//! What a client can do besides calling operations: functions by name, each with a flat record and a JSON reply.
//!
//! One entry for all of them, so that a further one is a line here and a method in each language, and no native function.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::client::{Client, Reply};
use crate::error::{ErrorRecord, Result};
use crate::files;

impl Client {
    /// One of these, with a JSON object of arguments:
    ///
    /// | name | parameters | reply |
    /// |---|---|---|
    /// | `encrypt` | `{"plaintext"}` | `{"serial", "ciphertext"}` |
    /// | `decrypt` | `{"ciphertext"}` | `{"plaintext"}` |
    /// | `invocation.jsapi`, `invocation.mini_program` | `{"appid", "prepay_id"}` | `{"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}` |
    /// | `invocation.app` | `{"appid", "partnerid", "prepay_id"}` | `{"appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"}` |
    /// | `download` | `{"operation", "params", "to", "gunzip", "progress"}`: see [`wechatpay_sdk::Client::download`]; without `to` into a temporary folder, which is the caller's then | `{"files": [{"path", "length", "hash_type"}], "folder"}` |
    /// | `download_url` | `{"url", "hash_type", "hash_value", "to", "gunzip", "progress"}` | the same |
    /// | `page` | `{"operation", "params"}` | `{"items", "next"}`: the parameters of the next page, or null |
    /// | `platform_keys.list` | | what [`wechatpay_sdk::platform_keys::KnownKeys`] holds |
    /// | `platform_keys.refresh` | | the same, after a download |
    #[must_use]
    pub fn utility(&self, name: &str, params: &[u8]) -> Call {
        let (client, name, params) = (self.core().clone(), name.to_owned(), params.to_vec());
        Call::new(name.clone(), files::changes(&name, &params), async move {
            let value = run(&client, &name, &params).await.map_err(|record| record.of_operation(&name))?;
            Ok(Reply::utility(&value))
        })
        .with_key(self.key())
    }
}

async fn run(client: &wechatpay_sdk::Client, name: &str, params: &[u8]) -> Result<Value> {
    let params = Params::read(params)?;
    match name {
        "download" => files::download(client, params.0).await,
        "download_url" => files::download_url(client, params.0).await,
        "page" => files::page(client, params.0).await,
        "encrypt" => {
            let encrypted = client.encrypt(params.text("plaintext")?).await?;
            Ok(json!({"serial": encrypted.serial, "ciphertext": encrypted.ciphertext}))
        }
        "decrypt" => {
            let plaintext = client.decrypt(params.text("ciphertext")?).await?;
            Ok(json!({"plaintext": plaintext.expose()}))
        }
        "invocation.jsapi" => {
            Ok(json!(client.invocation().jsapi(params.text("appid")?, params.text("prepay_id")?).await?))
        }
        "invocation.mini_program" => {
            Ok(json!(client.invocation().mini_program(params.text("appid")?, params.text("prepay_id")?).await?))
        }
        "invocation.app" => {
            let (appid, partnerid) = (params.text("appid")?, params.text("partnerid")?);
            Ok(json!(client.invocation().app(appid, partnerid, params.text("prepay_id")?).await?))
        }
        "platform_keys.list" => Ok(json!(client.platform_keys())),
        "platform_keys.refresh" => Ok(json!(client.refresh_platform_keys().await?)),
        _ => Err(ErrorRecord::bad_argument(None, "name", "is not the name of a utility")),
    }
}

/// The parameters of a utility. What is wrong with one is said without repeating it.
struct Params(Map<String, Value>);

impl Params {
    fn read(json: &[u8]) -> Result<Self> {
        let bad = |_| ErrorRecord::bad_argument(None, "params", "must be a JSON object");
        serde_json::from_slice(json).map(Self).map_err(bad)
    }

    fn text(&self, name: &str) -> Result<&str> {
        let text = self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| ErrorRecord::bad_argument(None, name, "is required: a text that is not empty"))
    }
}
