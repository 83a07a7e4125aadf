//! Steps: parts of what is running that take time of their own, and are neither a call nor a
//! statement. They are `tracing` spans, which `tracing-opentelemetry` gives to the exporter.

use opentelemetry::{Context, trace::TraceContextExt as _};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::{context::with_current, span::exporting};

/// Steps alone have it: the log takes none of them, the exporter no other spans of `tracing`.
pub(crate) const TARGET: &str = "desk_step";

/// A step of what is running; to be worn by the work (`tracing::Instrument`). Outside of a sampled
/// trace, or without an exporter, it is none.
pub fn step(name: &'static str) -> Span {
    if !exporting() {
        return Span::none();
    }
    let parent = with_current(|context| context.is_sampled().then(|| context.span_context()));
    let Some(parent) = parent.flatten().flatten() else {
        return Span::none();
    };
    let span = tracing::info_span!(target: TARGET, "step", otel.name = name);
    if let Err(error) = span.set_parent(Context::new().with_remote_span_context(parent)) {
        tracing::debug!(%error, "a step stands alone");
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_exporter_there_are_no_steps() {
        assert!(step("hash a password").is_none());
    }
}
