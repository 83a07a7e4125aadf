//! How many tickets each project has.

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, ProjectCount};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// A project's count is told no more often than this.
const PAUSE: Duration = Duration::SECOND;

/// Moves a project's count; [`tell`] sums it up later.
pub async fn add(conn: &mut PgConnection, project_id: i64, delta: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into project_count_deltas (project_id, delta) values ($1, $2)",
        project_id,
        delta,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sums up what changed and tells it, one event a project; answers how many. Several replicas
/// may try at once: each takes what the others have not.
pub async fn tell(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<usize> {
    let counts = sqlx::query!(
        "with taken as (
             select d.id, d.project_id, d.delta from project_count_deltas d
             where not exists (select from project_counts c
                               where c.project_id = d.project_id and c.told_at > $2)
             for update of d skip locked
         ), gone as (
             delete from project_count_deltas using taken where project_count_deltas.id = taken.id
         )
         insert into project_counts as c (project_id, tickets, sequence, told_at)
         select project_id, sum(delta), 1, $1 from taken group by project_id order by project_id
         on conflict (project_id)
             do update set tickets = c.tickets + excluded.tickets, sequence = c.sequence + 1,
                           told_at = excluded.told_at
         returning project_id, tickets, sequence",
        now,
        now - PAUSE,
    )
    .fetch_all(&mut *conn)
    .await?;
    let events: Vec<NewEvent> = counts
        .iter()
        .map(|row| NewEvent {
            aggregate: Aggregate {
                kind: AggregateKind::ProjectCount,
                id: row.project_id,
            },
            sequence: row.sequence,
            occurred_at: now,
            fact: Fact::ProjectCounted(Box::new(ProjectCount {
                project_id: row.project_id,
                tickets: row.tickets,
            })),
        })
        .collect();
    outbox::append(conn, &events).await?;
    Ok(events.len())
}
