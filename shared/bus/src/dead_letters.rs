//! What a consumer could not take: listed, replayed or forgotten by people, erased with the
//! ticket it is about.

use anyhow::Context as _;
use desk_events::{Event, Fact, Unreadable};
use serde::Deserialize;
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

/// The ids of a consumer's letters, oldest first.
pub(crate) async fn ids(conn: &mut PgConnection, consumer: &str) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select id from dead_letters where consumer = $1 order by id",
        consumer,
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

/// Drops a letter without replaying it; false when there is none. Its event counts as heard from
/// now on, or the reconciler would bring it again.
///
/// # Errors
/// The database's.
pub async fn forget(conn: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"with gone as (
               delete from dead_letters where id = $1
               returning consumer, aggregate_kind, aggregate_id, sequence),
           noted as (
               insert into heard as h (consumer, aggregate_kind, aggregate_id, sequences)
               select consumer, aggregate_kind, aggregate_id,
                      int8multirange(int8range(sequence, sequence, '[]'))
               from gone where sequence is not null
               on conflict (consumer, aggregate_kind, aggregate_id) do update
               set sequences = h.sequences + excluded.sequences)
           select exists (select from gone) as "gone!""#,
        id
    )
    .fetch_one(conn)
    .await
}

/// Drops what letters there are about what these events purge or erase; what they told counts as
/// heard, as in [`forget`].
pub(crate) async fn erase_purged(conn: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let (kinds, ids): (Vec<&str>, Vec<i64>) = events
        .iter()
        .filter(|event| takes_data_back(&event.fact))
        .map(|event| (event.aggregate.kind.as_str(), event.aggregate.id))
        .unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with gone as (
             delete from dead_letters as d
             using (select distinct * from unnest($1::text[], $2::bigint[])) as e (kind, id)
             where d.aggregate_kind = e.kind and d.aggregate_id = e.id
             returning d.consumer, d.aggregate_kind, d.aggregate_id, d.sequence)
         insert into heard as h (consumer, aggregate_kind, aggregate_id, sequences)
         select consumer, aggregate_kind, aggregate_id,
                range_agg(int8range(sequence, sequence, '[]'))
         from gone where sequence is not null
         group by consumer, aggregate_kind, aggregate_id
         on conflict (consumer, aggregate_kind, aggregate_id) do update
         set sequences = h.sequences + excluded.sequences",
        &kinds as &[&str],
        &ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}

const fn takes_data_back(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::TicketPurged(_) | Fact::TicketErased(_) | Fact::UserErased(_)
    )
}

/// An event about to be set aside.
pub(crate) struct Failure<'a> {
    pub(crate) consumer: &'static str,
    pub(crate) subject: &'a str,
    pub(crate) envelope: &'a [u8],
    /// None where the envelope could not be read.
    pub(crate) event_id: Option<Uuid>,
    /// None where not even that could be read.
    pub(crate) about: Option<About>,
    pub(crate) error: String,
    pub(crate) tries: u32,
}

/// What an event is about: as much of an envelope as can be read where its payload cannot.
#[derive(Deserialize)]
pub(crate) struct About {
    aggregate: AboutAggregate,
    sequence: i64,
}

#[derive(Deserialize)]
struct AboutAggregate {
    kind: String,
    id: i64,
}

impl From<&Event> for About {
    fn from(event: &Event) -> Self {
        Self {
            aggregate: AboutAggregate {
                kind: event.aggregate.kind.as_str().to_owned(),
                id: event.aggregate.id,
            },
            sequence: event.sequence,
        }
    }
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
            event_id: None,
            about: serde_json::from_slice(envelope).ok(),
            error: error.to_string(),
            tries: 1,
        }
    }
}

/// Sets an event aside; once more for the same bytes changes only the error and the tries.
pub(crate) async fn keep(pool: &PgPool, failure: &Failure<'_>) -> sqlx::Result<()> {
    let about = failure.about.as_ref();
    sqlx::query!(
        "insert into dead_letters (consumer, subject, event_id, aggregate_kind, aggregate_id,
                                   sequence, error, tries, envelope)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (consumer, digest) do update
         set error = excluded.error, tries = excluded.tries, failed_at = excluded.failed_at",
        failure.consumer,
        failure.subject,
        failure.event_id,
        about.map(|about| about.aggregate.kind.as_str()),
        about.map(|about| about.aggregate.id),
        about.map(|about| about.sequence),
        failure.error,
        i32::try_from(failure.tries).unwrap_or(i32::MAX),
        failure.envelope,
    )
    .execute(pool)
    .await?;
    Ok(())
}
