//! The clocks that run.

use desk_http::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;

use crate::domain::{Deadline, Heard};

/// A running clock of a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenDeadline {
    /// Which clock: `first_response` or `resolution`.
    #[schema(example = "first_response")]
    metric: String,
    /// When it is due.
    due_at: Timestamp,
    /// The ticket's deadline generation that the due time belongs to.
    generation: i32,
}

/// A clock's whole row.
#[derive(Debug)]
pub(crate) struct Clock {
    /// Ticket id.
    pub(crate) ticket_id: i64,
    /// Which clock.
    pub(crate) metric: String,
    /// The ticket's project.
    pub(crate) project_id: i64,
    /// When it is due.
    pub(crate) due_at: OffsetDateTime,
    /// When 80 % of the time is over; none once that was said.
    pub(crate) soon_at: Option<OffsetDateTime>,
    /// The ticket's deadline generation that the due time belongs to.
    pub(crate) generation: i32,
    /// It was said that it is overdue.
    pub(crate) claimed: bool,
}

/// How long ticket may take to answer a claim; then it is said again.
const ANSWER: Duration = Duration::minutes(10);

impl Clock {
    /// Whether it is the clock that should run, and nothing was left out or said too early.
    pub(crate) fn is_right(&self, running: &Deadline, now: OffsetDateTime) -> bool {
        let is_it = self.metric == running.metric.as_str()
            && (self.project_id, self.due_at, self.generation)
                == (running.project_id, running.due_at, running.generation);
        let was_soon = running.soon_at.is_none_or(|at| at <= now);
        let soon = self.soon_at == running.soon_at || (self.soon_at.is_none() && was_soon);
        let claim = !self.claimed || (self.due_at < now && now < self.due_at + ANSWER);
        is_it && soon && claim
    }
}

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns {
    tickets: Vec<i64>,
    metrics: Vec<&'static str>,
    projects: Vec<i64>,
    due: Vec<OffsetDateTime>,
    soon: Vec<Option<OffsetDateTime>>,
    generations: Vec<i32>,
}

impl Columns {
    fn push(&mut self, deadline: &Deadline) {
        self.tickets.push(deadline.ticket_id);
        self.metrics.push(deadline.metric.as_str());
        self.projects.push(deadline.project_id);
        self.due.push(deadline.due_at);
        self.soon.push(deadline.soon_at);
        self.generations.push(deadline.generation);
    }
}

/// Makes the running clocks of these tickets what their states say. Most events move none, so a
/// row that is right already is not written again; within a generation it stays as it is, with
/// what was said about it.
pub(crate) async fn replace(conn: &mut PgConnection, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    if heard.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = heard.iter().map(|heard| heard.ticket.id).collect();
    let mut columns = Columns::default();
    for deadline in heard.iter().flat_map(Heard::deadlines) {
        columns.push(&deadline);
    }
    sqlx::query!(
        "with running as (
             select * from unnest($2::bigint[], $3::text[], $4::bigint[], $5::timestamptz[],
                                  $6::timestamptz[], $7::int[])
                  as r (ticket_id, metric, project_id, due_at, soon_at, generation)),
         stopped as (
             delete from deadlines d
             where d.ticket_id = any($1)
               and not exists (select from running r
                               where r.ticket_id = d.ticket_id and r.metric = d.metric))
         insert into deadlines as known
             (ticket_id, metric, project_id, due_at, soon_at, generation)
         select ticket_id, metric, project_id, due_at, soon_at, generation from running
         on conflict (ticket_id, metric) do update set
             (project_id, due_at, soon_at, generation, claimed)
             = (excluded.project_id, excluded.due_at, excluded.soon_at, excluded.generation, false)
         where known.generation <> excluded.generation",
        &ids,
        &columns.tickets,
        &columns.metrics as &[&str],
        &columns.projects,
        &columns.due,
        &columns.soon as &[Option<OffsetDateTime>],
        &columns.generations,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The running clocks of a ticket, the next one first.
pub(crate) async fn of_ticket(db: &PgPool, ticket_id: i64) -> sqlx::Result<Vec<OpenDeadline>> {
    sqlx::query_as!(
        OpenDeadline,
        r#"select metric, due_at as "due_at: Timestamp", generation
           from deadlines where ticket_id = $1 order by due_at, metric"#,
        ticket_id,
    )
    .fetch_all(db)
    .await
}

/// The clocks of the tickets whose ids are in a range.
pub(crate) async fn between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<Clock>> {
    sqlx::query_as!(
        Clock,
        "select ticket_id, metric, project_id, due_at, soon_at, generation, claimed
         from deadlines where ticket_id > $1 and ticket_id <= $2 order by ticket_id, metric",
        after,
        last,
    )
    .fetch_all(conn)
    .await
}

/// The clocks of these tickets.
pub(crate) async fn of_tickets(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Clock>> {
    sqlx::query_as!(
        Clock,
        "select ticket_id, metric, project_id, due_at, soon_at, generation, claimed
         from deadlines where ticket_id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await
}

/// Drops a clock.
pub(crate) async fn drop_one(conn: &mut PgConnection, clock: &Clock) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from deadlines where ticket_id = $1 and metric = $2",
        clock.ticket_id,
        clock.metric,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops every clock of these tickets.
pub(crate) async fn drop_all(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("delete from deadlines where ticket_id = any($1)", ids)
        .execute(conn)
        .await?;
    Ok(())
}
