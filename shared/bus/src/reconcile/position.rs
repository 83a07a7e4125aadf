//! Whether a durable is past all that the stream held a moment ago. What it still lacks then is
//! not under way.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use async_nats::jetstream::consumer::Info;
use tokio::time::Instant;

use crate::{backoff::Backoff, bus::Bus};

/// How long a consumer is given to catch up: events of a replica that died come again after half
/// a minute.
const PATIENCE: Duration = Duration::from_mins(1);

/// Ends once everything that is in the stream now is acknowledged.
pub(crate) async fn caught_up(bus: &Bus, durable: &str) -> anyhow::Result<()> {
    ensure!(bus.is_connected(), "NATS is away");
    let stream = bus
        .jetstream()
        .get_stream(bus.stream_name())
        .await
        .context("looking at the stream")?;
    let last = stream.cached_info().state.last_sequence;
    let until = Instant::now() + PATIENCE;
    let mut backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
    loop {
        // A durable that is not there yet will be: its consumer makes it anew.
        if let Ok(info) = stream.consumer_info(durable).await
            && is_past(&info, last)
        {
            return Ok(());
        }
        if Instant::now() > until {
            bail!("{durable} does not catch up with the stream");
        }
        tokio::time::sleep(backoff.step()).await;
    }
}

/// By its floor, or because nothing is left for it: the floor of a durable that hears only some
/// subjects stays behind the stream's last event of another.
fn is_past(info: &Info, last: u64) -> bool {
    let idle = info.num_pending == 0 && info.num_ack_pending == 0;
    idle || info.ack_floor.stream_sequence >= last
}
