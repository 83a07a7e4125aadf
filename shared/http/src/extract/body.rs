//! A JSON body, read whole within the limit and checked.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
};
use garde::Validate;
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fields::check;
use crate::{Error, Result};

/// The largest JSON body, in bytes (contract, Limits).
pub const JSON_LIMIT: usize = 1024 * 1024;

/// A checked JSON body.
#[derive(Debug, Clone)]
pub struct Valid<T>(pub T);

impl<S, T> FromRequest<S> for Valid<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context = ()>,
{
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self> {
        let fields = read_json(request).await?;
        check(fields).map(Self)
    }
}

/// Reads the fields of a JSON body. Nothing at all, and PHP's `[]`, count as `{}`.
///
/// # Errors
/// 413 over [`JSON_LIMIT`], 415 for another content type, 400 for broken JSON, 422 for JSON that
/// is no object.
pub async fn read_json(request: Request) -> Result<Map<String, Value>> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, JSON_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            return Err(Error::TooLarge);
        }
        Err(_) => {
            return Err(Error::Unreadable(
                "The request body could not be read.".to_owned(),
            ));
        }
    };
    parse(&parts.headers, &body)
}

fn parse(headers: &HeaderMap, body: &Bytes) -> Result<Map<String, Value>> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if !is_json(headers) || is_encoded(headers) {
        return Err(Error::UnsupportedMediaType);
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
        Ok(_) => Err(Error::field("body", "The body must be a JSON object.")),
        Err(error) => Err(Error::Unreadable(format!(
            "The body is not valid JSON (line {}, column {}).",
            error.line(),
            error.column()
        ))),
    }
}

/// Whether the body came compressed. None is taken that way: what a kilobyte says could be a
/// gigabyte.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            let essence = value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase();
            essence == "application/json"
                || (essence.starts_with("application/") && essence.ends_with("+json"))
        })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::StatusCode};

    use super::*;

    async fn status(content_type: &str, body: impl Into<Body>) -> Result<usize, StatusCode> {
        let request = Request::builder()
            .header(CONTENT_TYPE, content_type)
            .body(body.into())
            .unwrap();
        read_json(request)
            .await
            .map(|fields| fields.len())
            .map_err(|error| error.status())
    }

    #[tokio::test]
    async fn bodies_are_read_or_refused_by_name() {
        let json = "application/json";
        assert_eq!(status(json, r#"{"a":1}"#).await, Ok(1));
        assert_eq!(status("application/json; charset=utf-8", "{}").await, Ok(0));
        assert_eq!(status("text/plain", "").await, Ok(0));
        assert_eq!(status(json, "[]").await, Ok(0));
        assert_eq!(
            status("text/plain", "{}").await,
            Err(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        );
        assert_eq!(status(json, "{\"a\":").await, Err(StatusCode::BAD_REQUEST));
        assert_eq!(
            status(json, "[".repeat(100_000)).await,
            Err(StatusCode::BAD_REQUEST)
        );
        assert_eq!(
            status(json, "5").await,
            Err(StatusCode::UNPROCESSABLE_ENTITY)
        );
        assert_eq!(
            status(json, b"\"\xff\"".to_vec()).await,
            Err(StatusCode::BAD_REQUEST)
        );
        let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(JSON_LIMIT));
        assert_eq!(status(json, huge).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }
}
