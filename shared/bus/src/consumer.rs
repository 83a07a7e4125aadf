//! Receiving events: a durable pull consumer per name, made anew whenever it or the stream is
//! gone, watched for stalls.

use std::{future::Future, time::Duration};

use async_nats::jetstream::{Message, consumer::PullConsumer, context::ConsumerInfoErrorKind};
use desk_events::{AggregateKind, Event, StateRecord};
use desk_telemetry::TraceContext;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::{
    backoff::Backoff,
    bus::Bus,
    delivery::Desk,
    pull::Pull,
    reconcile::{Copied, Difference, Kept, Known, Stretch, Suspect},
    stream,
};

/// Events in one transaction, at most.
const BATCH: usize = 200;

/// How long a batch waits for company.
const LINGER: Duration = Duration::from_millis(15);

/// Without an event for this long the server is asked whether there should have been one.
const QUIET: Duration = Duration::from_secs(5);

/// Applies other services' events to this service's database.
pub trait Consumer: Send + Sync + 'static {
    /// The durable's name, e.g. `reporting`. Replicas of one name share the events.
    const NAME: &'static str;

    /// Which events, without the bus prefix, e.g. `["ticket.*", "message.added"]`. They must not
    /// overlap.
    fn subjects(&self) -> &'static [&'static str];

    /// Applies a batch within the given transaction, idempotent by (aggregate, sequence): events
    /// come again, and out of order. Events of several requests share a batch; whoever appends
    /// events of his own in here does it in the [`trace`] of the event that caused them.
    ///
    /// # Errors
    /// Whatever went wrong: the batch is rolled back and its events are tried one by one. Wrap
    /// the failure of something that will come back in [`crate::Unavailable`].
    fn apply(
        &self,
        conn: &mut PgConnection,
        events: &[Event],
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// What this consumer keeps and the reconciler compares with its owners; nothing by default.
    /// A consumer hears every type of event there is about a kind that it keeps.
    fn keeps(&self) -> &'static [Kept] {
        &[]
    }

    /// How far it is with these aggregates of a kind that it keeps by state; those that it has
    /// nothing of are left out.
    ///
    /// # Errors
    /// The database's.
    fn known(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        ids: &[i64],
    ) -> impl Future<Output = anyhow::Result<Vec<Known>>> + Send {
        let _ = (conn, kind, ids);
        async { Ok(Vec::new()) }
    }

    /// Whether what it keeps of tickets is compared with ticket's own states, row by row, and
    /// healed: by [`Consumer::suspects`], [`Consumer::heal`] and [`Consumer::derived`].
    const AUDITED: bool = false;

    /// The tickets of a range of which something is kept otherwise than ticket tells it.
    ///
    /// # Errors
    /// The database's.
    fn suspects(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
    ) -> impl Future<Output = anyhow::Result<Vec<Suspect>>> + Send {
        let _ = (conn, stretch);
        async { Ok(Vec::new()) }
    }

    /// Makes what is kept of these tickets what ticket tells, within the given transaction; what
    /// was changed since it was looked at stays as it is.
    ///
    /// # Errors
    /// The database's.
    fn heal(
        &self,
        conn: &mut PgConnection,
        stretch: &Stretch,
        wrong: &[Suspect],
    ) -> impl Future<Output = anyhow::Result<()>> + Send {
        let _ = (conn, stretch, wrong);
        async { Ok(()) }
    }

    /// Called after the commit of [`Consumer::heal`].
    fn healed(&self, stretch: &Stretch) -> impl Future<Output = ()> + Send {
        let _ = stretch;
        async {}
    }

    /// What differs in what it derives from its own rows of tickets; healed if told to.
    ///
    /// # Errors
    /// The database's.
    fn derived(
        &self,
        conn: &mut PgConnection,
        heal: bool,
    ) -> impl Future<Output = anyhow::Result<Vec<Difference>>> + Send {
        let _ = (conn, heal);
        async { Ok(Vec::new()) }
    }

    /// Which states of other owners it copies; compared with their own along with what it keeps of
    /// tickets.
    fn copies(&self) -> &'static [Copied] {
        &[]
    }

    /// The copies of a kind whose ids are higher than `after` and not higher than `last`: of the
    /// owner's fields those that are copied.
    ///
    /// # Errors
    /// The database's.
    fn copied(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        after: i64,
        last: i64,
    ) -> impl Future<Output = anyhow::Result<Vec<StateRecord<Value>>>> + Send {
        let _ = (conn, kind, after, last);
        async { Ok(Vec::new()) }
    }

    /// Drops the copies that are still as they were seen and keeps what the owner tells, within
    /// the given transaction.
    ///
    /// # Errors
    /// The database's.
    fn put_right(
        &self,
        conn: &mut PgConnection,
        kind: AggregateKind,
        seen: &[Known],
        told: &[StateRecord<Value>],
    ) -> impl Future<Output = anyhow::Result<()>> + Send {
        let _ = (conn, kind, seen, told);
        async { Ok(()) }
    }

    /// Called after the commit, before the acknowledgement: wake somebody, drop a cached value.
    fn committed(&self, events: &[Event]) -> impl Future<Output = ()> + Send {
        let _ = events;
        async {}
    }
}

/// The trace context that an event carries, for [`desk_telemetry::scope`].
pub fn trace(event: &Event) -> TraceContext {
    TraceContext {
        request_id: event.request_id.clone(),
        traceparent: event.traceparent.clone(),
    }
}

