//! The OTLP exporter: asked for by the standard variables, and never in anybody's way.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use opentelemetry::KeyValue;
use opentelemetry_otlp::SpanExporter as Otlp;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};

/// A collector that stays away is worth a line this often.
const QUIET: Duration = Duration::from_mins(5);

/// The provider, where somebody wants traces.
pub(crate) fn provider(service: &'static str) -> anyhow::Result<Option<SdkTracerProvider>> {
    if !is_wanted() {
        return Ok(None);
    }
    if let Some(protocol) = variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_PROTOCOL"))
        .filter(|protocol| protocol != "http/protobuf")
    {
        anyhow::bail!("traces go out as http/protobuf, not {protocol}");
    }
    let exporter = Otlp::builder()
        .with_http()
        .build()
        .context("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    Ok(Some(
        SdkTracerProvider::builder()
            .with_batch_exporter(Patient::new(exporter))
            .with_resource(resource(service))
            .build(),
    ))
}

fn is_wanted() -> bool {
    let is_disabled = variable("OTEL_SDK_DISABLED").is_some_and(|word| word == "true")
        || variable("OTEL_TRACES_EXPORTER").is_some_and(|word| word == "none");
    let has_endpoint = [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ]
    .iter()
    .any(|name| variable(name).is_some());
    has_endpoint && !is_disabled
}

/// What the variables say of the service goes before what it says itself.
fn resource(service: &'static str) -> Resource {
    let is_named = variable("OTEL_SERVICE_NAME").is_some()
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|list| list.contains("service.name="));
    let builder = Resource::builder().with_attributes([
        KeyValue::new("service.namespace", "supportdesk"),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ]);
    if is_named {
        builder.build()
    } else {
        builder.with_service_name(service).build()
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Sends, and warns now and then while that fails. What cannot be sent is dropped.
#[derive(Debug)]
struct Patient {
    exporter: Otlp,
    warned: Mutex<Option<Instant>>,
}

impl Patient {
    const fn new(exporter: Otlp) -> Self {
        Self {
            exporter,
            warned: Mutex::new(None),
        }
    }

    fn note(&self, outcome: &OTelSdkResult) {
        let Ok(mut warned) = self.warned.lock() else {
            return;
        };
        match outcome {
            Ok(()) => {
                if warned.take().is_some() {
                    tracing::info!("traces are sent again");
                }
            }
            Err(error) => {
                metrics::counter!("traces_export_failures_total").increment(1);
                if warned.is_none_or(|at| at.elapsed() > QUIET) {
                    *warned = Some(Instant::now());
                    tracing::warn!(%error, "traces are not sent");
                }
            }
        }
    }
}

impl SpanExporter for Patient {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let outcome = self.exporter.export(batch).await;
        self.note(&outcome);
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
