//! Taking many tickets from somebody who may no longer work on them.

use desk_bus::outbox;
use desk_events::NewEvent;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::activities;
use crate::{domain::Write, events::outgoing};

/// Stores changes that leave tickets without an assignee and tell of nothing else, each of another
/// ticket: the row, an activity and an event each.
pub async fn apply(conn: &mut PgConnection, writes: &[Write]) -> sqlx::Result<()> {
    let column = |value: fn(&Write) -> i64| writes.iter().map(value).collect::<Vec<_>>();
    let times: Vec<OffsetDateTime> = writes.iter().map(|write| write.ticket.updated_at).collect();
    sqlx::query!(
        "update tickets as t
         set assigned_to = null, version = r.version, last_activity_at = r.at, updated_at = r.at
         from unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) as r (id, version, at)
         where t.id = r.id",
        &column(|write| write.ticket.id),
        &column(|write| write.ticket.version),
        &times,
    )
    .execute(&mut *conn)
    .await?;
    activities::insert(conn, writes, None).await?;
    let events: Vec<NewEvent> = writes
        .iter()
        .flat_map(|write| outgoing::events(write, None))
        .collect();
    outbox::append(conn, &events).await?;
    Ok(())
}
