//! One batch on its way into the database: read, applied in one transaction, acknowledged after
//! the commit; and what becomes of it when it fails.

use std::{collections::HashMap, future::Future, panic::AssertUnwindSafe, time::Duration};

use anyhow::{anyhow, bail};
use async_nats::jetstream::{AckKind, Message};
use desk_events::{Event, Unreadable};
use desk_telemetry::Span;
use futures::FutureExt as _;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::{
    backoff::Backoff,
    consumer::{Consumer, trace},
    dead_letters::{self, Failure},
    failpoint, heard,
    lent::Lent,
    unavailable::is_unavailable,
};

/// How often an event is tried by itself before it is set aside.
const TRIES: u32 = 5;

/// The wait before the second try; doubled for each one after.
const FIRST_RETRY: Duration = Duration::from_millis(100);

/// The longest that a transaction may take: less than the acknowledgement's time, so that nobody
/// else is given the same events meanwhile. A connection that went silent ends here.
const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(25);

/// A message and the event read from it.
struct Delivery {
    message: Message,
    event: Event,
}

/// How applying ended.
enum Outcome {
    Applied,
    Failed(anyhow::Error),
    /// Told to stop before the database came back: left unacknowledged.
    Stopped,
}

/// Takes batches for one consumer.
pub(crate) struct Desk<C> {
    pool: PgPool,
    consumer: C,
    stop: CancellationToken,
    /// Events that failed alone, and how often. Lost on a restart, which only gives them more
    /// tries; deliveries are not counted instead, because crashes and outages raise those.
    suspects: HashMap<Uuid, u32>,
}

impl<C: Consumer> Desk<C> {
    pub(crate) fn new(pool: PgPool, consumer: C, stop: CancellationToken) -> Self {
        Self {
            pool,
            consumer,
            stop,
            suspects: HashMap::new(),
        }
    }

    /// Takes a batch to its end: every message is acknowledged, put off or set aside.
    pub(crate) async fn take(&mut self, messages: Vec<Message>) {
        metrics::counter!("bus_consumer_batches_total", "consumer" => C::NAME).increment(1);
        metrics::counter!("bus_consumer_events_total", "consumer" => C::NAME)
            .increment(messages.len() as u64);
        metrics::counter!("bus_consumer_redelivered_total", "consumer" => C::NAME)
            .increment(messages.iter().filter(|message| is_again(message)).count() as u64);
        let deliveries = self.read(messages).await;
        let (suspects, batch): (Vec<_>, Vec<_>) = deliveries
            .into_iter()
            .partition(|delivery| self.suspects.contains_key(&delivery.event.id));
        self.batch(batch).await;
        for suspect in suspects {
            self.alone(suspect).await;
        }
    }

    /// Reads the envelopes. What this build does not know is acknowledged, what nobody can read
    /// is set aside.
    async fn read(&self, messages: Vec<Message>) -> Vec<Delivery> {
        let mut deliveries = Vec::with_capacity(messages.len());
        for message in messages {
            match Event::decode(&message.payload) {
                Ok(event) => deliveries.push(Delivery { message, event }),
                Err(error @ Unreadable::Unknown { .. }) => {
                    metrics::counter!("bus_consumer_unknown_total", "consumer" => C::NAME)
                        .increment(1);
                    tracing::debug!(consumer = C::NAME, %error, "skipped");
                    answer(&message, AckKind::Ack).await;
                }
                Err(error) => {
                    let failure =
                        Failure::unreadable(C::NAME, &message.subject, &message.payload, &error);
                    self.set_aside(&message, &failure).await;
                }
            }
        }
        deliveries
    }

