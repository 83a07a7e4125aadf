//! Logs, traces and metrics, set up once per process, and the trace context that travels with
//! every request and every event.

mod context;
mod setup;

pub use context::{TraceContext, current, request_span, scope};
pub use metrics_exporter_prometheus::PrometheusHandle as MetricsHandle;
pub use setup::{LogFormat, Telemetry, TelemetrySettings, init};
