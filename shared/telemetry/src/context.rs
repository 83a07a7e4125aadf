//! The request that the running task works for: request id and W3C trace context.
//!
//! It is a task-local, so that the outbox, outgoing calls and log lines can name the request
//! without every function passing it on.

use std::{collections::HashMap, future::Future};

use opentelemetry::trace::TraceContextExt;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The longest `traceparent` kept, in bytes (version 00 has 55).
const MAX_TRACEPARENT: usize = 128;

/// Which request, and which trace it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceContext {
    /// Request id as answered in `X-Request-Id`.
    pub request_id: Option<String>,
    /// W3C `traceparent`, e.g. `00-<32 hex>-<16 hex>-01`.
    pub traceparent: Option<String>,
}

tokio::task_local! {
    static CURRENT: TraceContext;
}

impl TraceContext {
    /// Reads a context from header values; a malformed `traceparent` is replaced by a new trace.
    pub fn accept(request_id: Option<&str>, traceparent: Option<&str>) -> Self {
        let traceparent = traceparent
            .filter(|value| is_traceparent(value))
            .map_or_else(new_traceparent, str::to_owned);
        Self {
            request_id: request_id.map(str::to_owned),
            traceparent: Some(traceparent),
        }
    }
}

/// Runs a future as part of a request.
pub async fn scope<F: Future>(context: TraceContext, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// The running task's context; empty outside a request. With an exporter the `traceparent` is
/// that of the current span, so that whoever receives it becomes its child.
pub fn current() -> TraceContext {
    let mut context = CURRENT.try_with(TraceContext::clone).unwrap_or_default();
    if let Some(traceparent) = current_span() {
        context.traceparent = Some(traceparent);
    }
    context
}

fn current_span() -> Option<String> {
    let context = tracing::Span::current().context();
    let span = context.span();
    let span = span.span_context();
    span.is_valid().then(|| {
        format!(
            "00-{}-{}-{:02x}",
            span.trace_id(),
            span.span_id(),
            span.trace_flags().to_u8()
        )
    })
}

/// A span for a request, child of the trace that the context names.
pub fn request_span(context: &TraceContext, method: &str, route: &str) -> tracing::Span {
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id = context.request_id.as_deref().unwrap_or_default(),
    );
    continue_trace(&span, context);
    span
}

/// Makes the span a child of the remote one; without an exporter there is nothing to link.
fn continue_trace(span: &tracing::Span, context: &TraceContext) {
    let Some(traceparent) = &context.traceparent else {
        return;
    };
    let carrier = HashMap::from([("traceparent".to_owned(), traceparent.clone())]);
    let parent =
        opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    if let Err(error) = span.set_parent(parent) {
        tracing::trace!(?error, "no trace to continue");
    }
}

/// A fresh, unsampled-by-us trace: the ids are random, the sampled flag left to whoever records.
fn new_traceparent() -> String {
    let trace: u128 = rand::random::<u128>().max(1);
    let span: u64 = rand::random::<u64>().max(1);
    format!("00-{trace:032x}-{span:016x}-01")
}

/// Version, trace id, parent id and flags in lower-case hex, ids not all zero.
fn is_traceparent(value: &str) -> bool {
    let hex = |part: &str, len: usize| {
        part.len() == len
            && part
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<&str> = value.split('-').collect();
    value.len() <= MAX_TRACEPARENT
        && parts.len() >= 4
        && hex(parts[0], 2)
        && parts[0] != "ff"
        && hex(parts[1], 32)
        && parts[1].bytes().any(|b| b != b'0')
        && hex(parts[2], 16)
        && parts[2].bytes().any(|b| b != b'0')
        && hex(parts[3], 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_traceparent_is_kept() {
        for (value, kept) in [
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                true,
            ),
            (
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                false,
            ),
            (
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                false,
            ),
            (
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            ("nonsense", false),
        ] {
            let context = TraceContext::accept(None, Some(value));
            assert_eq!(
                context.traceparent.as_deref() == Some(value),
                kept,
                "{value}"
            );
            assert!(is_traceparent(
                context.traceparent.as_deref().unwrap_or_default()
            ));
        }
    }

    #[tokio::test]
    async fn a_task_knows_the_request_it_works_for() {
        assert_eq!(current(), TraceContext::default());
        let context = TraceContext::accept(Some("req-1"), None);
        let seen = scope(context.clone(), async { current() }).await;
        assert_eq!(seen, context);
    }
}
