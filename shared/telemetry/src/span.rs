//! Spans: what a trace is made of. Without an exporter a span costs a look at a static, and the
//! trace context is passed on as it came.
//!
//! The parent is the running task's [`TraceContext`], the one thing that names a trace here. No
//! span holds a path, a query string, a header, a body or a bound value.

use std::{borrow::Cow, sync::OnceLock};

use opentelemetry::{
    Context, KeyValue, Value,
    trace::{
        Link, Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer,
    },
};
use opentelemetry_sdk::trace::{SdkTracer, Span as Recorded};

use crate::context::{TraceContext, current, traceparent};

/// Links of one span, at most; the SDK's own limit.
const LINKS: usize = 128;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// From now on spans are exported.
pub(crate) fn install(tracer: SdkTracer) {
    let _ = TRACER.set(tracer);
}

/// Whether spans are exported at all.
pub fn exporting() -> bool {
    TRACER.get().is_some()
}

/// A span from its beginning until it is dropped.
#[derive(Debug)]
pub struct Span {
    recorded: Option<Recorded>,
    context: TraceContext,
}

impl Span {
    /// A request that came in, with its templated route.
    pub fn server(context: TraceContext, method: &str, route: &str) -> Self {
        let mut span = Self::begin(SpanKind::Server, context, &[], || {
            format!("{method} {route}").into()
        });
        span.set("http.request.method", || method.to_owned().into());
        span.set("http.route", || route.to_owned().into());
        span
    }

    /// A call to another service, as part of what is running. A call outside of any trace (a poll)
    /// is not worth one, at the other end neither.
    pub fn client(method: &str, peer: &str) -> Self {
        let context = current();
        if exporting() && context.traceparent.is_none() {
            return Self {
                recorded: None,
                context: context.unsampled(),
            };
        }
        let mut span = Self::begin(SpanKind::Client, context, &[], || {
            format!("{method} {peer}").into()
        });
        span.set("http.request.method", || method.to_owned().into());
        span.set("server.address", || peer.to_owned().into());
        span
    }

    /// An event that goes to the bus, as part of what it is an effect of.
    pub fn producer(cause: TraceContext, kind: &str) -> Self {
        let mut span = Self::begin(SpanKind::Producer, cause, &[], || {
            format!("send {kind}").into()
        });
        span.set("messaging.system", || "nats".into());
        span.set("messaging.operation.type", || "send".into());
        span.set("messaging.operation.name", || "send".into());
        span.set("messaging.destination.name", || kind.to_owned().into());
        span
    }

    /// A batch that a consumer takes. Where all events are of one request it goes on with that
    /// request's trace; else it is a trace of its own that is linked to each of theirs.
    pub fn consumer(consumer: &'static str, causes: &[TraceContext]) -> Self {
        let (parent, others) = split(causes);
        let mut span = Self::begin(SpanKind::Consumer, parent, others, || {
            format!("process {consumer}").into()
        });
        span.set("messaging.system", || "nats".into());
        span.set("messaging.operation.type", || "process".into());
        span.set("messaging.operation.name", || "process".into());
        span.set("messaging.consumer.group.name", || consumer.into());
        span.set("messaging.batch.message_count", || {
            i64::try_from(causes.len()).unwrap_or(i64::MAX).into()
        });
        span
    }

    /// What is done later of something that a trace tells of; without a trace it begins one.
    pub fn effect(cause: TraceContext, name: &'static str) -> Self {
        Self::begin(SpanKind::Internal, cause, &[], || name.into())
    }

    /// Work that nobody asked for, such as what a clock begins.
    pub fn own(name: &'static str) -> Self {
        let context = TraceContext::accept(None, None);
        Self::begin(SpanKind::Internal, context, &[], || name.into())
    }

    fn begin(
        kind: SpanKind,
        parent: TraceContext,
        linked: &[TraceContext],
        name: impl FnOnce() -> Cow<'static, str>,
    ) -> Self {
        let Some(tracer) = TRACER.get() else {
            return Self {
                recorded: None,
                context: parent,
            };
        };
        let links = linked.iter().filter_map(TraceContext::span_context);
        let builder = SpanBuilder::from_name(name())
            .with_kind(kind)
            .with_links(links.take(LINKS).map(Link::with_context).collect());
        let recorded = tracer.build_with_context(builder, &within(parent.span_context()));
        let context = TraceContext {
            request_id: parent.request_id,
            traceparent: Some(traceparent(recorded.span_context())),
        };
        Self {
            recorded: Some(recorded),
            context,
        }
    }