/// Why reading ended.
enum Ended {
    Stopped,
    /// The stream of messages is over or stuck; begin anew.
    Over(String),
}

pub(crate) async fn run<C: Consumer>(bus: Bus, pool: PgPool, consumer: C, stop: CancellationToken) {
    let subjects: Vec<String> = consumer
        .subjects()
        .iter()
        .map(|kind| bus.subject(kind))
        .collect();
    metrics::counter!("bus_consumer_dead_letters_total", "consumer" => C::NAME).increment(0);
    metrics::counter!("bus_consumer_restarts_total", "consumer" => C::NAME).increment(0);
    metrics::counter!("bus_consumer_waits_total", "consumer" => C::NAME).increment(0);
    let mut desk = Desk::new(pool, consumer, stop.clone());
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    while !stop.is_cancelled() {
        let since = Instant::now();
        let Ended::Over(reason) = serve(&bus, &subjects, &mut desk, &stop).await else {
            return;
        };
        tracing::warn!(consumer = C::NAME, reason, "consumer begins anew");
        metrics::counter!("bus_consumer_restarts_total", "consumer" => C::NAME).increment(1);
        if since.elapsed() > QUIET {
            backoff.reset();
        }
        backoff.wait(&stop).await;
    }
}

/// From opening the durable to its end.
async fn serve<C: Consumer>(
    bus: &Bus,
    subjects: &[String],
    desk: &mut Desk<C>,
    stop: &CancellationToken,
) -> Ended {
    let open = Box::pin(open(bus, C::NAME, subjects));
    match stop.run_until_cancelled(open).await {
        None => Ended::Stopped,
        Some(Err(error)) => Ended::Over(format!("{error:#}")),
        Some(Ok(mut pull)) => {
            let ended = read(&mut pull, desk, stop).await;
            pull.end().await;
            ended
        }
    }
}

/// Makes sure of stream and durable, and starts to pull. Waits for NATS first.
async fn open(bus: &Bus, name: &str, subjects: &[String]) -> anyhow::Result<Pull> {
    bus.connected().await;
    let stream = stream::ensure(bus.jetstream(), bus.settings()).await?;
    let durable = stream::durable(&stream, name, subjects.to_vec()).await?;
    let pull = Pull::begin(bus, durable).await?;
    tracing::info!(consumer = name, "consuming");
    Ok(pull)
}

async fn read<C: Consumer>(pull: &mut Pull, desk: &mut Desk<C>, stop: &CancellationToken) -> Ended {
    let mut suspicious = false;
    loop {
        // Only the wait for the first message is given up: none is lost by that.
        let Some(first) = stop.run_until_cancelled(timeout(QUIET, pull.next())).await else {
            return Ended::Stopped;
        };
        match first {
            Ok(Ok(first)) => {
                suspicious = false;
                let batch = fill(pull, first).await;
                note_lag::<C>(batch.last());
                // The next events come while these are applied.
                let asked = pull.ask().await;
                desk.take(batch).await;
                if let Err(reason) = asked {
                    return Ended::Over(reason);
                }
            }
            Ok(Err(reason)) => return Ended::Over(reason),
            // Twice in a row: an event may have been published just before the question.
            Err(_) => match (look::<C>(pull.durable()).await, suspicious) {
                (Look::Gone, _) => return Ended::Over("stream or durable is gone".to_owned()),
                (Look::Waiting, true) => return Ended::Over("events wait, none comes".to_owned()),
                (look, _) => suspicious = matches!(look, Look::Waiting),
            },
        }
    }
}

/// Takes what comes within the linger, up to a batch. Unconstrained, because tokio's budget would
/// cut each batch at 128 messages that are there already.
async fn fill(pull: &mut Pull, first: Message) -> Vec<Message> {
    tokio::task::unconstrained(async {
        let mut batch = vec![first];
        let until = Instant::now() + LINGER;
        while batch.len() < BATCH {
            match timeout_at(until, pull.next()).await {
                Ok(Ok(message)) => batch.push(message),
                // What was received counts; the next wait meets the same end.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        batch
    })
    .await
}

fn note_lag<C: Consumer>(last: Option<&Message>) {
    if let Some(Ok(info)) = last.map(Message::info) {
        set_lag::<C>(info.pending);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; no lag comes near 2^52"
)]
fn set_lag<C: Consumer>(pending: u64) {
    metrics::gauge!("bus_consumer_lag", "consumer" => C::NAME).set(pending as f64);
}

/// What the server says of a quiet durable.
enum Look {
    /// Nothing to do, or no answer: NATS may be away.
    Quiet,
    /// Events are waiting, and nothing holds them back.
    Waiting,
    /// There is no such durable or stream.
    Gone,
}

async fn look<C: Consumer>(durable: &PullConsumer) -> Look {
    match durable.get_info().await {
        Ok(info) => {
            set_lag::<C>(info.num_pending);
            let room =
                i64::try_from(info.num_ack_pending).is_ok_and(|n| n < stream::MAX_ACK_PENDING);
            if info.num_pending > 0 && room {
                Look::Waiting
            } else {
                Look::Quiet
            }
        }
        Err(error) => match error.kind() {
            ConsumerInfoErrorKind::NotFound | ConsumerInfoErrorKind::StreamNotFound => Look::Gone,
            _ => Look::Quiet,
        },
    }
}
