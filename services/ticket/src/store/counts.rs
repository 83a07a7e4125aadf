//! How many tickets each project has, told to the project service.

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, ProjectCount};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// A project's count is told no more often than this.
const PAUSE: Duration = Duration::SECOND;

/// Tells the totals that differ from what was told last, one event a project; answers how many.
/// Several replicas may try at once: a row that another is telling is told by that one alone.
pub async fn tell(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<usize> {
    let counts = sqlx::query!(
        r#"with current as (
               select project_id, sum(tickets)::bigint as tickets
               from ticket_totals
               where facet = 'any' and facet_id = 0 and project_id <> 0
               group by project_id
           )
           insert into project_counts as told (project_id, tickets, sequence, told_at)
           select c.project_id, c.tickets, 1, $1
           from current c
           left join project_counts before on before.project_id = c.project_id
           where before.project_id is null
              or before.tickets <> c.tickets and before.told_at <= $2
           order by c.project_id
           on conflict (project_id)
               do update set tickets = excluded.tickets, sequence = told.sequence + 1,
                             told_at = excluded.told_at
               where told.tickets <> excluded.tickets and told.told_at <= $2
           returning project_id, tickets, sequence"#,
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
