//! Up to when a consumer has everything that was published.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use desk_http::Clock;
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Bus, consumer::Consumer};

/// How often the server is asked how far a consumer is.
const EVERY: Duration = Duration::from_millis(200);

/// A time up to which all that was published is applied. Never goes back; 1970 while nothing is
/// known. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    micros: Arc<AtomicI64>,
}

impl Freshness {
    /// That time.
    pub fn as_of(&self) -> OffsetDateTime {
        let micros = i128::from(self.micros.load(Ordering::Relaxed));
        OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    fn advance(&self, to: OffsetDateTime) {
        let micros = i64::try_from(to.unix_timestamp_nanos() / 1_000).unwrap_or_default();
        self.micros.fetch_max(micros, Ordering::Relaxed);
    }
}

impl Bus {
    /// Keeps a consumer's freshness until told to stop. It stands still while NATS is away.
    pub fn follow<C: Consumer>(
        &self,
        freshness: Freshness,
        clock: Clock,
        stop: CancellationToken,
    ) -> JoinHandle<()> {
        tokio::spawn(run::<C>(self.clone(), freshness, clock, stop))
    }
}

async fn run<C: Consumer>(bus: Bus, freshness: Freshness, clock: Clock, stop: CancellationToken) {
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        // Before the server is asked: what is published later is not looked for.
        let now = clock.now();
        match settled(&bus, C::NAME, now).await {
            Ok(Some(to)) => freshness.advance(to),
            Ok(None) => {}
            Err(error) => tracing::debug!(consumer = C::NAME, error = format!("{error:#}")),
        }
        note_age::<C>(clock.now() - freshness.as_of());
    }
}

/// A time up to which everything in the stream is acknowledged: now, when nothing is left, else
/// that of the last event before the first gap.
async fn settled(
    bus: &Bus,
    durable: &str,
    now: OffsetDateTime,
) -> anyhow::Result<Option<OffsetDateTime>> {
    if !bus.is_connected() {
        return Ok(None);
    }
    let stream = bus
        .jetstream()
        .get_stream_no_info(bus.stream_name())
        .await
        .context("looking at the stream")?;
    let info = stream
        .consumer_info(durable)
        .await
        .context("looking at the durable")?;
    if info.num_pending == 0 && info.num_ack_pending == 0 {
        return Ok(Some(now));
    }
    let floor = info.ack_floor.stream_sequence;
    if floor == 0 {
        return Ok(None);
    }
    let last = stream
        .get_raw_message(floor)
        .await
        .context("reading the last event")?;
    Ok(Some(last.time))
}

fn note_age<C: Consumer>(age: time::Duration) {
    metrics::gauge!("bus_consumer_data_age_seconds", "consumer" => C::NAME)
        .set(age.as_seconds_f64().max(0.0));
}
