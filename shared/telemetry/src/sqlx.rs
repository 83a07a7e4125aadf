//! What the database client tells of each statement and each connection that it hands out, as spans
//! and as a metric: nothing has to be added where a query stands.

use std::{sync::OnceLock, time::Duration};

use metrics::Histogram;
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

const STATEMENT: &str = "sqlx::query";
const ACQUIRED: &str = "sqlx::pool::acquire";

/// Listens to the database client.
pub(crate) struct Listener;

/// Whether it is for the listener.
pub(crate) fn is_meant(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && match metadata.target() {
            STATEMENT => crate::span::exporting(),
            target => target == ACQUIRED,
        }
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        match event.metadata().target() {
            STATEMENT => crate::span::statement(told.text.trim(), &told.summary, told.took),
            _ => acquired().record(told.took.as_secs_f64()),
        }
    }
}

fn acquired() -> &'static Histogram {
    static ACQUIRED: OnceLock<Histogram> = OnceLock::new();
    ACQUIRED.get_or_init(|| metrics::histogram!("db_pool_acquire_seconds"))
}

#[derive(Default)]
struct Told {
    summary: String,
    text: String,
    took: Duration,
}

impl Visit for Told {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if matches!(field.name(), "elapsed_secs" | "acquired_after_secs") {
            self.took = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
