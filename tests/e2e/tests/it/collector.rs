//! What traces are sent to: a small OTLP receiver that keeps what it is sent.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
};
use prost::Message as _;
use tokio::net::TcpListener;

type Kept = Arc<Mutex<Vec<Export>>>;

/// A request that came.
#[derive(Clone)]
struct Export {
    headers: HeaderMap,
    body: Bytes,
}

/// The receiver.
pub struct Collector {
    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to.
    pub url: String,
    kept: Kept,
}

/// A span as it came.
#[derive(Debug, Clone)]
pub struct Span {
    /// The service's name.
    pub service: String,
    /// The span's name.
    pub name: String,
    /// 32 hex digits.
    pub trace: String,
    /// 16 hex digits.
    pub id: String,
    /// The same of its parent; empty for a root.
    pub parent: String,
    /// As in the protocol: 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: i32,
    /// Linked spans, as trace and span.
    pub links: Vec<(String, String)>,
    /// Attributes that are texts or whole numbers.
    pub attributes: Vec<(String, String)>,
}

impl Span {
    /// An attribute; empty when there is none.
    pub fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }
}

impl Collector {
    /// Listens until the test ends.
    pub async fn start() -> Self {
        let kept = Kept::default();
        let router = Router::new()
            .route("/v1/traces", post(keep))
            .with_state(Arc::clone(&kept));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, kept }
    }

    /// All that came: protobuf, in which texts stand as they are.
    pub fn text(&self) -> String {
        let kept = self.kept.lock().unwrap();
        let bodies = kept
            .iter()
            .map(|export| String::from_utf8_lossy(&export.body));
        bodies.collect()
    }

    /// What came in a header, each time.
    pub fn header(&self, name: &str) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        let values = kept.iter().map(|export| export.headers.get(name));
        values
            .map(|value| value.map_or("", |value| value.to_str().unwrap()).to_owned())
            .collect()
    }

    /// Every span that came.
    pub fn spans(&self) -> Vec<Span> {
        let kept = self.kept.lock().unwrap().clone();
        let mut spans = Vec::new();
        for export in kept {
            let request = ExportTraceServiceRequest::decode(export.body).unwrap();
            for resource in request.resource_spans {
                let of = texts(&resource.resource.unwrap_or_default().attributes);
                let service = of.into_iter().find(|(key, _)| key == "service.name");
                let service = service.map_or_else(String::new, |(_, name)| name);
                let told = resource
                    .scope_spans
                    .into_iter()
                    .flat_map(|scope| scope.spans);
                spans.extend(told.map(|span| {
                    Span {
                        service: service.clone(),
                        name: span.name,
                        trace: hex(&span.trace_id),
                        id: hex(&span.span_id),
                        parent: hex(&span.parent_span_id),
                        kind: span.kind,
                        links: span
                            .links
                            .iter()
                            .map(|link| (hex(&link.trace_id), hex(&link.span_id)))
                            .collect(),
                        attributes: texts(&span.attributes),
                    }
                }));
            }
        }
        spans
    }
}

async fn keep(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> StatusCode {
    kept.lock().unwrap().push(Export { headers, body });
    StatusCode::OK
}

fn texts(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    };
    let told = attributes.iter().filter_map(|attribute| {
        let value = attribute.value.as_ref()?.value.as_ref()?;
        Some((attribute.key.clone(), text(value)?))
    });
    told.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
