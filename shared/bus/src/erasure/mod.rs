//! Taking an aggregate's past out of the bus, when a person's data was erased from it.
//!
//! Whoever erases scrubs the outbox's rows and calls [`request`], in one transaction. What the
//! stream holds of the aggregate up to then goes afterwards, message by message: subjects name no
//! aggregate, so that a worker beside each relay reads the families concerned once and deletes what
//! it looks for, overwriting it on the disk. Consumers that have not taken such a message lose
//! nothing: a newer state follows, and the reconciler has the scrubbed row said again.

mod scan;
mod worker;

use desk_events::AggregateKind;
use sqlx::PgConnection;

pub(crate) use worker::run;

/// Whose past is to go from the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// What kind of thing.
    pub kind: AggregateKind,
    /// Its id.
    pub id: i64,
    /// The last sequence that may hold what was erased.
    pub through: i64,
}

/// Has the stream forget these aggregates' events, after the commit. Call it before their next
/// events are written.
///
/// # Errors
/// The database's.
pub async fn request(conn: &mut PgConnection, pasts: &[Past]) -> sqlx::Result<()> {
    let kinds: Vec<&str> = pasts.iter().map(|past| past.kind.as_str()).collect();
    let ids: Vec<i64> = pasts.iter().map(|past| past.id).collect();
    let throughs: Vec<i64> = pasts.iter().map(|past| past.through).collect();
    sqlx::query!(
        "insert into stream_erasures as e (aggregate_kind, aggregate_id, through, seq)
         select p.kind, p.id, max(p.through),
                coalesce((select max(o.seq) from outbox as o
                          where o.aggregate_id = p.id and o.aggregate_kind = p.kind), 0)
         from unnest($1::text[], $2::bigint[], $3::bigint[]) as p (kind, id, through)
         group by p.kind, p.id
         order by p.kind, p.id
         on conflict (aggregate_kind, aggregate_id) do update
         set through = greatest(e.through, excluded.through),
             seq = greatest(e.seq, excluded.seq), requested_at = now()",
        &kinds as &[&str],
        &ids,
        &throughs,
    )
    .execute(conn)
    .await?;
    Ok(())
}
