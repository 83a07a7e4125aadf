//! Those who use the desk: people with a token, projects with a key, strangers.

use desk_testkit::{Answer, Form};
use reqwest::{Method, header::HeaderMap};
use serde_json::Value;
use xtask::{service::Service, stack::Stack};

/// An API key pair.
#[derive(Debug, Clone)]
pub struct Key {
    /// `sk_…`.
    pub api_key: String,
    /// `ss_…`.
    pub api_secret: String,
}

/// A project with a key.
#[derive(Debug, Clone)]
pub struct Project {
    /// Project id.
    pub id: i64,
    /// The key's id.
    pub key_id: i64,
    /// The key.
    pub key: Key,
}

/// How somebody signs in.
#[derive(Debug, Clone)]
pub enum Who {
    /// Not at all.
    Stranger,
    /// By a bearer token.
    Bearer(String),
    /// By an API key.
    Key(Key),
}

/// Somebody who calls the desk.
#[derive(Debug, Clone)]
pub struct Person {
    http: reqwest::Client,
    base: String,
    who: Who,
    headers: HeaderMap,
    expects_bugs: bool,
    documented: bool,
    /// User id; 0 for strangers and keys.
    pub id: i64,
    /// E-mail; empty for strangers and keys.
    pub email: String,
}

impl Person {
    pub(crate) fn new(http: reqwest::Client, base: String, who: Who) -> Self {
        Self {
            http,
            base,
            who,
            headers: HeaderMap::new(),
            expects_bugs: false,
            documented: true,
            id: 0,
            email: String::new(),
        }
    }

    pub(crate) fn named(mut self, id: i64, email: &str) -> Self {
        self.id = id;
        email.clone_into(&mut self.email);
        self
    }

    /// The same person at a desk of this release, whose document its answers are held against, or
    /// of another.
    pub(crate) const fn documented(mut self, documented: bool) -> Self {
        self.documented = documented;
        self
    }

    /// The same person with one more header.
    ///
    /// # Panics
    /// When it is no header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers
            .insert(name, value.parse().expect("a header value"));
        self
    }

    /// Whoever has this token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.who = Who::Bearer(token.to_owned());
        self
    }

    /// The same person at another address.
    #[must_use]
    pub fn at(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    /// The same person at a desk that the test has broken: a 500, which no operation documents, is
    /// an answer, too.
    #[must_use]
    pub const fn expecting_bugs(mut self) -> Self {
        self.expects_bugs = true;
        self
    }

    /// The bearer token.
    ///
    /// # Panics
    /// When the person has none.
    pub fn token(&self) -> &str {
        match &self.who {
            Who::Bearer(token) => token,
            other => panic!("{other:?} has no token"),
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// `POST` with a multipart form of text files.
    ///
    /// # Panics
    /// When a file is no text.
    pub async fn post_form(&self, path: &str, form: Form) -> Answer {
        let client = self.clone().with_header("content-type", Form::CONTENT_TYPE);
        let body = String::from_utf8(form.finish()).expect("text");
        client.send(Method::POST, path, Some(body)).await
    }

    /// `PUT` with JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body.to_string())).await
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body.to_string())).await
    }

    /// Any request; a body is sent as JSON unless a header says otherwise.
    ///
    /// # Panics
    /// When the desk does not answer at all.
    pub async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        self.try_send(method, path, body).await.expect("an answer")
    }

    /// Any request to a desk that may break off.
    ///
    /// # Errors
    /// No answer, or half of one.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> reqwest::Result<Answer> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base));
        request = match &self.who {
            Who::Stranger => request,
            Who::Bearer(token) => request.bearer_auth(token),
            Who::Key(key) => request
                .header("X-Api-Key", &key.api_key)
                .header("X-Api-Secret", &key.api_secret),
        };
        if let Some(body) = body {
            if !self.headers.contains_key("content-type") {
                request = request.header("content-type", "application/json");
            }
            request = request.body(body);
        }
        let answer = request.headers(self.headers.clone()).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        let answer = Answer {
            status,
            headers,
            body,
        };
        let held = self.documented && self.base.ends_with("/api");
        if held && !(self.expects_bugs && answer.status == 500) {
            crate::document::check(&method, &format!("/api{path}"), &answer);
        }
        Ok(answer)
    }
}

/// A token by which `ticket` calls another service (or `auth` calls ticket itself).
pub(crate) fn service_token(stack: &Stack, audience: Service) -> String {
    use desk_testkit::identity::{Clock, Issuer, SigningKey};
    let caller = if audience == Service::Ticket {
        Service::Auth
    } else {
        Service::Ticket
    };
    let seed = stack
        .env(caller)
        .remove("SUPPORTDESK_SIGNING_KEY")
        .expect("a signing key");
    let key = SigningKey::from_setting(&seed).expect("a signing key");
    let issuer = Issuer::new(caller.name(), &key);
    let token = issuer
        .own_token(audience.name(), Clock::system().now())
        .expect("a token");
    token.to_string()
}
