//! Missed deadlines of many tickets at once: when a thousand fall due in one second, each still shows
//! within that second.

use desk_bus::outbox;
use desk_events::NewEvent;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::activities;
use crate::{domain::Write, events::outgoing};

/// One array per column.
#[derive(Default)]
struct Columns {
    ids: Vec<i64>,
    first_response: Vec<bool>,
    resolution: Vec<bool>,
    versions: Vec<i64>,
    times: Vec<OffsetDateTime>,
}

/// Stores changes that tell of missed deadlines and of nothing else, each of another ticket: the
/// flags, an activity and an event each.
pub async fn apply(conn: &mut PgConnection, writes: &[Write]) -> sqlx::Result<()> {
    let mut columns = Columns::default();
    let mut events: Vec<NewEvent> = Vec::with_capacity(writes.len());
    for write in writes {
        let ticket = &write.ticket;
        columns.ids.push(ticket.id);
        columns
            .first_response
            .push(ticket.clocks.first_response_breached);
        columns.resolution.push(ticket.clocks.resolution_breached);
        columns.versions.push(ticket.version);
        columns.times.push(ticket.updated_at);
        events.extend(outgoing::events(write, None));
    }
    sqlx::query!(
        "update tickets as t
         set first_response_breached = b.first_response, resolution_breached = b.resolution,
             version = b.version, updated_at = b.at
         from unnest($1::bigint[], $2::boolean[], $3::boolean[], $4::bigint[],
                     $5::timestamptz[]) as b (id, first_response, resolution, version, at)
         where t.id = b.id",
        &columns.ids,
        &columns.first_response,
        &columns.resolution,
        &columns.versions,
        &columns.times,
    )
    .execute(&mut *conn)
    .await?;
    activities::insert(conn, writes, None).await?;
    outbox::append(conn, &events).await?;
    Ok(())
}