    async fn batch(&mut self, batch: Vec<Delivery>) {
        if batch.is_empty() {
            return;
        }
        let (messages, events): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|delivery| (delivery.message, delivery.event))
            .unzip();
        match self.apply(&messages, &events).await {
            Outcome::Applied => {
                failpoint::pass(C::NAME, "batch-committed").await;
                acknowledge(&messages).await;
            }
            Outcome::Stopped => {}
            Outcome::Failed(error) => {
                tracing::warn!(
                    consumer = C::NAME,
                    events = events.len(),
                    error = format!("{error:#}"),
                    "batch failed, trying its events one by one"
                );
                for (message, event) in messages.into_iter().zip(events) {
                    self.alone(Delivery { message, event }).await;
                }
            }
        }
    }

    /// One event in a transaction of its own.
    async fn alone(&mut self, delivery: Delivery) {
        let Delivery { message, event } = delivery;
        let messages = std::slice::from_ref(&message);
        match self.apply(messages, std::slice::from_ref(&event)).await {
            Outcome::Applied => {
                self.suspects.remove(&event.id);
                acknowledge(messages).await;
            }
            Outcome::Stopped => {}
            Outcome::Failed(error) => self.failed(&message, &event, &error).await,
        }
    }

    async fn failed(&mut self, message: &Message, event: &Event, error: &anyhow::Error) {
        let tries = self.suspects.get(&event.id).map_or(1, |tries| tries + 1);
        let error = format!("{error:#}");
        tracing::warn!(
            consumer = C::NAME,
            event = %event.id,
            kind = event.fact.subject(),
            aggregate = %event.aggregate,
            sequence = event.sequence,
            request_id = event.request_id,
            tries,
            error,
            "event failed"
        );
        if tries < TRIES {
            self.suspects.insert(event.id, tries);
            answer(
                message,
                AckKind::Nak(Some(FIRST_RETRY * 2_u32.pow(tries - 1))),
            )
            .await;
            return;
        }
        let failure = Failure {
            consumer: C::NAME,
            subject: &message.subject,
            envelope: &message.payload,
            event_id: Some(event.id),
            about: Some(event.into()),
            error,
            tries,
        };
        if self.set_aside(message, &failure).await {
            self.suspects.remove(&event.id);
        }
    }

    /// Keeps a dead letter, however long the database takes to come back; false when stopped.
    async fn set_aside(&self, message: &Message, failure: &Failure<'_>) -> bool {
        let mut backoff = patience();
        while let Err(error) = within(dead_letters::keep(&self.pool, failure)).await {
            let error = format!("{error:#}");
            tracing::warn!(
                consumer = C::NAME,
                error,
                "dead letter not kept, trying again"
            );
            answer(message, AckKind::Progress).await;
            if !backoff.wait(&self.stop).await {
                return false;
            }
        }
        metrics::counter!("bus_consumer_dead_letters_total", "consumer" => C::NAME).increment(1);
        tracing::error!(
            consumer = C::NAME,
            subject = failure.subject,
            error = failure.error,
            "event set aside as a dead letter"
        );
        answer(message, AckKind::Ack).await;
        true
    }

    /// Applies events in one transaction, waiting out a database that is away.
    async fn apply(&self, messages: &[Message], events: &[Event]) -> Outcome {
        let causes: Vec<_> = events.iter().map(trace).collect();
        let mut span = Span::consumer(C::NAME, &causes);
        let context = span.context().clone();
        let lines = desk_telemetry::lines(C::NAME, &context);
        let work = self.apply_patiently(messages, events).instrument(lines);
        let outcome = desk_telemetry::scope(context, work).await;
        if !matches!(outcome, Outcome::Applied) {
            span.failed(|| "not applied".to_owned());
        }
        outcome
    }

    async fn apply_patiently(&self, messages: &[Message], events: &[Event]) -> Outcome {
        let mut backoff = patience();
        loop {
            match within(self.transaction(events)).await {
                Ok(()) => {
                    self.announce(events).await;
                    return Outcome::Applied;
                }
                Err(error) if !is_unavailable(&error) => return Outcome::Failed(error),
                Err(error) => {
                    let error = format!("{error:#}");
                    tracing::warn!(consumer = C::NAME, error, "database away, trying again");
                    metrics::counter!("bus_consumer_waits_total", "consumer" => C::NAME)
                        .increment(1);
                }
            }
            for message in messages {
                answer(message, AckKind::Progress).await;
            }
            if !backoff.wait(&self.stop).await {
                return Outcome::Stopped;
            }
        }
    }

    /// Tells the consumer of its commit. What is committed stays so, even if it panics now.
    async fn announce(&self, events: &[Event]) {
        let told = AssertUnwindSafe(self.consumer.committed(events));
        if told.catch_unwind().await.is_err() {
            tracing::error!(consumer = C::NAME, "the consumer panicked after its commit");
        }
    }

    async fn transaction(&self, events: &[Event]) -> anyhow::Result<()> {
        let mut connection = Lent::by(&self.pool).await?;
        let ended = self.transaction_on(&mut connection, events).await;
        connection.give_back();
        ended
    }

    async fn transaction_on(
        &self,
        conn: &mut PgConnection,
        events: &[Event],
    ) -> anyhow::Result<()> {
        let mut tx = conn.begin().await?;
        apply(&self.consumer, &mut tx, events).await?;
        failpoint::pass(C::NAME, "batch-commit").await;
        tx.commit().await?;
        for event in events {
            tracing::debug!(
                kind = event.fact.subject(),
                aggregate = %event.aggregate,
                sequence = event.sequence,
                request_id = event.request_id,
                "applied"
            );
        }
        Ok(())
    }
}

/// What happens inside a batch's transaction. A panic of the consumer is a failure like another.
pub(crate) async fn apply<C: Consumer>(
    consumer: &C,
    conn: &mut PgConnection,
    events: &[Event],
) -> anyhow::Result<()> {
    AssertUnwindSafe(consumer.apply(conn, events))
        .catch_unwind()
        .await
        .unwrap_or_else(|_| Err(anyhow!("the consumer panicked")))?;
    heard::note(conn, consumer, events).await?;
    dead_letters::erase_purged(conn, events).await?;
    Ok(())
}

/// Whether the message was delivered before.
fn is_again(message: &Message) -> bool {
    message.info().is_ok_and(|info| info.delivered > 1)
}

async fn within<T, E: Into<anyhow::Error>>(
    work: impl Future<Output = Result<T, E>>,
) -> anyhow::Result<T> {
    match timeout(TRANSACTION_TIMEOUT, work).await {
        Ok(done) => done.map_err(Into::into),
        Err(_) => bail!("no end after {} s", TRANSACTION_TIMEOUT.as_secs()),
    }
}

fn patience() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(5))
}

async fn acknowledge(messages: &[Message]) {
    for message in messages {
        answer(message, AckKind::Ack).await;
    }
}

/// Answers a delivery. A lost answer means the event comes again, which changes nothing.
pub(crate) async fn answer(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "an acknowledgement was not sent");
    }
}
