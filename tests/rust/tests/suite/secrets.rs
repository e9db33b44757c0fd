//! Issue: "Secrets never print: a test formats every public type with Debug and Display, and every log record of a
//! full run, and searches them for key material, Authorization values, plaintext of secret fields and openids."

use std::any::type_name_of_val;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use wechatpay_sdk::ambient::System;
use wechatpay_sdk::bind::bind;
use wechatpay_sdk::crypto::{AwsLc, Certificate, CryptoError, PrivateKey, PublicKey, RustCrypto};
use wechatpay_sdk::new_tax_control_fapiao::{TitleUrlSource, user_title};
use wechatpay_sdk::notification::{Notifications, ack};
use wechatpay_sdk::operation::{Call, Schema, find_operation, operations};
use wechatpay_sdk::platform_keys::PlatformKeys;
use wechatpay_sdk::signature::Signer;
use wechatpay_sdk::webhook::webhooks;
use wechatpay_sdk::{
    ApiV3Key, AppRecord, AttemptStart, CallOptions, Client, ClientBuilder, Encryption, Error, ErrorKind, File,
    JsapiRecord, KeyError, Observer, OptionType, Options, PlatformCertificate, SaveTo, Sensitive, SigningKey, blocking,
};
use wechatpay_suite::{Face, Local, Runner, load, tests_dir, vector_text, vectors};

use crate::notifications::{At, headers, options as receiver_options};
use crate::{capture, filled};

const OPENID: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";
const PHONE: &str = "13812345678";
const NAME: &str = "张三丰李四光";
const APIV3_KEY: &str = "SecretApiV3KeyOfThirtyTwoBytes!!";
const CONTENT: &str = "content of the file";
/// Parts of a client and of a list of keys; searched in their own crate, or within what holds them.
const NEVER_HANDED_OUT: [&str; 2] =
    ["wechatpay_sdk::merchant_identity::Merchant", "wechatpay_sdk::platform_keys::PlatformKey"];

/// The types whose instances were searched.
static SEARCHED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Searches what an observer gets to see.
struct Watcher(Secrets);

impl Observer for Watcher {
    fn before(&self, start: &AttemptStart<'_>) {
        self.0.debug(start);
    }
}

/// Texts that must never be printed.
struct Secrets(Vec<String>);

