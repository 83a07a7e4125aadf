//! A client that speaks to a router in this process, signed in as whoever the test likes.

use std::net::IpAddr;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header},
};
use desk_events::Role;
use desk_http::edge::FORWARDED_FOR;
use desk_identity::Caller;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::{Form, Keys};

/// One service under test.
#[derive(Clone)]
pub struct Desk {
    router: Router,
    keys: Keys,
    service: &'static str,
}

impl Desk {
    /// The service's router, dressed as its process dresses it.
    pub fn new(router: Router, keys: Keys, service: &'static str) -> Self {
        Self {
            router: desk_http::layers::dress(router),
            keys,
            service,
        }
    }

    /// Signed in as a portal user; the session has the user's id.
    pub fn user(&self, id: i64, role: Role) -> Client {
        self.client(Some(Caller::User {
            id,
            role,
            session: id,
        }))
    }

    /// Signed in as a portal user in a certain session.
    pub fn session(&self, id: i64, role: Role, session: i64) -> Client {
        self.client(Some(Caller::User { id, role, session }))
    }

    /// An external project.
    pub fn key(&self, id: i64, project_id: i64) -> Client {
        self.client(Some(Caller::Key { id, project_id }))
    }

    /// A visitor whom the gateway let in.
    pub fn anonymous(&self) -> Client {
        self.client(Some(Caller::Anonymous))
    }

    /// Another service.
    pub fn service(&self, name: &str) -> Client {
        self.client(Some(Caller::Service(name.to_owned())))
    }

    /// Somebody without any internal token.
    pub fn stranger(&self) -> Client {
        self.client(None)
    }

    fn client(&self, caller: Option<Caller>) -> Client {
        let mut headers = HeaderMap::new();
        headers.insert(FORWARDED_FOR, HeaderValue::from_static("192.0.2.1"));
        Client {
            desk: self.clone(),
            caller,
            headers,
        }
    }
}

/// Somebody who calls the service.
#[derive(Clone)]
pub struct Client {
    desk: Desk,
    caller: Option<Caller>,
    headers: HeaderMap,
}

impl Client {
    /// The same caller from another address.
    ///
    /// # Panics
    /// When it is no address.
    #[must_use]
    pub fn from_address(self, address: &str) -> Self {
        let _: IpAddr = address.parse().expect("an address");
        self.with_header("x-forwarded-for", address)
    }

    /// The same caller with one more header.
    ///
    /// # Panics
    /// When it is no header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = value.parse().expect("a header value");
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Body::empty()).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Body::empty()).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, &body).await
    }

    /// `PUT` with JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, &body).await
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, &body).await
    }

    /// `POST` with a multipart form.
    pub async fn post_form(&self, path: &str, form: Form) -> Answer {
        let client = self.clone().with_header("content-type", Form::CONTENT_TYPE);
        client
            .send(Method::POST, path, Body::from(form.finish()))
            .await
    }

    async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let client = self.clone().with_header("content-type", "application/json");
        client
            .send(method, path, Body::from(body.to_string()))
            .await
    }

    /// Any request.
    ///
    /// # Panics
    /// When the path is none.
    pub async fn send(&self, method: Method, path: &str, body: Body) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .body(body)
            .expect("a request");
        *request.headers_mut() = self.headers.clone();
        if let Some(caller) = &self.caller {
            let token = self.desk.keys.token(caller, self.desk.service);
            let bearer = format!("Bearer {token}").parse().expect("a header value");
            request.headers_mut().insert(header::AUTHORIZATION, bearer);
        }
        let response = self
            .desk
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
}

/// What the service answered; the body as JSON, or as text when it is none.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Value,
}

impl Answer {
    /// The body, if the status is this one.
    ///
    /// # Panics
    /// When it is another, showing the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}
