//! The last state of each ticket.

use desk_bus::reconcile::Known;
use desk_http::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

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