impl Secrets {
    fn new(private_key_pem: &str, more: impl IntoIterator<Item = String>) -> Self {
        let lines = private_key_pem.lines().filter(|line| !line.starts_with("-----") && line.len() > 16);
        let fixed = [OPENID, PHONE, NAME, APIV3_KEY, CONTENT].map(str::to_owned);
        // The Authorization header, and the bytes of DER as Debug would list them.
        let forms = [r#"signature=""#, r#"signature=\""#, "48, 130, "].map(str::to_owned);
        Self(lines.map(str::to_owned).chain(fixed).chain(forms).chain(more).collect())
    }

    fn search(&self, what: &str, shown: &str) {
        for (at, secret) in self.0.iter().enumerate() {
            assert!(!shown.contains(secret.as_str()), "{what} prints secret {at}, which begins with {:.4}", secret);
        }
    }

    fn debug(&self, value: &impl Debug) {
        // Without lifetimes, which the name in the source lacks.
        let name = type_name_of_val(value).split('<').next().expect("a first part");
        SEARCHED.lock().expect("no search panics inside").insert(name);
        self.search(name, &format!("{value:?} {value:#?}"));
    }

    fn display(&self, value: &(impl Debug + Display)) {
        self.debug(value);
        self.search(type_name_of_val(value), &format!("{value} {value:#}"));
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is not an object"),
    }
}

fn key_pem() -> String {
    vector_text("keys/merchant_pkcs8.pem")
}

fn options() -> Map<String, Value> {
    object(json!({
        "mchid": "1900000001",
        "merchant_private_key": key_pem(),
        "merchant_certificate": vector_text("keys/merchant_cert.pem"),
        "public_key_id": "PUB_KEY_ID_01",
        "platform_public_key": vector_text("keys/platform_pub.pem"),
        "platform_certificates": [vector_text("keys/platform_cert.pem")],
        "apiv3_key": APIV3_KEY,
        "proxy": format!("http://user:{OPENID}@127.0.0.1:1"),
    }))
}

fn parse(options: &Map<String, Value>) -> Result<Options, Error> {
    Options::from_json(&serde_json::to_vec(options).expect("plain data"))
}

#[test]
fn no_key_and_no_client_prints_a_secret() {
    let secrets = Secrets::new(&key_pem(), []);
    let options = parse(&options()).expect("good options");
    let client = Client::from_options(&options).expect("good options");
    secrets.debug(&options);
    secrets.debug(&client);
    secrets.debug(&blocking::Client::new(client.clone()));
    secrets.debug(&blocking::Client::new(client.clone()).encrypt(NAME).expect("a key of the platform"));
    let builder = Client::builder()
        .merchant_private_key(key_pem())
        .apiv3_key(APIV3_KEY)
        .proxy(format!("http://user:{OPENID}@127.0.0.1:1"));
    secrets.debug(&builder);
    let store = format!("rediss://{OPENID}:{APIV3_KEY}@store:6379/0");
    let seen = wechatpay_sdk::Seen::redis(&store, wechatpay_sdk::Seen::DEFAULT_TTL).expect("a store");
    secrets.debug(&seen);
    secrets.debug(&blocking::Seen::new(seen));
    secrets.debug(&wechatpay_bridge::Seen::redis(&store, None).expect("a store"));
    secrets.debug(&CallOptions::default());
    secrets.debug(&wechatpay_sdk::Retry::default());
    secrets.debug(&OptionType::Text);
    secrets.debug(&System);
    secrets.debug(&AwsLc);
    secrets.debug(&RustCrypto);
    for pem in [key_pem(), vector_text("keys/merchant_pkcs1.pem")] {
        for backend in [&AwsLc as &dyn wechatpay_sdk::crypto::Backend, &RustCrypto] {
            let key = PrivateKey::from_pem_with(backend, &pem).expect("a good key");
            Secrets::new(&pem, []).debug(&key);
            let signer =
                Signer { mchid: "1900000001".into(), serial_no: "00".into(), key: SigningKey::Local(key.clone()) };
            Secrets::new(&pem, []).debug(&signer);
            let custom = SigningKey::custom(Arc::new(key), None);
            Secrets::new(&pem, []).debug(&custom);
            let SigningKey::Custom(inside) = custom else { panic!("it is custom") };
            Secrets::new(&pem, []).debug(&inside);
        }
    }
    secrets.debug(&PublicKey::from_pem(&vector_text("keys/platform_pub.pem")).expect("a good key"));
    let certificate = Certificate::from_pem(&vector_text("keys/platform_cert.pem")).expect("a good certificate");
    secrets.debug(&ApiV3Key::new(APIV3_KEY).expect("32 bytes"));
    secrets.display(&CryptoError::BadKey);
    secrets.debug(&KeyError::from_error(CryptoError::Sign));
    secrets.debug(&certificate);
    secrets
        .debug(&PlatformCertificate { pem: vector_text("keys/platform_cert.pem"), certificate: certificate.clone() });
    let known = client.platform_keys();
    secrets.debug(&known);
    secrets.debug(&known.keys[0]);
    secrets.debug(&known.keys[0].kind);
    secrets.debug(&known.keys[0].source);
    let mut keys = PlatformKeys::default();
    keys.add_certificate(certificate);
    secrets.debug(&keys);
    secrets.debug(&Encryption::Ours(None));
}

/// Who reads a signature in a log could open the cashier in the merchant's name.
#[test]
fn no_record_for_a_front_end_prints_its_signature() {
    let secrets = Secrets::new(&key_pem(), []);
    let client = Client::from_options(&parse(&options()).expect("good options")).expect("good options");
    secrets.debug(&client.invocation());
    secrets.debug(&blocking::Client::new(client).invocation());
    for case in vectors("invocation.json")["cases"].as_array().expect("a list") {
        let record = case["record"].clone();
        let signature = record.get("sign").unwrap_or(&record["paySign"]).as_str().expect("base64").to_owned();
        let secrets = Secrets::new(&key_pem(), [signature]);
        if case["front_end"] == "app" {
            secrets.debug(&serde_json::from_value::<AppRecord>(record).expect("a record"));
        } else {
            secrets.debug(&serde_json::from_value::<JsapiRecord>(record).expect("a record"));
        }
    }
}

/// A `…_path` option that was given the text itself is a likely mistake, and must not print the key.
#[test]
fn no_option_prints_a_private_key_that_was_given_as_its_path() {
    let secrets = Secrets::new(&key_pem(), []);
    let mut wrong = options();
    wrong.remove("merchant_private_key");
    wrong.insert("merchant_private_key_path".to_owned(), key_pem().into());
    let options = parse(&wrong).expect("the types are right");
    secrets.debug(&options);
    secrets.display(&Client::from_options(&options).expect_err("a text is no file"));
}

#[test]
fn no_generated_type_prints_what_the_specification_marks() {
    let lists = filled::all();
    let documents: Vec<&str> = lists.iter().map(|(document, _)| *document).collect();
    let (types, marked) = (lists.iter().flat_map(|(_, types)| types).collect::<Vec<_>>(), filled::marked(&documents));
    let written = sources(&tests_dir().join("../crates/core/src/generated"), "");
    let sources = written.iter().filter(|(_, text)| {
        let source = text.lines().next().and_then(|line| line.split_once("from spec/")?.1.split_once(".json"));
        source.is_some_and(|(document, _)| documents.contains(&document))
    });
    let written: usize = sources.map(|(_, text)| text.matches("pub struct ").count()).sum();
    assert_eq!(types.len(), written, "`make generate` lists every struct of these documents");
    assert!(marked.len() > 10, "{marked:?}");
    for canary in &marked {
        assert!(types.iter().any(|shown| shown.wire.contains(canary)), "{canary} is in no type");
        for shown in &types {
            assert!(!shown.debug.contains(canary), "{} prints {canary}", shown.name);
        }
    }
    let plain = "<goldplan.merchants.close_advertising_show.sub_mchid>";
    assert!(types.iter().any(|shown| shown.debug.contains(plain)), "what is not marked is printed, and is found");
}

#[test]
fn no_text_and_no_file_prints_what_it_holds() {
    let secrets = Secrets::new(&key_pem(), []);
    secrets.display(&Sensitive::from(OPENID));
    secrets.debug(&File::bytes("fapiao.pdf", CONTENT));
    let title = user_title::title_url::Get::new("1", TitleUrlSource::Web, "wx1", OPENID, 1);
    assert_eq!(serde_json::to_value(&title).expect("plain data")["openid"], OPENID, "it is sent all the same");
    let reply = serde_json::from_value::<user_title::GetReply>(json!({"phone": PHONE, "email": OPENID}));
    let reply = reply.expect("the documented shape");
    assert_eq!(reply.phone.as_ref().map(Sensitive::expose), Some(PHONE));
}

/// What a request is bound to holds its query and body, and with them openids and names.
#[test]
fn no_bound_request_prints_what_it_carries() {
    let secrets = Secrets::new(&key_pem(), []);
    let title = user_title::title_url::Get::new("1", TitleUrlSource::Web, "wx1", OPENID, 1);
    let record = object(serde_json::to_value(&title).expect("plain data"));
    let query = bind(user_title::title_url::Get::operation(), record, Encryption::Ours(None), None).expect("binds");
    assert!(query.target.contains(OPENID), "it is in the query");
    let operation = find_operation("goldplan.merchants.close_advertising_show").expect("in the spec");
    let body = bind(operation, object(json!({"sub_mchid": PHONE})), Encryption::Ours(None), None).expect("binds");
    secrets.debug(&query);
    secrets.debug(&body);
}

#[test]
fn no_receiver_and_no_notification_prints_a_secret() {
    let vectors = vectors("notifications.json");
    let options = receiver_options(&vectors);
    let now = Arc::new(At(vectors["now"].as_i64().expect("seconds")));
    let receiver = Notifications::build(&parse(&object(options.clone())).expect("options"), now).expect("complete");
    let secrets = Secrets::new(&key_pem(), [vectors["apiv3_key"].as_str().expect("a text").to_owned()]);
    secrets.debug(&receiver);
    secrets.debug(&wechatpay_bridge::Receiver::from_json(options.to_string().into_bytes()).expect("complete"));
    secrets.debug(&ack());
    let mut read = 0;
    for case in vectors["cases"].as_array().expect("a list") {
        let (headers, body) = headers(case);
        if let Ok(notification) = receiver.parse(&headers, &body) {
            let resource = case["resource"].as_object().expect("an object");
            let texts = resource.values().filter_map(Value::as_str).filter(|text| text.len() > 8).map(str::to_owned);
            Secrets::new(&key_pem(), texts).debug(&notification);
            read += 1;
        }
    }
    assert!(read > 0, "some of the vectors are good");
}

/// They have no secrets yet; what a later one might hold is searched all the same.
#[test]
fn no_table_prints_a_secret() {
    let secrets = Secrets::new(&key_pem(), []);
    webhooks().iter().for_each(|webhook| secrets.debug(webhook));
    for operation in operations() {
        secrets.debug(*operation);
        secrets.debug(&operation.method);
        secrets.debug(&operation.body);
        secrets.debug(&operation.reply);
        if let Some(paging) = &operation.paging {
            secrets.debug(paging);
            secrets.debug(&paging.step);
        }
        for param in operation.params {
            secrets.debug(param);
            secrets.debug(&param.place);
            secrets.debug(param.schema);
            if let Schema::Object(fields) = param.schema {
                fields.iter().for_each(|field| secrets.debug(field));
            }
            if let Schema::JsonText(Schema::Object(fields)) = param.schema {
                for field in *fields {
                    if let Schema::Computed(computed) = field.schema {
                        secrets.debug(computed);
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_error_of_any_kind_and_no_reply_prints_a_secret() {
    let local = Local::start();
    let merchant_key = std::fs::read_to_string(&local.info.merchant_private_key_path).expect("its key");
    let secrets = Secrets::new(&merchant_key, [local.info.apiv3_key.clone()]);
    let client = local.client_with(&json!({"max_reply_bytes": 10_000, "backup_url": null}));
    let quick = client.with_options(CallOptions::default().retry(wechatpay_sdk::Retry::Off));
    let hasty = quick.with_options(CallOptions::default().timeout(std::time::Duration::from_millis(200)));
    let title = || {
        object(json!({
            "fapiao_apply_id": NAME, "source": "WEB", "appid": "wx1", "openid": OPENID, "total_amount": 1,
        }))
    };
    const TITLE: &str = "new_tax_control_fapiao.user_title.title_url.get";
    const USER: &str = "new_tax_control_fapiao.user_title.get";
    let user = || object(json!({"scene": "WITH_WECHATPAY", "fapiao_apply_id": "1"}));
    let detail = json!({"field": "/query/openid", "value": OPENID, "issue": "格式不对", "location": "query"});
    let refusal = json!({"code": "PARAM_ERROR", "message": "参数错误", "detail": detail});

    let mut seen = vec![Error::internal("a defect")];
    for (fault, id, params, client) in [
        (json!({"kind": "status", "status": 400, "body": refusal}), TITLE, title(), &quick),
        (json!({"kind": "delay", "ms": 600}), TITLE, title(), &hasty),
        (json!({"kind": "reset"}), TITLE, title(), &quick),
        (json!({"kind": "half_reply"}), TITLE, title(), &quick),
        (json!({"kind": "oversized_body", "bytes": 20_000}), TITLE, title(), &quick),
        (json!({"kind": "reply", "body": format!("{OPENID} is no JSON")}), TITLE, title(), &quick),
        (json!({"kind": "wrong_signature"}), TITLE, title(), &quick),
        (json!({"kind": "signtest_probe"}), TITLE, title(), &quick),
        (json!({"kind": "reply", "body": {"phone": PHONE}}), USER, user(), &quick),
    ] {
        local.admin.fault(json!({"fault": fault})).await;
        seen.push(client.call(id, params).await.expect_err("a fault"));
    }
    let watcher = Watcher(Secrets::new(&merchant_key, [local.info.apiv3_key.clone()]));
    let watched =
        ClientBuilder::from(parse(&local.options()).expect("the types are right")).observer(Arc::new(watcher));
    watched.build().expect("complete").call(TITLE, title()).await.expect("no fault");
    let mut wrong = title();
    wrong.insert("openid".to_owned(), json!([OPENID]));
    seen.push(client.call(TITLE, wrong).await.expect_err("a list is no string"));
    let mut options = local.options();
    options.insert("apiv3_key".to_owned(), format!("{APIV3_KEY}!").into());
    seen.push(Client::from_options(&parse(&options).expect("the types are right")).expect_err("33 bytes"));

    for error in &seen {
        secrets.display(error);
        secrets.debug(&error.kind());
        secrets.debug(&error.retryability());
        for attempt in error.attempts() {
            secrets.debug(attempt);
            secrets.debug(&attempt.phase);
        }
        if let Some(detail) = error.detail() {
            secrets.debug(detail);
        }
        let record: Box<wechatpay_bridge::ErrorRecord> = error.clone().into();
        secrets.display(&*record);
    }
    for kind in ErrorKind::ALL {
        assert!(seen.iter().any(|error| error.kind() == *kind), "no error of kind {} was searched", kind.as_str());
    }

    local.admin.fault(json!({"fault": {"kind": "reply", "body": {"sub_mchid": OPENID}}})).await;
    let reply = client.call(TITLE, title()).await.expect("a success");
    assert!(String::from_utf8_lossy(&reply.body).contains(OPENID));
    secrets.debug(&reply);
    secrets.debug(&local.info);

    local.admin.fault(json!({"fault": {"kind": "reply", "body": {"data": [{"goods_name": OPENID}]}}})).await;
    let page = client
        .page("new_tax_control_fapiao.merchant.tax_codes.list", object(json!({"limit": 1})))
        .await
        .expect("a page");
    assert!(page.items[0].to_string().contains(OPENID));
    secrets.debug(&page);
    let folder = tempfile::tempdir().expect("a folder");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&heard);
    let to = SaveTo::new(folder.path().join("bill.csv"))
        .progress(move |progress| told.lock().expect("nothing panics").push(progress));
    secrets.debug(&to);
    let bill = object(json!({"bill_date": "2026-11-25"}));
    let files = client.download_by_id("bill.trade_bill.get", bill, to).await.expect("a bill");
    secrets.debug(&files[0]);
    secrets.debug(&heard.lock().expect("nothing panics")[0]);
    secrets.debug(&wechatpay_bridge::Progress { received: 1, total: None });

    let bridge = wechatpay_bridge::Client::from_json(
        Value::Object(local.options()).to_string().into_bytes(),
        wechatpay_bridge::Key::InOptions,
    );
    let bridge = bridge.expect("good options");
    secrets.debug(&bridge);
    local.admin.fault(json!({"fault": {"kind": "reply", "body": {"sub_mchid": OPENID}}})).await;
    let call = bridge.call(TITLE, Value::Object(title()).to_string().as_bytes());
    let (told, mut events) = tokio::sync::mpsc::unbounded_channel();
    let reply = ran(call.watched(true), move |said| drop(told.send(said))).await.expect("a success");
    assert!(String::from_utf8_lossy(&reply.body).contains(OPENID));
    secrets.debug(&reply);
    while let Some(said) = events.recv().await {
        secrets.debug(&said);
        if let wechatpay_bridge::Said::Tells(event) = said {
            secrets.debug(&event);
            event.end.iter().for_each(|end| secrets.debug(end));
        }
    }
    secrets.debug(&wechatpay_bridge::Waiting::default());
    local.admin.fault(json!({"fault": {"kind": "reset"}})).await;
    let once = bridge.with_options(br#"{"retry": "off"}"#).expect("good options");
    let call = once.call(TITLE, Value::Object(title()).to_string().as_bytes());
    let failed = ran(call, drop).await;
    failed.err().iter().flat_map(|record| &record.attempts).for_each(|attempt| secrets.debug(attempt));

    let mut without_key = local.options();
    without_key.remove("merchant_private_key_path");
    let (options, key) = (Value::Object(without_key).to_string().into_bytes(), wechatpay_bridge::Key::Elsewhere);
    secrets.debug(&key);
    let bridge = wechatpay_bridge::Client::from_json(options, key).expect("good options");
    let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
    let call = bridge.call(TITLE, Value::Object(title()).to_string().as_bytes());
    let _running = call.start(move |question| drop(asked.send(question)), drop).expect("there are threads");
    let said = questions.recv().await.expect("it is asked to sign");
    secrets.debug(&said);
    let wechatpay_bridge::Said::Asks(question) = said else { panic!("it must be asked to sign first") };
    assert!(String::from_utf8_lossy(&question.input).contains(OPENID));
    secrets.debug(&question);
    secrets.debug(&question.task);
}

/// What a call of the bridge comes to.
async fn ran(
    call: wechatpay_bridge::Call,
    hear: impl FnMut(wechatpay_bridge::Said) + Send + 'static,
) -> wechatpay_bridge::Result<wechatpay_bridge::Reply> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    let _running = call.start(hear, move |result| drop(done.send(result))).expect("there are threads");
    outcome.await.expect("it ends")
}

/// The files of Rust below a folder, by the module that they are.
fn sources(dir: &Path, module: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the repository has this folder") {
        let path = entry.expect("readable").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
        let inner = if ["lib", "mod"].contains(&stem) { module.to_owned() } else { format!("{module}::{stem}") };
        if path.is_dir() {
            found.extend(sources(&path, &inner));
        } else {
            found.push((inner, fs::read_to_string(&path).expect("readable")));
        }
    }
    found
}

/// The public types of a file that print: those that derive Debug, or implement it in the same file.
fn printable<'a>(module: &'a str, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let mut derived = false;
    text.lines().filter_map(move |line| {
        let above = derived;
        derived = line.starts_with("#[") && (above || line.contains("Debug")) || line.starts_with("//") && above;
        let name = line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))?;
        let name = name.split(|c: char| !c.is_alphanumeric()).next()?;
        (above || text.contains(&format!("Debug for {name} "))).then(|| format!("{module}::{name}"))
    })
}

/// What is generated has a test of its own, where the list is generated too.
#[test]
fn every_public_type_is_searched() {
    // The tests above are plain functions: what they search is known when they have run.
    no_key_and_no_client_prints_a_secret();
    no_record_for_a_front_end_prints_its_signature();
    no_text_and_no_file_prints_what_it_holds();
    no_bound_request_prints_what_it_carries();
    no_receiver_and_no_notification_prints_a_secret();
    no_table_prints_a_secret();
    no_error_of_any_kind_and_no_reply_prints_a_secret();
    let searched = SEARCHED.lock().expect("no search panics inside").clone();
    let crates = tests_dir().join("../crates");
    let mut types = 0;
    for (dir, name) in [("core", "wechatpay_sdk"), ("bridge", "wechatpay_bridge")] {
        for (module, text) in sources(&crates.join(dir).join("src"), name) {
            for name in printable(&module, &text).filter(|name| !name.starts_with("wechatpay_sdk::generated::")) {
                let known = searched.contains(name.as_str()) || NEVER_HANDED_OUT.contains(&name.as_str());
                assert!(known, "{name} prints, and no test searches what");
                types += 1;
            }
        }
    }
    assert!(types > 30, "{types}");
    assert!(searched.contains("wechatpay_sandbox::info::Info"));
}

/// All cases, with every record of every library at every level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_record_of_a_full_run_holds_a_secret() {
    capture::start();
    let local = Local::start();
    let cases = load();
    let _ = Runner::new(&local).run(&cases, Face::Async).await;

    let merchant_key = std::fs::read_to_string(&local.info.merchant_private_key_path).expect("its key");
    let of_cases = cases.iter().flat_map(|case| case.secrets.clone());
    let secrets = Secrets::new(&merchant_key, of_cases.chain([local.info.apiv3_key.clone()]));
    let entries = capture::entries();
    let calls =
        entries.iter().filter(|entry| entry.name == "wechatpay.call" && entry.fields["mchid"] == local.info.mchid);
    assert!(calls.count() > 100, "the calls of the cases were captured");
    assert!(
        entries.iter().any(|entry| entry.target.starts_with("reqwest") || entry.fields.contains_key("log.target")),
        "the records of the libraries too"
    );
    for entry in &entries {
        for (name, value) in &entry.fields {
            secrets.search(&format!("{} {} {name}", entry.target, entry.name), value);
        }
    }
}
