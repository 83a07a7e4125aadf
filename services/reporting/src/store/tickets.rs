//! The last state of each ticket.

use desk_bus::reconcile::Known;
use desk_http::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::domain::Heard;

/// A ticket as reporting knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KnownTicket {
    /// Ticket id.
    id: i64,
    /// Its project.
    project_id: i64,
    /// Status.
    #[schema(example = "in_progress")]
    status: String,
    /// Priority.
    #[schema(example = "high")]
    priority: String,
    /// Door.
    #[schema(example = "api")]
    source: String,
    /// Category.
    category_id: Option<i64>,
    /// Assignee's user id.
    assigned_to: Option<i64>,
    /// When it was filed.
    created_at: Timestamp,
    /// First staff reply.
    first_response_at: Option<Timestamp>,
    /// When the first staff reply is due.
    first_response_due_at: Option<Timestamp>,
    /// The first reply came too late, or is overdue.
    first_response_breached: bool,
    /// Set while resolved.
    resolved_at: Option<Timestamp>,
    /// When the resolution is due.
    resolution_due_at: Option<Timestamp>,
    /// The resolution came too late, or is overdue.
    resolution_breached: bool,
    /// Set while closed.
    closed_at: Option<Timestamp>,
    /// Replies of both sides.
    reply_count: i32,
    /// Set while soft-deleted.
    deleted_at: Option<Timestamp>,
    /// Gone for good at its owner.
    purged: bool,
    /// Of the event that this state came with.
    sequence: i64,
}

/// How many tickets reporting knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// All it heard of.
    tickets: i64,
    /// Of these, the soft-deleted ones.
    deleted: i64,
}

/// One array per column: a whole batch is one statement.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<i64>,
    projects: Vec<i64>,
    statuses: Vec<&'a str>,
    priorities: Vec<&'a str>,
    sources: Vec<&'a str>,
    categories: Vec<Option<i64>>,
    assignees: Vec<Option<i64>>,
    created: Vec<OffsetDateTime>,
    responded: Vec<Option<OffsetDateTime>>,
    response_due: Vec<Option<OffsetDateTime>>,
    response_breached: Vec<bool>,
    resolved: Vec<Option<OffsetDateTime>>,
    resolution_due: Vec<Option<OffsetDateTime>>,
    resolution_breached: Vec<bool>,
    closed: Vec<Option<OffsetDateTime>>,
    replies: Vec<i32>,
    deleted: Vec<Option<OffsetDateTime>>,
    purged: Vec<bool>,
    sequences: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, heard: &Heard<'a>) {
        let ticket = heard.ticket;
        self.ids.push(ticket.id);
        self.projects.push(ticket.project_id);
        self.statuses.push(ticket.status.as_str());
        self.priorities.push(ticket.priority.as_str());
        self.sources.push(ticket.source.as_str());
        self.categories.push(ticket.category_id);
        self.assignees.push(ticket.assigned_to);
        self.created.push(ticket.created_at);
        self.responded.push(ticket.first_response_at);
        self.response_due.push(ticket.first_response_due_at);
        self.response_breached.push(ticket.first_response_breached);
        self.resolved.push(ticket.resolved_at);
        self.resolution_due.push(ticket.resolution_due_at);
        self.resolution_breached.push(ticket.resolution_breached);
        self.closed.push(ticket.closed_at);
        self.replies.push(ticket.reply_count);
        self.deleted.push(ticket.deleted_at);
        self.purged.push(heard.purged);
        self.sequences.push(heard.sequence);
    }
}

/// Keeps each state that is newer than the known one. At most one state a ticket.
pub(crate) async fn keep(conn: &mut PgConnection, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    if heard.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::default();
    for one in heard {
        columns.push(one);
    }
    sqlx::query!(
        "insert into tickets as known
             (id, project_id, status, priority, source, category_id, assigned_to, created_at,
              first_response_at, first_response_due_at, first_response_breached, resolved_at,
              resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
              sequence)
         select * from unnest(
             $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[],
             $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::bool[],
             $12::timestamptz[], $13::timestamptz[], $14::bool[], $15::timestamptz[], $16::int[],
             $17::timestamptz[], $18::bool[], $19::bigint[])
         on conflict (id) do update set
             (project_id, status, priority, source, category_id, assigned_to, created_at,
              first_response_at, first_response_due_at, first_response_breached, resolved_at,
              resolution_due_at, resolution_breached, closed_at, reply_count, deleted_at, purged,
              sequence)
             = (excluded.project_id, excluded.status, excluded.priority, excluded.source,
                excluded.category_id, excluded.assigned_to, excluded.created_at,
                excluded.first_response_at, excluded.first_response_due_at,
                excluded.first_response_breached, excluded.resolved_at,
                excluded.resolution_due_at, excluded.resolution_breached, excluded.closed_at,
                excluded.reply_count, excluded.deleted_at, excluded.purged, excluded.sequence)
         where known.sequence < excluded.sequence",
        &columns.ids,
        &columns.projects,
        &columns.statuses as &[&str],
        &columns.priorities as &[&str],
        &columns.sources as &[&str],
        &columns.categories as &[Option<i64>],
        &columns.assignees as &[Option<i64>],
        &columns.created,
        &columns.responded as &[Option<OffsetDateTime>],
        &columns.response_due as &[Option<OffsetDateTime>],
        &columns.response_breached,
        &columns.resolved as &[Option<OffsetDateTime>],
        &columns.resolution_due as &[Option<OffsetDateTime>],
        &columns.resolution_breached,
        &columns.closed as &[Option<OffsetDateTime>],
        &columns.replies,
        &columns.deleted as &[Option<OffsetDateTime>],
        &columns.purged,
        &columns.sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
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

/// One ticket as reporting knows it.
pub(crate) async fn by_id(db: &PgPool, id: i64) -> sqlx::Result<Option<KnownTicket>> {
    sqlx::query_as!(
        KnownTicket,
        r#"select id, project_id, status, priority, source, category_id, assigned_to,
                  created_at as "created_at: Timestamp",
                  first_response_at as "first_response_at: Timestamp",
                  first_response_due_at as "first_response_due_at: Timestamp",
                  first_response_breached,
                  resolved_at as "resolved_at: Timestamp",
                  resolution_due_at as "resolution_due_at: Timestamp",
                  resolution_breached,
                  closed_at as "closed_at: Timestamp",
                  reply_count,
                  deleted_at as "deleted_at: Timestamp",
                  purged, sequence
           from tickets where id = $1"#,
        id,
    )
    .fetch_optional(db)
    .await
}

/// How many tickets reporting knows.
pub(crate) async fn counts(db: &PgPool) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select count(*) as "tickets!", count(deleted_at) as "deleted!" from tickets"#,
    )
    .fetch_one(db)
    .await
}
