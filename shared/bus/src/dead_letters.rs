//! What a consumer could not take: listed, replayed or forgotten by people, erased with the
//! ticket it is about.

use anyhow::Context as _;
use desk_events::{AggregateKind, Event, Fact, Unreadable};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{consumer::Consumer, delivery::apply};

/// An event that was set aside.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Its id here.
    pub id: i64,
    /// The consumer that could not take it.
    pub consumer: String,
    /// The subject it came on.
    pub subject: String,
    /// The event's id, where its envelope could be read.
    pub event_id: Option<Uuid>,
    /// What it is about, e.g. `ticket`.
    pub aggregate_kind: Option<String>,
    /// Id of what it is about.
    pub aggregate_id: Option<i64>,
    /// Its place among the aggregate's events.
    pub sequence: Option<i64>,
    /// The last error.
    pub error: String,
    /// How often it was tried.
    pub tries: i32,
    /// The whole envelope, as it came (personal data).
    pub envelope: Vec<u8>,
    /// When it was set aside.
    pub failed_at: OffsetDateTime,
}

/// The letters of one consumer, or of all, newest first.
///
/// # Errors
/// The database's.
pub async fn list(
    conn: &mut PgConnection,
    consumer: Option<&str>,
    limit: i64,
) -> sqlx::Result<Vec<DeadLetter>> {
    sqlx::query_as!(
        DeadLetter,
        "select id, consumer, subject, event_id, aggregate_kind, aggregate_id, sequence, error,
                tries, envelope, failed_at
         from dead_letters where $1::text is null or consumer = $1 order by id desc limit $2",
        consumer,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// How many letters there are, of one consumer or of all.
///
/// # Errors
/// The database's.
pub async fn count(conn: &mut PgConnection, consumer: Option<&str>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from dead_letters
           where $1::text is null or consumer = $1"#,
        consumer,
    )
    .fetch_one(conn)
    .await
}

/// Gives a letter to its consumer once more and drops it, in one transaction; false when there
/// is no such letter of this consumer.
///
/// # Errors
/// What the consumer says, or the database's; the letter stays.
pub async fn replay<C: Consumer>(pool: &PgPool, consumer: &C, id: i64) -> anyhow::Result<bool> {
    let mut tx = pool.begin().await?;
    let envelope = sqlx::query_scalar!(
        "delete from dead_letters where id = $1 and consumer = $2 returning envelope",
        id,
        C::NAME,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(envelope) = envelope else {
        return Ok(false);
    };
    let events = [Event::decode(&envelope).context("the letter's envelope")?];
    apply(consumer, &mut tx, &events).await?;
    tx.commit().await?;
    consumer.committed(&events).await;
    Ok(true)
}

/// Drops a letter without replaying it; false when there is none.
///
/// # Errors
/// The database's.
pub async fn forget(conn: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    let gone = sqlx::query!("delete from dead_letters where id = $1", id)
        .execute(conn)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// Drops what letters there are about tickets that these events purge.
pub(crate) async fn erase_purged(conn: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let purged: Vec<i64> = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::TicketPurged(_)))
        .map(|event| event.aggregate.id)
        .collect();
    if purged.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from dead_letters where aggregate_kind = $1 and aggregate_id = any($2)",
        AggregateKind::Ticket.as_str(),
        &purged,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An event about to be set aside.
pub(crate) struct Failure<'a> {
    pub(crate) consumer: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) envelope: &'a [u8],
    pub(crate) event: Option<&'a Event>,
    pub(crate) error: String,
    pub(crate) tries: u32,
}

impl<'a> Failure<'a> {
    pub(crate) fn unreadable(
        consumer: &'static str,
        subject: &'a str,
        envelope: &'a [u8],
        error: &Unreadable,
    ) -> Self {
        Self {
            consumer,
            subject,
            envelope,
            event: None,
            error: error.to_string(),
            tries: 1,
        }
    }
}

/// Sets an event aside; once more for the same bytes changes only the error and the tries.
pub(crate) async fn keep(pool: &PgPool, failure: &Failure<'_>) -> sqlx::Result<()> {
    let event = failure.event;
    sqlx::query!(
        "insert into dead_letters (consumer, subject, event_id, aggregate_kind, aggregate_id,
                                   sequence, error, tries, envelope)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (consumer, digest) do update
         set error = excluded.error, tries = excluded.tries, failed_at = excluded.failed_at",
        failure.consumer,
        failure.subject,
        event.map(|event| event.id),
        event.map(|event| event.aggregate.kind.as_str()),
        event.map(|event| event.aggregate.id),
        event.map(|event| event.sequence),
        failure.error,
        i32::try_from(failure.tries).unwrap_or(i32::MAX),
        failure.envelope,
    )
    .execute(pool)
    .await?;
    Ok(())
}