    /// What is done within it, or sent on from it, belongs to this.
    pub const fn context(&self) -> &TraceContext {
        &self.context
    }

    /// Adds an attribute.
    pub fn set(&mut self, name: &'static str, value: impl FnOnce() -> Value) {
        if let Some(span) = self.recorded.as_mut().filter(|span| span.is_recording()) {
            span.set_attribute(KeyValue::new(name, value()));
        }
    }

    /// Gives a request the route that was only found on the way.
    pub fn rename(&mut self, method: &str, route: &str) {
        if let Some(span) = self.recorded.as_mut().filter(|span| span.is_recording()) {
            span.update_name(format!("{method} {route}"));
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
    }

    /// Notes the answer's status. From 500 on it has failed.
    pub fn answered(&mut self, status: u16) {
        self.set("http.response.status_code", || i64::from(status).into());
        if status >= 500 {
            self.failed(|| status.to_string());
        }
    }

    /// Notes that it failed, by a word that tells kinds of failures apart.
    pub fn failed(&mut self, kind: impl FnOnce() -> String) {
        if let Some(span) = self.recorded.as_mut().filter(|span| span.is_recording()) {
            span.set_attribute(KeyValue::new("error.type", kind()));
            span.set_status(Status::error(""));
        }
    }
}

/// A parent for all of them where they are of one trace and request, and those to link.
fn split(causes: &[TraceContext]) -> (TraceContext, &[TraceContext]) {
    let Some((first, others)) = causes.split_first() else {
        return (TraceContext::default(), causes);
    };
    let one = others
        .iter()
        .all(|other| other.request_id == first.request_id && other.trace_id() == first.trace_id());
    if one {
        (first.clone(), others)
    } else {
        (TraceContext::default(), causes)
    }
}

fn within(parent: Option<SpanContext>) -> Context {
    let context = Context::new();
    match parent {
        Some(parent) => context.with_remote_span_context(parent),
        None => context,
    }
}

/// A statement that has just ended, as a child of what is running; nothing outside of a trace.
#[expect(
    clippy::disallowed_methods,
    reason = "spans are dated by the system's clock, as the SDK does"
)]
pub(crate) fn statement(statement: &str, summary: &str, took: std::time::Duration) {
    let Some(tracer) = TRACER.get() else { return };
    let parent = crate::context::with_current(|context| {
        context.is_sampled().then(|| context.span_context())
    });
    let Some(parent) = parent.flatten().flatten() else {
        return;
    };
    let end = std::time::SystemTime::now();
    let text = if statement.is_empty() {
        summary
    } else {
        statement
    };
    let builder = SpanBuilder::from_name(summary.trim_end_matches(" …").to_owned())
        .with_kind(SpanKind::Client)
        .with_start_time(end - took)
        .with_attributes([
            KeyValue::new("db.system.name", "postgresql"),
            KeyValue::new("db.query.text", text.to_owned()),
        ]);
    let mut span = tracer.build_with_context(builder, &within(Some(parent)));
    span.end_with_timestamp(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(request: &str, trace: &str) -> TraceContext {
        let traceparent = format!("00-{:0>32}-{:0>16}-01", trace, 1);
        TraceContext::accept(Some(request), Some(&traceparent))
    }

    #[test]
    fn a_batch_goes_on_with_the_one_trace_of_its_events() {
        for (causes, continued, linked) in [
            (vec![], false, 0),
            (vec![of("r", "1")], true, 0),
            (vec![of("r", "1"), of("r", "1")], true, 1),
            (vec![of("r", "1"), of("r", "2")], false, 2),
            (vec![of("r", "1"), of("q", "1")], false, 2),
        ] {
            let (parent, others) = split(&causes);
            assert_eq!(parent.traceparent.is_some(), continued, "{causes:?}");
            assert_eq!(others.len(), linked, "{causes:?}");
        }
    }

    #[test]
    fn without_an_exporter_the_context_is_passed_on_as_it_came() {
        let context = of("r", "1");
        let span = Span::server(context.clone(), "GET", "/x");
        assert_eq!(span.context(), &context);
        assert!(!exporting());
    }
}
