//! How far each ticket's events were applied.

use std::collections::HashSet;

use desk_bus::reconcile::Known;
use sqlx::{PgConnection, PgPool};

use crate::domain::Heard;

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
pub(crate) async fn known(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
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
