//! An authorized request: is it allowed, is it well formed, what does it do.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use wechatpay_sdk::crypto::PublicKey;

use super::Platform;
use super::answer::{Answer, Refusal};
use super::authorization::Merchant;
use super::request::Request;
use super::uploads;
use crate::behaviours::behaviour;
use crate::faults::Fault;
use crate::files::{self, Offer};
use crate::identity::{Identity, PlatformKey};
use crate::journal::Entry;
use crate::spec::{Checked, Content, Endpoint, Problem, Route};

/// Marks replies that were made from the document and not from the state.
const BEHAVIOUR: &str = "sandbox-behaviour";

impl Platform {
    /// The key that `Wechatpay-Serial` asks for; that of the certificate which signs when it asks for none. `None`: no
    /// such key.
    pub(super) fn key(&self, serial: &str) -> Option<PlatformKey> {
        let (certificates, public_key) = (self.certificates(), &self.identity.public_key);
        match serial {
            "" => Some(certificates.signing().clone()),
            _ if serial == public_key.serial => Some(public_key.clone()),
            _ => certificates.find(serial).cloned(),
        }
    }

    /// Does what an authorized request asks for. The journal is told what was understood of its encrypted fields.
    pub(super) fn operate(
        &self,
        request: &Request,
        route: &Route<'_>,
        merchant: &Merchant,
        key: Option<&PlatformKey>,
        fault: Option<&Fault>,
        entry: &mut Entry,
    ) -> Result<Answer, Refusal> {
        let endpoint = match route {
            Route::Operation(endpoint) => endpoint,
            Route::OtherMethods(methods) => {
                let message =
                    format!("{} is not one of the methods of this URL: {}", request.method, methods.join(", "));
                return Err(Refusal::new(405, "METHOD_NOT_ALLOWED", message));
            }
            Route::Nothing => {
                return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", "there is no API with this URL"));
            }
        };
        let key = key.ok_or_else(|| Refusal::new(400, "INVALID_REQUEST", "平台证书序列号Wechatpay-Serial错误"))?;
        if request.header("user-agent").is_empty() || request.header("accept").is_empty() {
            return Err(Refusal::new(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent"));
        }

        let body = match endpoint.media_type() {
            None => None,
            Some(wanted) => Some(read_body(request, wanted)?),
        };
        let encrypted = Encrypted { request, key };
        let Checked { mut parameters, opened } =
            endpoint.check(request.query(), &request.headers, body, |field, text| encrypted.open(field, text))?;
        if opened {
            entry.understood = Some(parameters.to_string().into());
        }
        uploads::check(request, &parameters["body"])?;
        parameters["merchant"] = json!({"mchid": merchant.mchid});
        let reader =
            Reader { merchant, other: matches!(fault, Some(Fault::OtherCertificate)).then_some(&self.identity) };
        // Acts on keys, and not on the state as behaviours do.
        if endpoint.operation.id == "certificates.list" {
            return self.certificates().list(&parameters, &self.identity.apiv3_key);
        }
        if let (true, Some(token)) = (endpoint.gives_file(), parameters["query"]["token"].as_str()) {
            return Ok(Answer::file(files::find(&self.business(), token)?));
        }
        let answer = match behaviour(&endpoint.operation.id) {
            Some(behaviour) => {
                let answer = behaviour(&mut self.business(), &parameters)?;
                reader.seal(endpoint, answer)?
            }
            None => reader.example(endpoint, &parameters)?,
        };
        let offer = Offer {
            operation: &endpoint.operation.id,
            parameters: &parameters,
            base_url: format!("http://{}", request.header("host")),
            public_key: &merchant.public_key,
            rows: self.business().bill_rows(),
        };
        self.offer(&offer, answer)
    }

    /// Leads a reply that tells of files to files.
    fn offer(&self, offer: &Offer<'_>, answer: Answer) -> Result<Answer, Refusal> {
        let Ok(mut reply) = serde_json::from_slice(&answer.body) else { return Ok(answer) };
        let led = offer.complete(&mut reply, &mut |bytes| self.business().keep_file(bytes))?;
        Ok(if led { Answer { body: reply.to_string().into(), ..answer } } else { answer })
    }
}

fn read_body(request: &Request, wanted: &str) -> Result<Value, Problem> {
    let sent = request.media_type();
    if sent != wanted {
        let issue = format!("Content-Type must be {wanted}");
        return Err(Problem::new("/header/Content-Type", Some(json!(sent)), issue));
    }
    request.json().map_err(|issue| Problem::new("/body", None, issue))
}

/// The encrypted fields of a request and the key they should be under.
struct Encrypted<'a> {
    request: &'a Request,
    key: &'a PlatformKey,
}

impl Encrypted<'_> {
    fn open(&self, field: &str, ciphertext: &str) -> Result<String, Problem> {
        if self.request.header("wechatpay-serial").is_empty() {
            let issue = format!("is missing: it names the key that {field} is encrypted under");
            return Err(Problem::new("/header/Wechatpay-Serial", None, issue));
        }
        let plaintext = STANDARD.decode(ciphertext).ok().and_then(|bytes| self.key.key.decrypt_oaep(&bytes).ok());
        plaintext
            .and_then(|plaintext| String::from_utf8(plaintext.to_vec()).ok())
            .ok_or_else(|| Problem::undecryptable(field))
    }
}

/// Who reads a reply, and so whom its encrypted fields are for.
struct Reader<'a> {
    merchant: &'a Merchant,
    /// The keys of somebody else, whose certificate the fields are encrypted for by mistake.
    other: Option<&'a Identity>,
}

impl Reader<'_> {
    fn encrypt(&self, text: &str) -> Result<String, Refusal> {
        let other = self.other.map(|other| PublicKey::from_spki(&other.public_key.key.public_spki())).transpose();
        let encrypt = |other: Option<PublicKey>| {
            other.as_ref().unwrap_or(&self.merchant.public_key).encrypt_oaep(text.as_bytes())
        };
        other.and_then(encrypt).map(|bytes| STANDARD.encode(bytes)).map_err(|error| {
            tracing::error!(%error, mchid = %self.merchant.mchid, "a reply could not be encrypted");
            Refusal::new(500, "SYSTEM_ERROR", "系统异常,请稍后重试")
        })
    }

    /// The reply of a behaviour, which is in plain text.
    fn seal(&self, endpoint: &Endpoint<'_>, answer: Answer) -> Result<Answer, Refusal> {
        let Ok(mut value) = serde_json::from_slice(&answer.body) else { return Ok(answer) };
        let sealed = answer.status.is_success() && endpoint.seal_reply(&mut value, |text| self.encrypt(text))?;
        Ok(if sealed { Answer { body: value.to_string().into(), ..answer } } else { answer })
    }

    fn example(&self, endpoint: &Endpoint<'_>, parameters: &Value) -> Result<Answer, Refusal> {
        let example = endpoint.example(parameters, |text| self.encrypt(text))?;
        let mut answer = match example.content {
            Content::Empty => Answer::empty(example.status),
            Content::Json(value) => Answer::json(example.status, &value),
            Content::File(bytes) => Answer::file(Bytes::from_static(bytes)),
        };
        answer.headers.insert(BEHAVIOUR, hyper::header::HeaderValue::from_static("example"));
        Ok(answer)
    }
}
