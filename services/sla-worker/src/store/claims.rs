//! Taking what has to be said now. Each statement locks clock and ticket, passing over what
//! another worker or the consumer holds: it never waits for anybody, so nobody locks up with it.

use desk_events::{Metric, SlaClaim};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Claim;

struct Row {
    ticket_id: i64,
    project_id: i64,
    is_resolution: bool,
    due_at: OffsetDateTime,
    generation: i32,
    sequence: i64,
}

impl From<Row> for Claim {
    fn from(row: Row) -> Self {
        Self {
            claim: SlaClaim {
                ticket_id: row.ticket_id,
                project_id: row.project_id,
                metric: if row.is_resolution {
                    Metric::Resolution
                } else {
                    Metric::FirstResponse
                },
                due_at: row.due_at,
                generation: row.generation,
            },
            sequence: row.sequence,
        }
    }
}

/// Has the transaction's statements planned for the clocks there are now: a plan that was made
/// while there were none would look at every clock of a million.
pub(crate) async fn plan_afresh(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("set local plan_cache_mode = force_custom_plan")
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes clocks whose due time has passed, the longest overdue first, and marks them claimed.
pub(crate) async fn overdue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Claim>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with due as materialized (
               select d.ticket_id, d.metric, d.project_id, d.due_at, d.generation, t.said
               from deadlines d
               join tickets t on t.id = d.ticket_id
               where d.due_at < $1 and not d.claimed
               order by d.due_at
               limit $2
               for update skip locked),
           claimed as (
               update deadlines d set claimed = true, soon_at = null
               from due where d.ticket_id = due.ticket_id and d.metric = due.metric),
           told as (
               update tickets t set said = t.said + due.claims
               from (select ticket_id, count(*) as claims from due group by ticket_id) as due
               where t.id = due.ticket_id)
           select ticket_id, project_id, metric = 'resolution' as "is_resolution!", due_at,
                  generation,
                  said + row_number() over (partition by ticket_id order by due_at, metric)
                      as "sequence!"
           from due order by due_at, ticket_id, metric"#,
        now,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Claim::from).collect())
}

/// Takes clocks of which 80 % are over but not all, the earliest first, and notes that it is said.
pub(crate) async fn due_soon(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Claim>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with soon as materialized (
               select d.ticket_id, d.metric, d.project_id, d.due_at, d.generation, d.soon_at,
                      t.said
               from deadlines d
               join tickets t on t.id = d.ticket_id
               where d.soon_at <= $1 and d.due_at >= $1
               order by d.soon_at
               limit $2
               for update skip locked),
           noted as (
               update deadlines d set soon_at = null
               from soon where d.ticket_id = soon.ticket_id and d.metric = soon.metric),
           told as (
               update tickets t set said = t.said + soon.claims
               from (select ticket_id, count(*) as claims from soon group by ticket_id) as soon
               where t.id = soon.ticket_id)
           select ticket_id, project_id, metric = 'resolution' as "is_resolution!", due_at,
                  generation,
                  said + row_number() over (partition by ticket_id order by soon_at, metric)
                      as "sequence!"
           from soon order by soon_at, ticket_id, metric"#,
        now,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Claim::from).collect())
}

/// When something has to be said next; none while no clock runs.
pub(crate) async fn next(conn: &mut PgConnection) -> sqlx::Result<Option<OffsetDateTime>> {
    sqlx::query_scalar!(
        r#"select least((select min(due_at) from deadlines where not claimed),
                        (select min(soon_at) from deadlines where soon_at is not null)) as "next""#
    )
    .fetch_one(conn)
    .await
}
