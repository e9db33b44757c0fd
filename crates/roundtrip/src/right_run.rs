//! For the tests of the judge: three operations, and a run in which everything is right until a test spoils it.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::arrival::{Arrival, Part};
use crate::filled::Filled;
use crate::judge::{Answer, Verdict, judge};
use crate::request::{Body, Content, Reply, Request, encode, plain};

pub(crate) const SERIAL: &str = "PUB_KEY_ID_1";
/// The places of the requests below.
pub(crate) const ORDER: usize = 0;
pub(crate) const UPLOAD: usize = 1;
pub(crate) const FILE: usize = 2;

fn text(value: &str) -> Filled {
    Filled::Plain(json!(value))
}

fn record(members: &[(&str, Filled)]) -> Filled {
    Filled::Record(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn named(name: &str, value: Filled) -> (String, Filled) {
    (name.to_owned(), value)
}

fn number(digits: &str) -> Filled {
    Filled::Plain(serde_json::from_str(digits).unwrap())
}

/// An operation with everything, an upload and a download.
pub(crate) fn requests() -> Vec<Request> {
    let request = |id: &str, method: &str, body, content| Request {
        id: id.to_owned(),
        params: Map::new(),
        method: method.to_owned(),
        path: format!("/v3/{id}/%E4%B8%AD%2F1"),
        query: vec![],
        headers: vec![],
        body,
        reply: Reply { status: 200, content },
    };
    let body = record(&[
        ("name", Filled::Secret("张三".to_owned())),
        ("rate", number("12.50")),
        ("total", number("9007199254740993")),
        ("goods", Filled::List(vec![record(&[("id", text("a"))]), record(&[("id", text("b"))])])),
        ("attach", Filled::Text(Box::new(record(&[("phone", Filled::Secret("139".to_owned())), ("n", number("1"))])))),
    ]);
    let reply = record(&[("phone", Filled::Secret("138".to_owned())), ("fee", number("9007199254740993"))]);
    let mut order = request("order", "POST", Body::Json(body), Content::Json(reply));
    order.query = vec![
        named("note", text("a b&c")),
        named("types", Filled::List(vec![text("X"), text("Y")])),
        named("phone", Filled::Secret("137".to_owned())),
    ];
    order.headers = vec![named("Idempotency-Key", text("k 1"))];
    let parts = vec![
        named("file", Filled::File { filename: "证.png", media_type: "image/png", content: b"\xff\r\n--x" }),
        named("meta", Filled::Text(Box::new(record(&[("sha256", text("00ff"))])))),
    ];
    let upload = request("upload", "POST", Body::Form(parts), Content::Empty);
    vec![order, upload, request("file", "GET", Body::None, Content::File(b"{\"a\": 1}".to_vec()))]
}

/// What a client that does everything right would send.
pub(crate) fn arrival(request: &Request) -> Arrival {
    let sealed = |value: &Filled| value.sealed(&|_| Ok(STANDARD.encode([7; 256]))).unwrap();
    let pairs = request.query.iter().flat_map(|(name, value)| {
        let values = match sealed(value) {
            Value::Array(values) => values,
            one => vec![one],
        };
        values.into_iter().map(move |value| format!("{name}={}", encode(&plain(&value))))
    });
    let query: Vec<String> = pairs.collect();
    let mut headers = json!({
        "accept": "application/json", "wechatpay-serial": SERIAL, "user-agent": "wechatpay-sdk/0.1", "host": "h",
        "authorization": {}, "content-length": "1",
    });
    for (name, value) in &request.headers {
        headers[name.to_lowercase()] = value.given();
    }
    let (mut body, mut form, mut understood) = (Bytes::new(), None, Value::Null);
    match &request.body {
        Body::None => {}
        Body::Json(value) => {
            headers["content-type"] = json!("application/json");
            body = sealed(value).to_string().into();
            understood = json!({"query": {"phone": "137"}, "body": value.received()});
        }
        Body::Form(_) => {
            headers["content-type"] = json!("multipart/form-data; boundary=x");
            body = Bytes::from_static(b"--x");
            let part = |name: &str, filename: Option<&str>, media_type: &str, content: &'static [u8]| Part {
                name: name.to_owned(),
                filename: filename.map(str::to_owned),
                media_type: Some(media_type.to_owned()),
                content: Bytes::from_static(content),
            };
            form = Some(vec![
                part("meta", None, "application/json", b"{\"sha256\": \"00ff\"}"),
                part("file", Some("证.png"), "image/png", b"\xff\r\n--x"),
            ]);
        }
    }
    Arrival {
        method: request.method.clone(),
        path: request.path.clone(),
        query: (!query.is_empty()).then(|| query.join("&")),
        headers: headers.as_object().unwrap().clone(),
        authorized: true,
        body,
        form,
        understood,
    }
}

/// Everything of one run, which a test spoils.
pub(crate) struct Run {
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) answers: HashMap<String, Answer>,
}

impl Run {
    pub(crate) fn right() -> Self {
        let answers = [
            ("order", Answer::Reply(json!({"phone": "138", "fee": 9_007_199_254_740_993_u64}))),
            ("upload", Answer::Reply(Value::Null)),
            ("file", Answer::File(b"{\"a\": 1}".to_vec())),
        ];
        let answers = answers.into_iter().map(|(id, answer)| (id.to_owned(), answer)).collect();
        Self { arrivals: requests().iter().map(arrival).collect(), answers }
    }

    pub(crate) fn body(&mut self, spoil: impl Fn(&mut Value)) {
        let mut body = serde_json::from_slice(&self.arrivals[ORDER].body).unwrap();
        spoil(&mut body);
        self.arrivals[ORDER].body = body.to_string().into();
    }

    pub(crate) fn query(&mut self, spoil: impl Fn(&str) -> String) {
        let query = self.arrivals[ORDER].query.as_mut().unwrap();
        let spoilt = spoil(query);
        assert_ne!(*query, spoilt);
        *query = spoilt;
    }

    pub(crate) fn header(&mut self, name: &str, value: Option<&str>) {
        let headers = &mut self.arrivals[ORDER].headers;
        match value {
            Some(value) => headers.insert(name.to_owned(), json!(value)),
            None => headers.remove(name),
        };
    }

    pub(crate) fn part(&mut self, at: usize) -> &mut Part {
        &mut self.arrivals[UPLOAD].form.as_mut().unwrap()[at]
    }

    pub(crate) fn answer(&mut self, id: &str, answer: Answer) {
        self.answers.insert(id.to_owned(), answer);
    }

    pub(crate) fn verdict(self) -> Verdict {
        judge(&requests(), self.arrivals, &self.answers, SERIAL)
    }
}
