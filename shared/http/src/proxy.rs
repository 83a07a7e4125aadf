//! A streaming HTTP/1.1 proxy on keep-alive connections: bytes pass through, nothing is buffered.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, Uri,
        header::{
            CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST,
            PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
        },
        uri::{Authority, PathAndQuery, Scheme},
    },
    response::Response,
};
use desk_telemetry::{Span, TraceContext};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::{
    Error, Result,
    layers::{REQUEST_ID, TRACEPARENT, known},
    outgoing::{self, Outgoing},
    server::IDLE,
};

/// Headers that belong to one connection (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The largest ordinary body a gateway passes on: what the services themselves measure (1 MiB),
/// and some slack, so that theirs is the exact word.
const BODY: u64 = 1024 * 1024 + 64 * 1024;
/// The largest upload, in bytes: ten files of ten MiB with their framing and fields.
pub const UPLOAD_LIMIT: u64 = 105 * 1024 * 1024;

/// Idle connections kept to each upstream.
const IDLE_PER_HOST: usize = 256;

/// Where requests are passed on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream(Authority);

impl std::str::FromStr for Upstream {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        url.strip_prefix("http://")
            .map(|rest| rest.trim_end_matches('/'))
            .and_then(|authority| authority.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("{url} is not like http://host:port"))
    }
}

/// The proxy; clones share their connections.
#[derive(Debug, Clone)]
pub struct Proxy {
    client: Client<HttpConnector, Body>,
    patience: Duration,
}

impl Proxy {
    /// A proxy that waits `patience` for an upstream's answer to begin.
    pub fn new(patience: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(2)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .build(connector);
        Self { client, patience }
    }

    /// Passes a request on to `path` of the upstream, its body bounded by `limit` bytes. The
    /// caller has set the headers that vouch for the client.
    ///
    /// # Errors
    /// 413 for a larger body, 400 for one that breaks off or is too slow, 503 when the upstream is down or silent.
    pub async fn pass(
        &self,
        mut request: Request,
        upstream: &Upstream,
        path: PathAndQuery,
        limit: u64,
    ) -> Result<Response> {
        check_length(request.headers(), limit)?;
        *request.uri_mut() = Uri::from_parts(uri_parts(upstream, path))
            .map_err(|error| Error::Internal(error.into()))?;
        *request.version_mut() = axum::http::Version::HTTP_11;
        drop_hop_by_hop(request.headers_mut());
        request.headers_mut().remove(HOST);
        // Our own server says `100 Continue` when the body is asked for.
        request.headers_mut().remove(EXPECT);
        let mut span = Span::client(known(request.method()), upstream.0.as_str());
        name_request(request.headers_mut(), span.context());
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (head, body) = request.into_parts();
        let body = Outgoing::new(body, limit);
        let sent = body.sent();
        let request = Request::from_parts(head, Body::new(body));

        let answer = tokio::time::timeout(self.patience, self.client.request(request)).await;
        let mut response = match answer {
            Ok(Ok(response)) => response.map(Body::new),
            Ok(Err(error)) => {
                if let Some(fault) = outgoing::fault(&error) {
                    return Err(fault);
                }
                span.failed(|| "unavailable".to_owned());
                tracing::warn!(upstream = %upstream.0, %error, "upstream out of reach");
                metrics::counter!("upstream_unavailable_total", "upstream" => upstream.0.to_string()).increment(1);
                return Err(Error::DOWN);
            }
            Err(_) if !sent.whole() => return Err(outgoing::too_slow()),
            Err(_) => {
                span.failed(|| "timeout".to_owned());
                tracing::warn!(upstream = %upstream.0, "upstream did not answer in time");
                metrics::counter!("upstream_timeout_total", "upstream" => upstream.0.to_string())
                    .increment(1);
                return Err(Error::DOWN);
            }
        };
        span.answered(response.status().as_u16());
        drop_hop_by_hop(response.headers_mut());
        Ok(in_envelope(response))
    }
}

/// Whether the body is multipart: larger than others, and slower to come.
pub fn is_upload(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.as_bytes().get(..10))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(b"multipart/"))
}

/// How large the body may be, in bytes, by what it is.
pub fn body_limit(headers: &HeaderMap) -> u64 {
    if is_upload(headers) {
        UPLOAD_LIMIT
    } else {
        BODY
    }
}

