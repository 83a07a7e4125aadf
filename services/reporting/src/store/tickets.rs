//! The last state of each ticket.

use desk_bus::reconcile::Known;
use desk_events::TicketRecord;
use desk_http::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

/// A ticket as reporting knows it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(crate) struct KnownTicket {
    /// Ticket id.
    pub(crate) id: i64,
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
    pub(crate) purged: bool,
    /// Of the event that this state came with.
    pub(crate) sequence: i64,
}

impl From<&TicketRecord> for KnownTicket {
    fn from(record: &TicketRecord) -> Self {
        let ticket = &record.ticket;
        Self {
            id: ticket.id,
            project_id: ticket.project_id,
            status: ticket.status.as_str().to_owned(),
            priority: ticket.priority.as_str().to_owned(),
            source: ticket.source.as_str().to_owned(),
            category_id: ticket.category_id,
            assigned_to: ticket.assigned_to,
            created_at: Timestamp(ticket.created_at),
            first_response_at: ticket.first_response_at.map(Timestamp),
            first_response_due_at: ticket.first_response_due_at.map(Timestamp),
            first_response_breached: ticket.first_response_breached,
            resolved_at: ticket.resolved_at.map(Timestamp),
            resolution_due_at: ticket.resolution_due_at.map(Timestamp),
            resolution_breached: ticket.resolution_breached,
            closed_at: ticket.closed_at.map(Timestamp),
            reply_count: ticket.reply_count,
            deleted_at: ticket.deleted_at.map(Timestamp),
            purged: false,
            sequence: record.sequence,
        }
    }
}

/// How many tickets reporting knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counts {
    /// All it heard of.
    tickets: i64,
    /// Of these, the soft-deleted ones.
    deleted: i64,
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
    let mut conn = db.acquire().await?;
    let mut found = between(&mut conn, id.saturating_sub(1), id).await?;
    Ok(found.pop())
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

/// The tickets whose ids are in a range, by id.
pub(crate) async fn between(
    conn: &mut PgConnection,
    after: i64,
    last: i64,
) -> sqlx::Result<Vec<KnownTicket>> {
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
           from tickets where id > $1 and id <= $2 order by id"#,
        after,
        last,
    )
    .fetch_all(conn)
    .await
}

/// Forgets tickets that are still as they were looked at: id and sequence. The sums keep what they
/// added.
pub(crate) async fn forget(
    conn: &mut PgConnection,
    ids: &[i64],
    sequences: &[i64],
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from tickets t using unnest($1::bigint[], $2::bigint[]) as seen (id, sequence)
         where t.id = seen.id and t.sequence = seen.sequence",
        ids,
        sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes as purged what is still as it was looked at. The sums keep what they added.
pub(crate) async fn purge(
    conn: &mut PgConnection,
    ids: &[i64],
    sequences: &[i64],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update tickets t set purged = true
         from unnest($1::bigint[], $2::bigint[]) as seen (id, sequence)
         where t.id = seen.id and t.sequence = seen.sequence",
        ids,
        sequences,
    )
    .execute(conn)
    .await?;
    Ok(())
}
