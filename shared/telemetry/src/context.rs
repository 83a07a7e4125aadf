//! The request that the running task works for: request id, W3C trace context, and who asked.
//!
//! It is a task-local, so that the outbox, outgoing calls, spans and log lines can name the request
//! without every function passing it on.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

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
    static CALLER: Arc<OnceLock<String>>;
}

impl TraceContext {
    /// Reads a context from header values. A malformed or missing `traceparent` is replaced by a
    /// new trace; whoever exports traces begins it with a span of his own.
    pub fn accept(request_id: Option<&str>, traceparent: Option<&str>) -> Self {
        let traceparent = traceparent
            .filter(|value| is_traceparent(value))
            .map(str::to_owned)
            .or_else(|| (!crate::span::exporting()).then(|| new_traceparent(1)));
        Self {
            request_id: request_id.map(str::to_owned),
            traceparent,
        }
    }

    /// A trace that was noted, of no request.
    pub fn of(traceparent: Option<&str>) -> Self {
        Self {
            request_id: None,
            traceparent: traceparent
                .filter(|value| is_traceparent(value))
                .map(str::to_owned),
        }
    }

    /// The same request in a new trace that nobody records.
    pub(crate) fn unsampled(self) -> Self {
        Self {
            traceparent: Some(new_traceparent(0)),
            ..self
        }
    }

    /// The trace's id, 32 hex digits.
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref()?.get(3..35)
    }

    /// Whether whoever began the trace has it recorded.
    pub(crate) fn is_sampled(&self) -> bool {
        self.span_context()
            .is_some_and(|context| context.is_sampled())
    }

    /// As the SDK has it.
    pub(crate) fn span_context(&self) -> Option<SpanContext> {
        let value = self.traceparent.as_deref()?;
        is_traceparent(value).then_some(())?;
        let context = SpanContext::new(
            TraceId::from_hex(value.get(3..35)?).ok()?,
            SpanId::from_hex(value.get(36..52)?).ok()?,
            TraceFlags::new(u8::from_str_radix(value.get(53..55)?, 16).ok()?),
            true,
            TraceState::default(),
        );
        context.is_valid().then_some(context)
    }
}

/// Writes a span's context as a `traceparent`.
pub(crate) fn traceparent(context: &SpanContext) -> String {
    format!(
        "00-{}-{}-{:02x}",
        context.trace_id(),
        context.span_id(),
        context.trace_flags().to_u8()
    )
}

/// Runs a future as part of a request or of an event's effects.
pub async fn scope<F: Future>(context: TraceContext, future: F) -> F::Output {
    CURRENT.scope(context, future).await
}

/// Runs a future as a request; answers besides who asked, if that was noted by [`note_caller`].
pub async fn request<F: Future>(context: TraceContext, future: F) -> (F::Output, Option<String>) {
    let caller = Arc::new(OnceLock::new());
    let output = CALLER
        .scope(Arc::clone(&caller), CURRENT.scope(context, future))
        .await;
    (output, caller.get().cloned())
}

/// Notes who asks, e.g. `user:7`, for the request's log line; the first word counts. Outside a
/// request nothing happens.
pub fn note_caller(name: impl FnOnce() -> String) {
    let _ = CALLER.try_with(|caller| {
        caller.get_or_init(name);
    });
}

/// The running task's context; empty outside a request.
pub fn current() -> TraceContext {
    CURRENT.try_with(TraceContext::clone).unwrap_or_default()
}

/// Looks at the running task's context without a copy; none outside a request.
pub(crate) fn with_current<T>(look: impl FnOnce(&TraceContext) -> T) -> Option<T> {
    CURRENT.try_with(look).ok()
}

/// Gives each line that is logged inside the request's id and its trace's. Of level error, so that
/// it is there whatever the filter lets pass.
pub fn lines(name: &'static str, context: &TraceContext) -> tracing::Span {
    tracing::error_span!(
        "work",
        of = name,
        request_id = context.request_id,
        trace_id = context.trace_id()
    )
}

/// A fresh trace: the ids are random. Sampled, it leaves it to whoever records.
fn new_traceparent(flags: u8) -> String {
    let trace: u128 = rand::random::<u128>().max(1);
    let span: u64 = rand::random::<u64>().max(1);
    format!("00-{trace:032x}-{span:016x}-{flags:02x}")
}

/// Version, trace id, parent id and flags in lower-case hex, ids not all zero; more may follow in
/// later versions than 00.
fn is_traceparent(value: &str) -> bool {
    let hex = |part: &str, len: usize| {
        part.len() == len
            && part
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let parts: Vec<&str> = value.split('-').collect();
    value.len() <= MAX_TRACEPARENT
        && (parts.len() == 4 || parts.len() > 4 && parts[0] != "00")
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
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn only_a_well_formed_traceparent_is_kept() {
        for (value, kept) in [
            (GOOD, true),
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
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                false,
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
                true,
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

    #[test]
    fn a_traceparent_is_read_as_it_was_written() {
        let context = TraceContext::accept(None, Some(GOOD));
        let span = context.span_context().unwrap();
        assert_eq!(traceparent(&span), GOOD);
        assert!(context.is_sampled());
        assert_eq!(context.trace_id(), Some("0af7651916cd43dd8448eb211c80319c"));
        assert_eq!(TraceContext::default().span_context(), None);
        let unsampled = TraceContext::accept(None, Some(&GOOD.replace("-01", "-00")));
        assert!(!unsampled.is_sampled());
    }

    proptest! {
        #[test]
        fn any_trace_is_read_as_it_was_written(trace in 1..u128::MAX, span in 1..u64::MAX, flags: u8) {
            let value = format!("00-{trace:032x}-{span:016x}-{flags:02x}");
            let context = TraceContext::accept(None, Some(&value));
            prop_assert_eq!(context.traceparent.as_deref(), Some(value.as_str()));
            prop_assert_eq!(traceparent(&context.span_context().unwrap()), value);
            prop_assert_eq!(context.is_sampled(), flags & 1 == 1);
        }

        #[test]
        fn whatever_comes_a_trace_is_one(
            text in any::<String>(),
            nearly in "[0-9a-fA-F]{2}-[0-9a-f]{31,33}-[0-9a-f]{16}-[0-9a-fg]{1,3}(-.{0,8})?",
        ) {
            for value in [text, nearly] {
                let context = TraceContext::accept(None, Some(&value));
                prop_assert!(is_traceparent(context.traceparent.as_deref().unwrap()));
                prop_assert!(context.span_context().is_some());
                prop_assert_eq!(context.trace_id().map(str::len), Some(32));
            }
        }
    }

    #[tokio::test]
    async fn a_task_knows_the_request_it_works_for() {
        assert_eq!(current(), TraceContext::default());
        let context = TraceContext::accept(Some("req-1"), None);
        let seen = scope(context.clone(), async { current() }).await;
        assert_eq!(seen, context);
    }

    #[tokio::test]
    async fn the_first_word_on_who_asks_counts() {
        note_caller(|| "nobody".into());
        let (seen, caller) = request(TraceContext::default(), async {
            note_caller(|| "user:7".into());
            note_caller(|| "key:9".into());
            1
        })
        .await;
        assert_eq!((seen, caller.as_deref()), (1, Some("user:7")));
        assert_eq!(request(TraceContext::default(), async {}).await.1, None);
    }
}
