//! The sandbox's admin listener.

use serde_json::{Value, json};

/// A client of the admin listener. Panics on any answer but 200: a test that arms a wrong fault proves nothing.
#[derive(Debug, Clone)]
pub struct Admin {
    url: String,
    http: reqwest::Client,
}

impl Admin {
    pub(crate) fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
        Self { url: url.to_owned(), http: http.expect("a client without TLS roots can be built") }
    }

    /// Sends one request and gives the JSON of its answer.
    ///
    /// # Panics
    /// On any failure.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let reply = request.send().await.expect("the admin listener answers");
        let status = reply.status();
        let text = reply.text().await.expect("the admin listener answers in full");
        assert_eq!(status, 200, "{method} {path} {body:?}: {text}");
        serde_json::from_str(&text).expect("the admin listener answers JSON")
    }

    /// Seed state, no faults, an empty journal.
    pub async fn reset(&self) {
        self.send("POST", "/reset", None).await;
    }

    /// Takes all faults away.
    pub async fn clear_faults(&self) {
        self.send("DELETE", "/faults", None).await;
    }

    /// Arms one fault.
    pub async fn fault(&self, order: Value) {
        self.send("POST", "/faults", Some(&order)).await;
    }

    /// The requests received since the last time it was emptied.
    pub async fn journal(&self) -> Vec<Value> {
        match self.send("GET", "/journal", None).await {
            Value::Array(entries) => entries,
            other => panic!("the journal is a list, not {other}"),
        }
    }

    /// Empties the journal.
    pub async fn clear_journal(&self) {
        self.send("DELETE", "/journal", None).await;
    }

    /// Changes the state by a merge patch.
    pub async fn patch_state(&self, patch: &Value) {
        self.send("PATCH", "/state", Some(patch)).await;
    }

    /// The business state.
    pub async fn state(&self) -> Value {
        self.send("GET", "/state", None).await
    }

    /// Moves the business clock.
    pub async fn advance(&self, seconds: i64) {
        self.send("POST", "/clock", Some(&json!({"advance_seconds": seconds}))).await;
    }

    /// Makes a notification: its `headers` and `body`.
    pub async fn notification(&self, order: Value) -> Value {
        self.send("POST", "/notifications", Some(&order)).await
    }

    /// Pays an order: the notification that its merchant gets.
    pub async fn payment(&self, payment: Value) -> Value {
        self.send("POST", "/orders/pay", Some(&payment)).await["notification"].take()
    }

    /// Opens the cashier with what a front end would hand to WeChat.
    pub async fn cashier(&self, record: Value) -> Value {
        self.send("POST", "/cashier", Some(&json!({"record": record}))).await
    }

    /// Makes another merchant known.
    pub async fn register(&self, mchid: &str, certificate_pem: &str) {
        self.send("POST", "/merchants", Some(&json!({"mchid": mchid, "certificate_pem": certificate_pem}))).await;
    }
}
