//! A small client of the gateway for seeding.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// How long a fact may take from the service that knows it to the one that is asked.
const SETTLE: Duration = Duration::from_secs(15);
/// Doubled with each call, which stays well below the limit on failed keys.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// Who is calling.
#[derive(Clone)]
pub enum Caller {
    /// Nobody yet.
    Anyone,
    /// A person's token.
    Token(String),
    /// A project's key pair.
    Key(String, String),
}

/// The API behind one base URL, as one caller.
#[derive(Clone)]
pub struct Api {
    client: Client,
    base: String,
    caller: Caller,
}

impl Api {
    /// At the gateway's URL, without credentials.
    pub fn new(gateway: &str) -> Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self {
            client,
            base: format!("{gateway}/api"),
            caller: Caller::Anyone,
        })
    }

    /// The same API as somebody else.
    #[must_use]
    pub fn by(&self, caller: Caller) -> Self {
        Self {
            caller,
            ..self.clone()
        }
    }

    /// Reads.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let call = || self.request(Method::GET, path).query(query);
        self.send(&format!("GET {path}"), call).await
    }

    /// Writes.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let call = || self.request(method.clone(), path).json(body);
        self.send(&format!("{method} {path}"), call).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.caller {
            Caller::Anyone => request,
            Caller::Token(token) => request.bearer_auth(token),
            Caller::Key(key, secret) => request
                .header("X-Api-Key", key)
                .header("X-Api-Secret", secret),
        }
    }

    /// Calls, and calls again for a while when patience may help.
    async fn send(&self, what: &str, call: impl Fn() -> RequestBuilder) -> Result<Value> {
        let deadline = Instant::now() + SETTLE;
        let mut wait = FIRST_WAIT;
        loop {
            let answer = call()
                .send()
                .await
                .with_context(|| format!("{what} got no answer"))?;
            let status = answer.status();
            let body = answer.text().await.unwrap_or_default();
            if status.is_success() {
                return serde_json::from_str(&body)
                    .with_context(|| format!("{what} answered no JSON"));
            }
            if !self.may_change(status) || Instant::now() > deadline {
                bail!("{what} answered {}: {body}", status.as_u16());
            }
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }

    /// Whether the same call may be answered otherwise in a moment: by a service that has not yet
    /// heard of a new user, project or key, or by a busy one. A refused login stays refused.
    fn may_change(&self, status: StatusCode) -> bool {
        match status.as_u16() {
            401 => !matches!(self.caller, Caller::Anyone),
            404 | 422 | 429 | 503 => true,
            _ => false,
        }
    }
}
