//! The sandbox, told what to answer and asked what came in.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use wechatpay_sandbox::{Info, Options, Sandbox};
use wechatpay_sdk::crypto::{Certificate, PublicKey};

use crate::Problem;
use crate::arrival::Arrival;
use crate::request::{Content, Request};

/// A running sandbox.
pub(crate) struct Platform {
    sandbox: Sandbox,
    http: reqwest::Client,
    /// What replies are encrypted for.
    merchant: PublicKey,
}

impl Platform {
    pub(crate) async fn start(folder: &Path) -> Result<Self, Problem> {
        let sandbox = Sandbox::start(Options::new(folder)).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let merchant = std::fs::read_to_string(&sandbox.info().merchant_certificate_path)?;
        Ok(Self { sandbox, http, merchant: Certificate::from_pem(&merchant)?.public_key })
    }

    pub(crate) fn info(&self) -> &Info {
        self.sandbox.info()
    }

    /// The options of a driver's client. Nothing is sent twice, and nothing is asked for besides.
    pub(crate) fn client_options(&self) -> Value {
        let info = self.info();
        json!({
            "mchid": info.mchid,
            "serial_no": info.serial_no,
            "merchant_private_key_path": info.merchant_private_key_path,
            "apiv3_key": info.apiv3_key,
            "public_key_id": info.public_key_id,
            "platform_public_key_path": info.platform_public_key_path,
            "base_url": info.base_url,
            "backup_url": info.backup_url,
            "timeout": 30,
            "retry": "off",
        })
    }

    /// Forgets all, and then knows what to answer to each of these requests.
    pub(crate) async fn prepare(&self, requests: &[Request]) -> Result<(), Problem> {
        self.tell("POST", "/reset", &Value::Null).await?;
        for request in requests {
            let answer = self.answer(request)?;
            let order = json!({"match": {"method": request.method, "path": request.path}, "fault": answer});
            self.tell("POST", "/faults", &order).await.map_err(|problem| format!("{}: {problem}", request.id))?;
        }
        Ok(())
    }

    /// What is answered once the request has been understood, whatever a behaviour would have said to it.
    fn answer(&self, request: &Request) -> Result<Value, Problem> {
        let seal = |text: &str| Ok(STANDARD.encode(self.merchant.encrypt_oaep(text.as_bytes())?));
        let mut answer = json!({"kind": "status", "status": request.reply.status, "after": "work"});
        match &request.reply.content {
            Content::Empty => {}
            Content::Json(value) => answer["body"] = value.sealed(&seal)?,
            Content::File(bytes) => {
                answer["body"] = json!(std::str::from_utf8(bytes)?);
                answer["content_type"] = json!("application/octet-stream");
                answer["signed"] = json!(false);
            }
        }
        Ok(answer)
    }

    /// All that came in.
    pub(crate) async fn arrivals(&self) -> Result<Vec<Arrival>, Problem> {
        let entries = self.tell("GET", "/journal", &Value::Null).await?;
        let mut arrivals = Vec::new();
        for entry in entries.as_array().into_iter().flatten() {
            arrivals.push(Arrival::read(entry).await?);
        }
        Ok(arrivals)
    }

    async fn tell(&self, method: &str, path: &str, body: &Value) -> Result<Value, Problem> {
        let url = format!("{}{path}", self.info().admin_url);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let reply = self.http.request(method.parse()?, url).body(body).send().await?;
        let (status, bytes) = (reply.status(), reply.bytes().await?);
        if !status.is_success() {
            return Err(format!("{method} {path}: {}", String::from_utf8_lossy(&bytes)).into());
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    pub(crate) async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }
}
