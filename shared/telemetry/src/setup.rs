//! Installs the log subscriber, the OTLP exporter (when asked for) and the metrics recorder.

use std::str::FromStr;

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Latency histogram bounds, in seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    #[default]
    Json,
    /// Readable, for a terminal.
    Text,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            other => Err(format!("log format is json or text, not {other}")),
        }
    }
}

/// What telemetry needs to know.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// The service's name in logs, traces and metrics.
    pub service: &'static str,
    /// A `tracing` filter, e.g. `info,async_nats=warn`.
    pub filter: String,
    /// JSON or text.
    pub format: LogFormat,
}

/// What was set up; flush it before the process ends.
pub struct Telemetry {
    metrics: PrometheusHandle,
    tracer: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// The metrics recorder, rendered by `/metrics`.
    pub fn metrics(&self) -> PrometheusHandle {
        self.metrics.clone()
    }

    /// Sends what spans are left.
    pub fn shutdown(self) {
        if let Some(tracer) = self.tracer
            && let Err(error) = tracer.shutdown()
        {
            tracing::warn!(%error, "spans left unsent");
        }
    }
}

/// Installs everything, once per process. Spans are exported only when
/// `OTEL_EXPORTER_OTLP_ENDPOINT` (or its traces variant) is set; the other standard variables
/// apply.
///
/// # Errors
/// A bad filter, or telemetry that was installed already.
pub fn init(settings: &TelemetrySettings) -> anyhow::Result<Telemetry> {
    let metrics = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .context("histogram bounds")?
        .install_recorder()
        .context("metrics recorder")?;
    metrics::gauge!("build_info", "service" => settings.service, "version" => env!("CARGO_PKG_VERSION"))
        .set(1.0);
    let tracer = wants_export()
        .then(|| exporter(settings.service))
        .transpose()?;
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());

    let filter = EnvFilter::try_new(&settings.filter).context("SUPPORTDESK_LOG")?;
    let lines = match settings.format {
        LogFormat::Json => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer().with_target(false).boxed(),
    };
    let spans = tracer.as_ref().map(|provider| {
        tracing_opentelemetry::layer().with_tracer(provider.tracer(settings.service))
    });
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(spans)
        .try_init()
        .context("log subscriber")?;
    Ok(Telemetry { metrics, tracer })
}

fn wants_export() -> bool {
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ]
    .iter()
    .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn exporter(service: &'static str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .build()
        .context("OTLP exporter")?;
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(service).build())
        .build())
}
