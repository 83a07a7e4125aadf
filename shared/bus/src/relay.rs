//! Publishing the outbox: the oldest pending events as one atomic batch, deleted from the queue
//! after the acknowledgement. One replica at a time, by an advisory lock on the very connection
//! that reads and deletes, so that losing the connection is losing the lock.

use std::time::Duration;

use async_nats::Subscriber;
use futures::StreamExt as _;
use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::{Backoff, pause},
    bus::Bus,
    stream,
};

mod durables;
mod queue;
mod round;

use queue::Queue;
use round::{Round, Rounds};

/// The wait between two looks while there was something lately, and while there was not.
const BUSY_POLL: Duration = Duration::from_millis(50);
const IDLE_POLL: Duration = Duration::from_millis(500);

/// How long after the last event the outbox counts as busy.
const BUSY_FOR: Duration = Duration::from_secs(2);

/// How often a replica that stands by tries for the lock.
const STAND_BY: Duration = Duration::from_millis(500);

/// The least time between two wake-ups sent to the publishing replica.
const WAKE_GAP: Duration = Duration::from_millis(5);

/// Without the bus for less than this nobody is told: so is every start.
const HICCUP: Duration = Duration::from_secs(1);

/// Without the bus for this long the lock is given up: another replica may still reach it.
const STEP_DOWN: Duration = Duration::from_secs(15);

/// How often partitions are looked after, and the queue is measured.
const HOUSEKEEPING: Duration = Duration::from_hours(1);
const MEASURING: Duration = Duration::from_secs(5);

/// Relays until told to stop; every failure begins a new session after a wait.
pub(crate) async fn run(bus: Bus, pool: PgPool, stop: CancellationToken) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    loop {
        let since = Instant::now();
        match session(&bus, &pool, &stop).await {
            Ok(()) => return,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "relay begins anew");
                metrics::counter!("bus_relay_restarts_total").increment(1);
            }
        }
        if since.elapsed() > STEP_DOWN {
            backoff.reset();
        }
        if !backoff.wait(&stop).await {
            return;
        }
    }
}

/// One connection's life: stand by for the lock, then publish. Ends well only when stopped.
async fn session(bus: &Bus, pool: &PgPool, stop: &CancellationToken) -> anyhow::Result<()> {
    let Some(queue) = stop
        .run_until_cancelled(Queue::connect(pool, bus.service()))
        .await
    else {
        return Ok(());
    };
    let mut queue = queue?;
    if !stand_by(bus, &mut queue, stop).await? {
        return queue.close().await;
    }
    tracing::info!("relay publishes");
    publish(bus, &mut queue, stop).await?;
    queue.close().await
}

/// Waits for the lock, passing wake-ups on to its holder; false when told to stop.
async fn stand_by(bus: &Bus, queue: &mut Queue, stop: &CancellationToken) -> anyhow::Result<bool> {
    queue::measure_nothing();
    while !queue.lock().await? {
        let until = tokio::time::sleep(STAND_BY);
        tokio::pin!(until);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                () = &mut until => break,
                () = bus.woken() => {
                    if bus.is_connected() {
                        bus.client().publish(bus.wake_subject(), "".into()).await?;
                    }
                    if !pause(WAKE_GAP, stop).await {
                        return Ok(false);
                    }
                }
            }
        }
    }
    Ok(true)
}

/// Holds the lock and publishes until told to stop. Nothing here is cancelled half-way but
/// waits.
async fn publish(bus: &Bus, queue: &mut Queue, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut wakes = bus.client().subscribe(bus.wake_subject()).await?;
    let mut rounds = Rounds::begin(queue).await?;
    let mut chores = Chores::new();
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    let mut reached = Instant::now();
    let mut last_event: Option<Instant> = None;
    while !stop.is_cancelled() {
        chores.run(bus, queue).await?;
        match rounds.next(bus, queue).await? {
            Round::Unreachable(reason) => {
                if reached.elapsed() > HICCUP {
                    tracing::warn!(reason, "the outbox is not published");
                }
                anyhow::ensure!(
                    reached.elapsed() < STEP_DOWN,
                    "the bus is out of reach: {reason}"
                );
                backoff.wait(stop).await;
                continue;
            }
            Round::More => last_event = Some(Instant::now()),
            Round::Some => {
                last_event = Some(Instant::now());
                rest(bus, &mut wakes, BUSY_POLL, stop).await;
            }
            Round::Empty => {
                let busy = last_event.is_some_and(|at| at.elapsed() < BUSY_FOR);
                rest(
                    bus,
                    &mut wakes,
                    if busy { BUSY_POLL } else { IDLE_POLL },
                    stop,
                )
                .await;
            }
        }
        backoff.reset();
        reached = Instant::now();
    }
    Ok(())
}

/// Waits until woken, told to stop, or for this long.
async fn rest(bus: &Bus, wakes: &mut Subscriber, time: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = bus.woken() => {}
        Some(_) = wakes.next() => {}
        () = tokio::time::sleep(time) => {}
    }
}

/// What the lock's holder does now and then.
struct Chores {
    partitions: Option<Instant>,
    measured: Option<Instant>,
}

impl Chores {
    const fn new() -> Self {
        Self {
            partitions: None,
            measured: None,
        }
    }

    async fn run(&mut self, bus: &Bus, queue: &mut Queue) -> anyhow::Result<()> {
        if is_due(&mut self.partitions, HOUSEKEEPING) {
            queue
                .look_after_partitions(bus.settings().stream_days)
                .await?;
        }
        if is_due(&mut self.measured, MEASURING) {
            queue.measure().await?;
            durables::measure(bus).await;
        }
        Ok(())
    }
}

/// Whether it is time again; notes that it was done now.
fn is_due(last: &mut Option<Instant>, every: Duration) -> bool {
    let due = last.is_none_or(|at| at.elapsed() >= every);
    if due {
        *last = Some(Instant::now());
    }
    due
}

/// Makes the stream sure; answers why it could not.
async fn ensure_stream(bus: &Bus) -> Result<(), String> {
    stream::ensure(bus.jetstream(), bus.settings())
        .await
        .map(drop)
        .map_err(|error| format!("{error:#}"))
}
