//! Installs the log subscriber, the OTLP exporter (when asked for) and the metrics recorder.

use std::{str::FromStr, thread, time::Duration};

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{LevelFilter, filter_fn},
    fmt::writer::BoxMakeWriter,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{catalogue, export, scrape, span, sqlx, step};

/// Latency histogram bounds, in seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];
/// Bounds of what may be late by hours, in seconds.
const LATENESS: &[f64] = &[
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14400.0,
];
/// What is no line of a log: what [`sqlx::Listener`] is told, unless it is slow, and what the exporter
/// says of itself, since ours says it once; and steps, which are for traces alone.
const NOT_LINES: &str = "sqlx::query=warn,sqlx::pool::acquire=warn,opentelemetry_sdk=off,\
    opentelemetry-otlp=off,desk_step=off";
/// How often what histograms were told is summed up, also when nobody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long the last spans may take to be sent.
const LAST_SPANS: Duration = Duration::from_secs(3);

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
    /// To the standard error: the standard output of a command is its answer.
    pub to_stderr: bool,
}

/// What was set up; flush it before the process ends.
#[derive(Clone)]
pub struct Telemetry {
    metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

/// All metrics of this process.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// In the text format of Prometheus.
    pub fn render(&self) -> String {
        scrape::sample();
        self.0.render()
    }
}

impl Telemetry {
    /// What `/metrics` shows.
    pub fn metrics(&self) -> Metrics {
        Metrics(self.metrics.clone())
    }

    /// Sends what spans are left, if the collector takes them within three seconds.
    pub async fn shutdown(self) {
        let Some(traces) = self.traces else { return };
        let sent = tokio::task::spawn_blocking(move || traces.shutdown_with_timeout(LAST_SPANS));
        if let Ok(Err(error)) = sent.await {
            tracing::warn!(%error, "spans left unsent");
        }
    }
}

/// Installs everything, once per process. Spans are exported only when
/// `OTEL_EXPORTER_OTLP_ENDPOINT` (or its traces variant) is set; the other standard variables
/// apply.
///
/// # Errors
/// A bad filter, a bad endpoint, or telemetry that was installed already.
pub fn init(settings: &TelemetrySettings) -> anyhow::Result<Telemetry> {
    let metrics = recorder()?;
    catalogue::describe();
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    scrape::watch_process();

    let traces = export::provider(settings.service)?;
    if let Some(provider) = &traces {
        span::install(provider.tracer("supportdesk"));
        metrics::counter!("traces_export_failures_total").increment(0);
    }
    let filter = format!("{},{}", NOT_LINES, settings.filter);
    let filter = EnvFilter::try_new(filter).context("SUPPORTDESK_LOG")?;
    let writer = if settings.to_stderr {
        BoxMakeWriter::new(std::io::stderr)
    } else {
        BoxMakeWriter::new(std::io::stdout)
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match settings.format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed(),
        LogFormat::Text => lines.with_target(false).boxed(),
    };
    let steps = traces.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("supportdesk"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(
                filter_fn(|metadata| metadata.target() == step::TARGET)
                    .with_max_level_hint(LevelFilter::INFO),
            )
    });
    // The hint keeps the lines that nobody wants from being looked at one by one.
    let listening = filter_fn(sqlx::is_meant).with_max_level_hint(LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(steps)
        .with(lines.with_filter(filter))
        .with(sqlx::Listener.with_filter(listening))
        .try_init()
        .context("log subscriber")?;
    Ok(Telemetry { metrics, traces })
}

fn recorder() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets(SECONDS)
        .context("histogram bounds")?
        .set_buckets_for_metric(Matcher::Suffix("lateness_seconds".into()), LATENESS)
        .context("histogram bounds")?
        .install_recorder()
        .context("metrics recorder")?;
    let upkeep = handle.clone();
    thread::Builder::new()
        .name("metrics".into())
        .spawn(move || {
            loop {
                thread::sleep(UPKEEP);
                upkeep.run_upkeep();
            }
        })
        .context("metrics upkeep")?;
    Ok(handle)
}
