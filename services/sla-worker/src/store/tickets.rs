//! How far each ticket's events were applied.

use std::collections::HashSet;

use desk_bus::reconcile;
use sqlx::{PgConnection, PgPool};

use crate::domain::Heard;

/// What is known of a ticket.
#[derive(Debug)]
pub(crate) struct Known {
    /// Ticket id.
    pub(crate) id: i64,
    /// Of the last applied event.
    pub(crate) sequence: i64,
    /// Of the last `sla.*` event about it.
    pub(crate) said: i64,
    /// Of the last published one.
    pub(crate) published: Option<i64>,
}

impl Known {
    /// A lower sequence would be said a second time, of something else.
    pub(crate) fn must_have_said(&self) -> i64 {
        self.published.unwrap_or_default()
    }
}

/// Notes the sequences that are higher than the known ones and answers whose they are; the rows
/// stay locked. At most one state a ticket.
pub(crate) async fn advance(
    conn: &mut PgConnection,
    heard: &[Heard<'_>],
) -> sqlx::Result<HashSet<i64>> {
    if heard.is_empty() {
        return Ok(HashSet::new());
    }
    let (ids, sequences): (Vec<i64>, Vec<i64>) = heard
        .iter()
        .map(|heard| (heard.ticket.id, heard.sequence))
        .unzip();
    let news = sqlx::query_scalar!(
        "insert into tickets as known (id, sequence)
         select * from unnest($1::bigint[], $2::bigint[])
         on conflict (id) do update set sequence = excluded.sequence
         where known.sequence < excluded.sequence
         returning id",
        &ids,
        &sequences,
    )
    .fetch_all(conn)
    .await?;
    Ok(news.into_iter().collect())
}

/// How far these tickets are.
pub(crate) async fn known(
    conn: &mut PgConnection,
    ids: &[i64],
) -> sqlx::Result<Vec<reconcile::Known>> {
    sqlx::query_as!(
        reconcile::Known,
        "select id, sequence from tickets where id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await
}

/// The last applied sequence of a ticket; none when it was never heard of.
pub(crate) async fn sequence(db: &PgPool, id: i64) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!("select sequence from tickets where id = $1", id)
        .fetch_optional(db)
        .await
}

/// The tickets whose ids are in a range, by id.
pub(crate) async fn between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"select t.id, t.sequence, t.said, h.sequence as "published?"
           from tickets t
           left join outbox_heads h on h.aggregate_kind = 'deadline' and h.aggregate_id = t.id
           where t.id > $1 and t.id <= $2 order by t.id"#,
        after,
        last,
    )
    .fetch_all(conn)
    .await
}

/// Notes these sequences, be they lower than the known ones, and what was said at least; answers
/// whose they are. A ticket that is no longer as it was seen is left alone. The rows stay locked.
pub(crate) async fn put_right(
    conn: &mut PgConnection,
    heard: &[Heard<'_>],
    seen: &[Option<i64>],
) -> sqlx::Result<Vec<i64>> {
    let (ids, sequences): (Vec<i64>, Vec<i64>) = heard
        .iter()
        .map(|heard| (heard.ticket.id, heard.sequence))
        .unzip();
    sqlx::query_scalar!(
        "with told as (
             select t.id, t.sequence, t.seen, coalesce(h.sequence, 0) as said
             from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as t (id, sequence, seen)
             left join outbox_heads h on h.aggregate_kind = 'deadline' and h.aggregate_id = t.id)
         insert into tickets as known (id, sequence, said)
         select id, sequence, said from told
         on conflict (id) do update set
             (sequence, said) = (excluded.sequence, greatest(known.said, excluded.said))
         where exists (select from told where told.id = known.id and told.seen = known.sequence)
         returning id",
        &ids,
        &sequences,
        seen as &[Option<i64>],
    )
    .fetch_all(conn)
    .await
}
