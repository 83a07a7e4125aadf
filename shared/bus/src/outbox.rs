//! Writing events: in the transaction of the change, so that both happen or neither.
//!
//! The tables' columns are an interface too (see `migrations/0001_outbox.sql`): a service may
//! write them from a larger statement of its own.

use desk_events::{MAX_EVENT_BYTES, NewEvent};
use desk_telemetry::TraceContext;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Room left for the envelope around a payload, in bytes.
const ENVELOPE_BYTES: usize = 1024;

/// Why events were not written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Over [`MAX_EVENT_BYTES`]; the payload should have carried an excerpt.
    #[error("event {subject} has {bytes} bytes, over {MAX_EVENT_BYTES}")]
    TooLarge {
        /// The event's subject.
        subject: &'static str,
        /// Its size, envelope included.
        bytes: usize,
    },
    /// A payload that cannot be JSON.
    #[error("event payload: {0}")]
    Encode(#[from] serde_json::Error),
    /// The statement failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<AppendError> for sqlx::Error {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Database(error) => error,
            other => Self::Encode(Box::new(other)),
        }
    }
}

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns {
    ids: Vec<Uuid>,
    aggregate_kinds: Vec<&'static str>,
    aggregate_ids: Vec<i64>,
    sequences: Vec<i64>,
    types: Vec<&'static str>,
    versions: Vec<i32>,
    times: Vec<OffsetDateTime>,
    payloads: Vec<String>,
}

impl Columns {
    fn push(&mut self, event: &NewEvent) -> Result<(), AppendError> {
        let subject = event.fact.subject();
        let payload = event.fact.payload()?.to_string();
        let bytes = payload.len() + ENVELOPE_BYTES;
        if bytes > MAX_EVENT_BYTES {
            return Err(AppendError::TooLarge { subject, bytes });
        }
        self.ids.push(Uuid::now_v7());
        self.aggregate_kinds.push(event.aggregate.kind.as_str());
        self.aggregate_ids.push(event.aggregate.id);
        self.sequences.push(event.sequence);
        self.types.push(subject);
        self.versions.push(i32::from(event.fact.version()));
        self.times.push(event.occurred_at);
        self.payloads.push(payload);
        Ok(())
    }
}

/// Writes events and queues them for the relay, in their order, with the running request's trace
/// context. Call it after the aggregates' rows are locked, and [`crate::Bus::wake`] after the
/// commit.
///
/// # Errors
/// An event that is too large, before anything is written; or the database's.
pub async fn append(conn: &mut PgConnection, events: &[NewEvent]) -> Result<(), AppendError> {
    if events.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for event in events {
        columns.push(event)?;
    }
    insert(conn, &columns, &desk_telemetry::current()).await?;
    Ok(())
}

async fn insert(
    conn: &mut PgConnection,
    columns: &Columns,
    context: &TraceContext,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"with said as (
               insert into outbox (event_id, aggregate_kind, aggregate_id, sequence, type, version,
                                   occurred_at, traceparent, request_id, payload)
               select e.id, e.aggregate_kind, e.aggregate_id, e.sequence, e.type, e.version,
                      e.occurred_at, $9, $10, e.payload::jsonb
               from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[],
                           $6::int[], $7::timestamptz[], $8::text[]) with ordinality
                    as e (id, aggregate_kind, aggregate_id, sequence, type, version, occurred_at,
                          payload, place)
               order by e.place
               returning day, seq)
           insert into outbox_pending (day, seq) select day, seq from said"#,
        &columns.ids,
        &columns.aggregate_kinds as &[&str],
        &columns.aggregate_ids,
        &columns.sequences,
        &columns.types as &[&str],
        &columns.versions,
        &columns.times,
        &columns.payloads,
        context.traceparent,
        context.request_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts every parked event back into the queue, in order; answers how many there were.
///
/// # Errors
/// The database's.
pub async fn release_parked(conn: &mut PgConnection) -> sqlx::Result<u64> {
    let released = sqlx::query!(
        "with gone as (delete from outbox_parked returning day, seq)
         insert into outbox_pending (day, seq) select day, seq from gone on conflict do nothing"
    )
    .execute(conn)
    .await?;
    Ok(released.rows_affected())
}
