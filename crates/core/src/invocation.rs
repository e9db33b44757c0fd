//! What a front end needs to open the cashier after a prepay: a record with the merchant's signature. H5 and Native need
//! none, they get a URL and a QR code.
//!
//! Source: <https://pay.weixin.qq.com/doc/v3/merchant/4012791857> (JSAPI),
//! <https://pay.weixin.qq.com/doc/v3/merchant/4012791898> (mini program),
//! <https://pay.weixin.qq.com/doc/v3/merchant/4013070351> (APP)

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::ambient::nonce;
use crate::client::Client;
use crate::error::Error;
use crate::secret::REDACTED;

/// Makes records for front ends; from [`Client::invocation`]. Nothing is sent.
#[derive(Debug, Clone)]
pub struct Invocation {
    client: Client,
}

/// For `WeixinJSBridge.invoke("getBrandWCPayRequest", …)` of a page in WeChat and for `wx.requestPayment` of a mini
/// program, as it is: serialized it has the names of the documents. The platform takes it for as long as the prepay id
/// is valid, two hours.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsapiRecord {
    /// The app id that the prepay named.
    #[serde(rename = "appId")]
    pub app_id: String,
    /// Unix seconds, as a text: iOS refuses a number.
    #[serde(rename = "timeStamp")]
    pub time_stamp: String,
    /// 32 characters of `[0-9A-Za-z]`.
    #[serde(rename = "nonceStr")]
    pub nonce_str: String,
    /// `prepay_id=…`
    pub package: String,
    /// `RSA`; not signed itself.
    #[serde(rename = "signType")]
    pub sign_type: String,
    /// Base64.
    #[serde(rename = "paySign")]
    pub pay_sign: String,
}

/// For `PayReq` of WeChat's SDK in an app, as it is: its names are those of the documents.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppRecord {
    /// The app id that the prepay named.
    pub appid: String,
    /// The merchant number that the prepay named.
    pub partnerid: String,
    /// The bare prepay id.
    pub prepayid: String,
    /// `Sign=WXPay`; not signed itself.
    pub package: String,
    /// 32 characters of `[0-9A-Za-z]`.
    pub noncestr: String,
    /// Unix seconds, as a text.
    pub timestamp: String,
    /// Base64.
    pub sign: String,
}

impl Client {
    /// Signs what front ends need to open the cashier.
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        Invocation { client: self.clone() }
    }
}

impl Invocation {
    /// For a page in WeChat, with the app id and the reply of `pay.transactions.jsapi`.
    ///
    /// # Errors
    /// Invalid request: `bad_argument`, naming it. As [`SigningKey::sign`](crate::SigningKey::sign).
    pub async fn jsapi(&self, appid: &str, prepay_id: &str) -> Result<JsapiRecord, Error> {
        let record = self.inside_wechat(appid, prepay_id).await;
        record.map_err(|error| error.with_operation("invocation.jsapi"))
    }

    /// For a mini program; `appid` is the mini program's. The same record and signature as [`Self::jsapi`].
    ///
    /// # Errors
    /// As [`Self::jsapi`].
    pub async fn mini_program(&self, appid: &str, prepay_id: &str) -> Result<JsapiRecord, Error> {
        let record = self.inside_wechat(appid, prepay_id).await;
        record.map_err(|error| error.with_operation("invocation.mini_program"))
    }

    /// For an app; `partnerid` is the merchant number that the prepay named.
    ///
    /// # Errors
    /// As [`Self::jsapi`].
    pub async fn app(&self, appid: &str, partnerid: &str, prepay_id: &str) -> Result<AppRecord, Error> {
        let record = self.outside(appid, partnerid, prepay_id).await;
        record.map_err(|error| error.with_operation("invocation.app"))
    }

    async fn inside_wechat(&self, appid: &str, prepay_id: &str) -> Result<JsapiRecord, Error> {
        check("appid", appid)?;
        check_prepay_id(prepay_id)?;
        let (time_stamp, nonce_str) = self.now_and_nonce();
        let package = format!("prepay_id={prepay_id}");
        let pay_sign = self.sign(&message(appid, &time_stamp, &nonce_str, &package)).await?;
        Ok(JsapiRecord {
            app_id: appid.to_owned(),
            time_stamp,
            nonce_str,
            package,
            sign_type: "RSA".to_owned(),
            pay_sign,
        })
    }

    async fn outside(&self, appid: &str, partnerid: &str, prepay_id: &str) -> Result<AppRecord, Error> {
        check("appid", appid)?;
        check("partnerid", partnerid)?;
        check_prepay_id(prepay_id)?;
        let (timestamp, noncestr) = self.now_and_nonce();
        let sign = self.sign(&message(appid, &timestamp, &noncestr, prepay_id)).await?;
        Ok(AppRecord {
            appid: appid.to_owned(),
            partnerid: partnerid.to_owned(),
            prepayid: prepay_id.to_owned(),
            package: "Sign=WXPay".to_owned(),
            noncestr,
            timestamp,
            sign,
        })
    }

    fn now_and_nonce(&self) -> (String, String) {
        let ambient = &*self.client.shared.ambient;
        (ambient.now().to_string(), nonce(ambient))
    }

    async fn sign(&self, message: &[u8]) -> Result<String, Error> {
        self.client.merchant.signer.sign(message, self.client.timeout).await.map(|signature| STANDARD.encode(signature))
    }
}

/// What is signed: `APPID\nTIMESTAMP\nNONCE\nPREPAY\n`. `prepay` is `prepay_id=…` for JSAPI and mini programs, and the
/// bare id for an app.
#[must_use]
pub fn message(appid: &str, timestamp: &str, nonce: &str, prepay: &str) -> Vec<u8> {
    format!("{appid}\n{timestamp}\n{nonce}\n{prepay}\n").into_bytes()
}

/// Refuses what is certainly no identifier: it would be signed all the same, and fail on the payer's screen. The rest is
/// for the platform to judge: an app id begins with `wx` as a rule, but that of a company's WeCom with `ww`.
fn check(name: &str, value: &str) -> Result<(), Error> {
    if value.is_empty() {
        return Err(Error::bad_argument(name, "is required: a text that is not empty"));
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        let problem = "must be an identifier without spaces, line breaks and letters beyond ASCII; hand it over as it was given to you";
        return Err(Error::bad_argument(name, problem));
    }
    Ok(())
}

fn check_prepay_id(prepay_id: &str) -> Result<(), Error> {
    check("prepay_id", prepay_id)?;
    if prepay_id.starts_with("prepay_id=") {
        let problem = "must be the bare id that the prepay answered with: prepay_id= is put in front of it here";
        return Err(Error::bad_argument("prepay_id", problem));
    }
    Ok(())
}

impl fmt::Debug for JsapiRecord {
    /// Without the signature: who reads it in a log could open the cashier in the merchant's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsapiRecord")
            .field("app_id", &self.app_id)
            .field("time_stamp", &self.time_stamp)
            .field("nonce_str", &self.nonce_str)
            .field("package", &self.package)
            .field("sign_type", &self.sign_type)
            .field("pay_sign", &REDACTED)
            .finish()
    }
}

impl fmt::Debug for AppRecord {
    /// Without the signature: who reads it in a log could open the cashier in the merchant's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRecord")
            .field("appid", &self.appid)
            .field("partnerid", &self.partnerid)
            .field("prepayid", &self.prepayid)
            .field("package", &self.package)
            .field("noncestr", &self.noncestr)
            .field("timestamp", &self.timestamp)
            .field("sign", &REDACTED)
            .finish()
    }
}
