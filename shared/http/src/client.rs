//! Calls from one service to another, each with the caller's own internal token.

use std::time::Duration;

use anyhow::Context;
use desk_identity::{Clock, Issuer};
use desk_telemetry::Span;
use reqwest::{Method, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Error, Result,
    layers::{REQUEST_ID, TRACEPARENT, known},
    server::IDLE,
};

/// How long a call may take; the caller's own client still waits behind it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Another service, as this one calls it.
#[derive(Debug, Clone)]
pub struct Peer {
    http: reqwest::Client,
    base: String,
    audience: &'static str,
    issuer: Issuer,
    clock: Clock,
}

impl Peer {
    /// The service named `audience` at `base` (`http://host:port`).
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(
        audience: &'static str,
        base: &str,
        issuer: Issuer,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_secs(2))
            .pool_idle_timeout(IDLE)
            .no_proxy()
            // Services speak plain HTTP: no client need hold the system's certificates.
            .tls_certs_only([])
            .build()
            .context("HTTP client")?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            audience,
            issuer,
            clock,
        })
    }

    /// `GET path`; `None` when the peer knows no such thing.
    ///
    /// # Errors
    /// 503 when the peer is out of reach, 500 when it answers something unexpected.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        self.call(Method::GET, path, None::<&()>).await
    }

    /// `POST path` with a JSON body; `None` when the peer knows no such thing.
    ///
    /// # Errors
    /// As [`Peer::get`].
    pub async fn post<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<Option<T>> {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&B>,
    ) -> Result<Option<T>> {
        let token = self
            .issuer
            .own_token(self.audience, self.clock.now())
            .map_err(|error| Error::Internal(error.into()))?;
        let mut span = Span::client(known(&method), self.audience);
        let context = span.context();
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(token);
        if let Some(id) = &context.request_id {
            request = request.header(REQUEST_ID, id);
        }
        if let Some(traceparent) = &context.traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|error| {
            span.failed(|| "unavailable".to_owned());
            self.out_of_reach(&error)
        })?;
        span.answered(answer.status().as_u16());
        match answer.status() {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::SERVICE_UNAVAILABLE => Err(Error::DOWN),
            status if status.is_success() => answer
                .json()
                .await
                .map(Some)
                .map_err(|error| self.out_of_reach(&error)),
            status => Err(Error::Internal(anyhow::anyhow!(
                "{} answered {status}",
                self.audience
            ))),
        }
    }

    fn out_of_reach(&self, error: &reqwest::Error) -> Error {
        if error.is_decode() {
            return Error::Internal(anyhow::anyhow!(
                "{} answered nonsense: {error}",
                self.audience
            ));
        }
        tracing::warn!(peer = self.audience, %error, "peer out of reach");
        metrics::counter!("peer_unavailable_total", "peer" => self.audience).increment(1);
        Error::DOWN
    }
}
