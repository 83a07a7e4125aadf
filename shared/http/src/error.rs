//! The contract's error envelope and what each variant means to the caller.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::reach::{is_out_of_reach, was_cancelled};

/// A handler's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Per-field messages of a 422.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Details(BTreeMap<String, Vec<String>>);

impl Details {
    /// One message on one field.
    pub fn of(field: &str, message: impl Into<String>) -> Self {
        let mut details = Self::default();
        details.add(field, message);
        details
    }

    /// Adds a message to a field.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0
            .entry(field.to_owned())
            .or_default()
            .push(message.into());
    }

    /// Whether the field has a message already.
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over another's messages.
    pub fn merge(&mut self, other: Self) {
        for (field, messages) in other.0 {
            self.0.entry(field).or_default().extend(messages);
        }
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every message otherwise.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self))
        }
    }
}

/// What went wrong, by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// 400: the request cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// 401: not, or no longer, authenticated. The text is the answer's.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// 403: the role forbids it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404: not there, or not for the caller to know of.
    #[error("Not found.")]
    NotFound,
    /// 405.
    #[error("Method not allowed.")]
    MethodNotAllowed,
    /// 409: the state forbids it.
    #[error("{0}")]
    Conflict(&'static str),
    /// 413.
    #[error("The request body is too large.")]
    TooLarge,
    /// 415.
    #[error("The content type is not supported; send application/json.")]
    UnsupportedMediaType,
    /// 422: every bad field at once.
    #[error("Validation failed.")]
    Invalid(Details),
    /// 429; seconds until it is worth another try.
    #[error("Too many requests.")]
    TooMany(u64),
    /// 503: something we need is down; seconds until it is worth another try.
    #[error("The service is temporarily unavailable.")]
    Unavailable(u64),
    /// 500: a bug. Logged with its chain, shown as one fixed sentence.
    #[error("Internal error.")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// The 401 of a missing, forged, expired or revoked token.
    pub const UNAUTHENTICATED: Self = Self::Unauthenticated("Unauthenticated.");
    /// The 403 of a role that may not do this.
    pub const FORBIDDEN: Self = Self::Forbidden("This action is not allowed for your role.");
    /// The 401 of every refused API key.
    pub const BAD_KEY: Self = Self::Unauthenticated("Invalid API credentials");
    /// The 503 of a dependency that is down.
    pub const DOWN: Self = Self::Unavailable(2);

    /// A 422 on one field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(Details::of(field, message))
    }

    /// The status it is answered with.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The envelope on the wire.
#[derive(Serialize)]
struct Envelope<'a> {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a Details>,
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Self::Internal(source) = &self {
            let request_id = desk_telemetry::current().request_id;
            tracing::error!(request_id, error = format!("{source:#}"), "internal error");
        }
        let details = match &self {
            Self::Invalid(details) => Some(details),
            _ => None,
        };
        let mut response = (
            self.status(),
            Json(Envelope {
                error: self.to_string(),
                details,
            }),
        )
            .into_response();
        if let Self::TooMany(seconds) | Self::Unavailable(seconds) = self {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<sqlx::Error>() {
            Ok(error) => error.into(),
            Err(error) => Self::Internal(error),
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// A database that is out of reach is a 503; anything else is a bug.
impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_out_of_reach(&error) || was_cancelled(&error) {
            tracing::warn!(%error, "database out of reach");
            metrics::counter!("database_unavailable_total").increment(1);
            Self::DOWN
        } else {
            Self::Internal(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    async fn body(error: Error) -> String {
        let bytes = to_bytes(error.into_response().into_body(), 10_000)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_error_is_the_envelope() {
        assert_eq!(body(Error::NotFound).await, r#"{"error":"Not found."}"#);
        let mut details = Details::of("email", "Required.");
        details.add("name", "Too long.");
        assert_eq!(
            body(Error::Invalid(details)).await,
            r#"{"error":"Validation failed.","details":{"email":["Required."],"name":["Too long."]}}"#
        );
        let secret = anyhow::anyhow!("password=hunter2");
        assert_eq!(
            body(Error::Internal(secret)).await,
            r#"{"error":"Internal error."}"#
        );
    }

    #[test]
    fn a_database_out_of_reach_is_no_bug() {
        let status = |error: sqlx::Error| Error::from(error).status();
        assert_eq!(status(sqlx::Error::PoolTimedOut), 503);
        assert_eq!(status(sqlx::Error::RowNotFound), 500);
    }

    #[test]
    fn a_wait_is_told() {
        assert_eq!(
            Error::TooMany(0).into_response().headers()[RETRY_AFTER],
            "1"
        );
        assert_eq!(Error::DOWN.into_response().headers()[RETRY_AFTER], "2");
    }
}
