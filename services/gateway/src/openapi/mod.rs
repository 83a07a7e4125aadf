//! `GET /api/openapi.json`: the services' documents as one; `GET /api/docs`: the page to read it.

mod components;
mod examples;
mod faults;
pub mod merge;
mod operations;
pub mod page;
mod rows;

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::IntoResponse};
use bytes::Bytes;
use desk_http::{Error, Result, client::Peer, openapi::ErrorBody};
use futures::future::try_join_all;
use http::header::CONTENT_TYPE;
use moka::future::Cache;
use serde_json::Value;
use utoipa::OpenApi;

use crate::App;
use merge::Part;

/// Where the document is.
pub const PATH: &str = "/api/openapi.json";

/// How long a merged document is served.
const KEPT: Duration = Duration::from_secs(10);

/// What the gateway itself answers.
#[derive(OpenApi)]
#[openapi(
    paths(show, page::page),
    tags((name = "Document", description = "The API, described.")),
)]
struct Own;

/// This document
///
/// Describes every endpoint of every service.
#[utoipa::path(
    get,
    path = PATH,
    tag = "Document",
    operation_id = "openapi",
    responses(
        (status = 200, description = "The OpenAPI 3.1 document", content_type = "application/json"),
        (status = 503, description = "A service did not tell its part", body = ErrorBody),
    )
)]
pub(crate) async fn show(State(app): State<Arc<App>>) -> Result<impl IntoResponse> {
    let document = app.documents.merged().await?;
    Ok(([(CONTENT_TYPE, "application/json")], document))
}

/// The gateway's own part.
pub fn own() -> Result<Part> {
    Ok(Part {
        service: "gateway",
        document: serde_json::to_value(Own::openapi())?,
    })
}

/// Fetches the services' documents and keeps the merged one for some seconds.
pub struct Documents {
    services: Vec<(&'static str, Peer)>,
    merged: Cache<(), Bytes>,
}

impl Documents {
    /// Of the services named.
    pub fn new(services: Vec<(&'static str, Peer)>) -> Self {
        Self {
            services,
            merged: Cache::builder().max_capacity(1).time_to_live(KEPT).build(),
        }
    }

    /// The merged document, encoded. A part that is missing fails it: half a document would look
    /// like a whole one.
    async fn merged(&self) -> Result<Bytes> {
        self.merged
            .try_get_with((), self.fetch())
            .await
            .map_err(|error| match *error {
                Error::Unavailable(wait) => Error::Unavailable(wait),
                ref other => Error::Internal(anyhow::anyhow!("merged document: {other}")),
            })
    }

    async fn fetch(&self) -> Result<Bytes> {
        let parts = self
            .services
            .iter()
            .map(|(service, peer)| part(service, peer));
        let mut parts: Vec<Part> = try_join_all(parts).await?.into_iter().flatten().collect();
        parts.push(own()?);
        Ok(serde_json::to_vec(&merge::merge(parts))?.into())
    }
}

/// A service's part; one that serves no document has none.
async fn part(service: &'static str, peer: &Peer) -> Result<Option<Part>> {
    let document: Option<Value> = peer.get(desk_http::openapi::PATH).await?;
    Ok(document.map(|document| Part { service, document }))
}
