//! Logs, traces and metrics, set up once per process, and the trace context that travels with
//! every request and every event.
//!
//! [`catalogue`] describes every metric; `docs/metrics.md` is made of it.

pub mod catalogue;
mod context;
mod export;
mod scrape;
mod setup;
mod span;
mod sqlx;
mod step;

pub use context::{TraceContext, current, lines, note_caller, request, scope};
pub use scrape::at_scrape;
pub use setup::{LogFormat, Metrics, Telemetry, TelemetrySettings, init};
pub use span::{Span, exporting};
pub use step::step;
