//! What every request passes through: request id, trace context, one log line, metrics, and the
//! envelope for what no route answers.

use std::{any::Any, borrow::Cow, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use desk_telemetry::{Span, TraceContext};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::Error;

/// The request id's header.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The W3C trace context's header.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// On an answer: the template of the route, where the router's own says too little (a gateway's).
#[derive(Debug, Clone)]
pub struct RouteName(pub Cow<'static, str>);

/// Dresses a service's routes: unknown paths and methods are answered in the envelope, a panic is
/// a logged 500, and every answer carries its request id.
pub fn dress(router: Router) -> Router {
    router
        .fallback(|| async { Error::NotFound })
        .method_not_allowed_fallback(|| async { Error::MethodNotAllowed })
        .layer(CatchPanicLayer::custom(on_panic))
        .layer(middleware::map_request(crate::linger::linger))
        .layer(middleware::from_fn(observe))
        .layer(middleware::from_fn(crate::finish::finish))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer hands the payload over"
)]
fn on_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "panic".to_owned());
    Error::Internal(anyhow::anyhow!("handler panicked: {message}")).into_response()
}

async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = known(request.method());
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("unmatched", MatchedPath::as_str);
    let request_id = request_id(request.headers());
    let context = TraceContext::accept(Some(&request_id), header(request.headers(), &TRACEPARENT));
    let mut span = Span::server(context, method, route);
    let lines = desk_telemetry::lines("request", span.context());

    let work = next.run(request).instrument(lines.clone());
    let (mut response, caller) = desk_telemetry::request(span.context().clone(), work).await;

    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    let named = response.extensions_mut().remove::<RouteName>();
    if let Some(RouteName(name)) = &named {
        span.rename(method, name);
    }
    let route = named.as_ref().map_or(route, |RouteName(name)| name);
    span.answered(status);
    drop(span);
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2])
        .record(elapsed.as_secs_f64());
    let ms = (elapsed.as_secs_f64() * 10_000.0).round() / 10.0;
    lines.in_scope(|| {
        // Services ask each other all the time.
        if route.starts_with("/internal/") {
            tracing::debug!(method, route, status, ms, caller, "request");
        } else {
            tracing::info!(method, route, status, ms, caller, "request");
        }
    });
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The method as a label: clients may invent others.
pub(crate) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// An incoming id of a harmless shape is kept, otherwise a new one is given.
fn request_id(headers: &HeaderMap) -> String {
    header(headers, &REQUEST_ID)
        .filter(|id| (1..=128).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        })
        .map_or_else(|| Uuid::now_v7().simple().to_string(), str::to_owned)
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::StatusCode,
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    fn app() -> Router {
        async fn broken() -> &'static str {
            panic!("secret detail")
        }
        dress(
            Router::new()
                .route("/ok", get(|| async { "ok" }))
                .route("/broken", get(broken)),
        )
    }

    async fn call(method: &str, path: &str, id: Option<&str>) -> (StatusCode, String, String) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(id) = id {
            request = request.header(REQUEST_ID, id);
        }
        let response = app()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let id = response.headers()[REQUEST_ID].to_str().unwrap().to_owned();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap(), id)
    }

    #[tokio::test]
    async fn whatever_no_route_answers_comes_in_the_envelope() {
        let (status, body, _) = call("GET", "/nowhere", None).await;
        assert_eq!(
            (status.as_u16(), body.as_str()),
            (404, r#"{"error":"Not found."}"#)
        );
        let (status, body, _) = call("POST", "/ok", None).await;
        assert_eq!(
            (status.as_u16(), body.as_str()),
            (405, r#"{"error":"Method not allowed."}"#)
        );
        let (status, body, _) = call("GET", "/broken", None).await;
        assert_eq!(
            (status.as_u16(), body.as_str()),
            (500, r#"{"error":"Internal error."}"#)
        );
    }

    #[tokio::test]
    async fn a_harmless_request_id_is_kept() {
        assert_eq!(call("GET", "/ok", Some("abc-1.2_3")).await.2, "abc-1.2_3");
        for odd in ["with space", "x\"y", &"x".repeat(129)] {
            assert_ne!(call("GET", "/ok", Some(odd)).await.2, odd);
        }
    }
}
