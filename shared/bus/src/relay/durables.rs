//! How far every durable of the stream is, as the server tells it: a consumer that is down cannot
//! show its own lag.

use std::time::Duration;

use futures::TryStreamExt as _;
use tokio::time::timeout;

use crate::bus::Bus;

/// The relay waits no longer for these figures.
const PATIENCE: Duration = Duration::from_secs(2);

/// Measures all durables. Without an answer the figures stay as they are.
#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floats; counts stay below 2^52"
)]
pub(crate) async fn measure(bus: &Bus) {
    if !bus.is_connected() {
        return;
    }
    let Ok(Some(durables)) = timeout(PATIENCE, list(bus)).await else {
        tracing::debug!("the durables were not told");
        return;
    };
    // Whoever only looks into the stream has a consumer of a random name, which is no label.
    let durables = durables
        .into_iter()
        .filter(|info| info.config.durable_name.is_some());
    for info in durables {
        let labels = [("durable", info.name)];
        metrics::gauge!("bus_durable_pending", &labels).set(info.num_pending as f64);
        metrics::gauge!("bus_durable_unacknowledged", &labels).set(info.num_ack_pending as f64);
        metrics::gauge!("bus_durable_redelivered", &labels).set(info.num_redelivered as f64);
    }
}

async fn list(bus: &Bus) -> Option<Vec<async_nats::jetstream::consumer::Info>> {
    let stream = bus
        .jetstream()
        .get_stream_no_info(bus.stream_name())
        .await
        .ok()?;
    stream.consumers().try_collect().await.ok()
}