/// An error that an upstream's HTTP layer answered by itself (an unreadable head, say) comes in
/// the envelope too.
fn in_envelope(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (mut head, _) = response.into_parts();
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(CONTENT_ENCODING);
    head.headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let reason = status.canonical_reason().unwrap_or("Error");
    Response::from_parts(head, Body::from(format!(r#"{{"error":"{reason}."}}"#)))
}

fn uri_parts(upstream: &Upstream, path: PathAndQuery) -> axum::http::uri::Parts {
    let mut parts = axum::http::uri::Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(upstream.0.clone());
    parts.path_and_query = Some(path);
    parts
}

fn check_length(headers: &HeaderMap, limit: u64) -> Result<()> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit) {
        Err(Error::TooLarge)
    } else {
        Ok(())
    }
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// The next hop answers for the same request, in the same trace.
fn name_request(headers: &mut HeaderMap, context: &TraceContext) {
    for (name, value) in [
        (REQUEST_ID, &context.request_id),
        (TRACEPARENT, &context.traceparent),
    ] {
        let value = value.as_deref().map(HeaderValue::from_str);
        if let Some(Ok(value)) = value {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hop_by_hop_headers_stay_behind() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, x-secret"),
            ("x-secret", "1"),
            ("te", "trailers"),
            ("accept", "*/*"),
        ] {
            headers.insert(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        drop_hop_by_hop(&mut headers);
        assert_eq!(
            headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(),
            ["accept"]
        );
    }

    #[test]
    fn multipart_is_an_upload() {
        for (kind, upload) in [
            ("multipart/form-data; boundary=x", true),
            ("Multipart/Form-Data", true),
            ("application/json", false),
            ("multi", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]);
            assert_eq!(is_upload(&headers), upload, "{kind}");
        }
    }

    #[tokio::test]
    async fn a_bare_error_is_brought_into_the_envelope() {
        let answer = |status: u16, kind: &'static str| {
            let builder = axum::http::Response::builder().status(status);
            builder
                .header(CONTENT_TYPE, kind)
                .body(Body::from("x"))
                .unwrap()
        };
        for (status, kind, body) in [
            (
                431,
                "text/plain",
                r#"{"error":"Request Header Fields Too Large."}"#,
            ),
            (404, "application/json", "x"),
            (200, "text/plain", "x"),
        ] {
            let answered = in_envelope(answer(status, kind));
            assert_eq!(answered.status().as_u16(), status);
            let bytes = axum::body::to_bytes(answered.into_body(), 100)
                .await
                .unwrap();
            assert_eq!(bytes, body);
        }
    }

    #[tokio::test]
    async fn a_dead_upstream_is_a_503() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let upstream: Upstream = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        drop(listener);
        let request = Request::builder().uri("/x").body(Body::empty()).unwrap();
        let answer = Proxy::new(Duration::from_secs(1))
            .pass(request, &upstream, PathAndQuery::from_static("/x"), 10)
            .await;
        assert!(matches!(answer, Err(Error::Unavailable(_))));
    }

    #[tokio::test]
    async fn a_body_over_the_limit_is_a_413() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream: Upstream = format!("http://{}", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let router = axum::Router::new().fallback(|body: axum::body::Bytes| async move { body });
        tokio::spawn(async move { axum::serve(listener, router).await });
        let proxy = Proxy::new(Duration::from_secs(5));
        let chunked = |size: usize| {
            let chunks = vec![Ok::<_, std::io::Error>(vec![b'x'; size])];
            let body = Body::from_stream(futures::stream::iter(chunks));
            Request::builder()
                .method("POST")
                .uri("/x")
                .body(body)
                .unwrap()
        };
        let path = PathAndQuery::from_static("/x");
        let fits = proxy
            .pass(chunked(10), &upstream, path.clone(), 10)
            .await
            .unwrap();
        assert_eq!(
            axum::body::to_bytes(fits.into_body(), 100)
                .await
                .unwrap()
                .len(),
            10
        );
        assert!(matches!(
            proxy.pass(chunked(11), &upstream, path, 10).await,
            Err(Error::TooLarge)
        ));
    }
}
