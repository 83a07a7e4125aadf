//! The ticket's own row: locking it within the caller's scope, and storing what a rule decided.

use desk_bus::outbox;
use desk_events::{Priority, Source, Status};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

use super::{activities, messages, tags, word::Word};
use crate::{
    domain::{Clocks, EntryKind, Pause, Policy, Scope, Ticket, Write},
    events::outgoing,
};

/// A scope as the parameters that the predicate of [`lock`] and [`visible`] reads.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ScopeParams<'a> {
    pub(super) kind: &'static str,
    pub(super) user_id: Option<i64>,
    pub(super) email: Option<&'a str>,
    pub(super) project_id: Option<i64>,
}

impl<'a> From<&'a Scope> for ScopeParams<'a> {
    fn from(scope: &'a Scope) -> Self {
        match scope {
            Scope::All { .. } => Self {
                kind: "all",
                ..Self::default()
            },
            Scope::Agent { user_id } => Self {
                kind: "agent",
                user_id: Some(*user_id),
                ..Self::default()
            },
            Scope::Customer {
                user_id,
                verified_email,
            } => Self {
                kind: "customer",
                user_id: Some(*user_id),
                email: verified_email.as_deref(),
                ..Self::default()
            },
            Scope::Project { project_id } => Self {
                kind: "project",
                project_id: Some(*project_id),
                ..Self::default()
            },
        }
    }
}

/// Live tickets, or soft-deleted ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existence {
    /// Not deleted.
    Live,
    /// Soft-deleted.
    Deleted,
}

struct TicketRow {
    id: i64,
    number: String,
    project_id: i64,
    subject: String,
    description: String,
    status: Word<Status>,
    priority: Word<Priority>,
    source: Word<Source>,
    customer_name: String,
    customer_email: String,
    creator_user_id: Option<i64>,
    requester_user_id: Option<i64>,
    assigned_to: Option<i64>,
    category_id: Option<i64>,
    tags: Vec<i64>,
    watchers: Vec<i64>,
    metadata: Value,
    sla_policy: Option<Json<Policy>>,
    first_response_due_at: Option<OffsetDateTime>,
    first_response_at: Option<OffsetDateTime>,
    first_response_ended: bool,
    first_response_breached: bool,
    resolution_due_at: Option<OffsetDateTime>,
    resolution_stopped_at: Option<OffsetDateTime>,
    resolution_breached: bool,
    resolution_pauses: Json<Vec<Pause>>,
    deadline_generation: i32,
    resolved_at: Option<OffsetDateTime>,
    closed_at: Option<OffsetDateTime>,
    ever_resolved: bool,
    last_activity_at: OffsetDateTime,
    reply_count: i32,
    version: i64,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
    deleted_at: Option<OffsetDateTime>,
}

impl From<TicketRow> for Ticket {
    fn from(row: TicketRow) -> Self {
        Self {
            id: row.id,
            number: row.number,
            project_id: row.project_id,
            subject: row.subject,
            description: row.description,
            status: row.status.0,
            priority: row.priority.0,
            source: row.source.0,
            customer_name: row.customer_name,
            customer_email: row.customer_email,
            creator_user_id: row.creator_user_id,
            requester_user_id: row.requester_user_id,
            assigned_to: row.assigned_to,
            category_id: row.category_id,
            tags: row.tags,
            watchers: row.watchers,
            metadata: row.metadata,
            clocks: Clocks {
                started_at: row.created_at,
                policy: row.sla_policy.map(|policy| policy.0),
                first_response_due_at: row.first_response_due_at,
                first_response_at: row.first_response_at,
                first_response_ended: row.first_response_ended,
                first_response_breached: row.first_response_breached,
                resolution_due_at: row.resolution_due_at,
                resolution_stopped_at: row.resolution_stopped_at,
                resolution_breached: row.resolution_breached,
                pauses: row.resolution_pauses.0,
                generation: row.deadline_generation,
            },
            resolved_at: row.resolved_at,
            closed_at: row.closed_at,
            ever_resolved: row.ever_resolved,
            last_activity_at: row.last_activity_at,
            reply_count: row.reply_count,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            deleted_at: row.deleted_at,
        }
    }
}

/// Selects whole tickets: those that the rest of the statement names.
macro_rules! tickets {
    ($rest:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            TicketRow,
        r#"select t.id, t.number, t.project_id, t.subject, t.description,
                  t.status as "status: Word<Status>", t.priority as "priority: Word<Priority>",
                  t.source as "source: Word<Source>", t.customer_name, t.customer_email,
                  t.creator_user_id, r.user_id as requester_user_id, t.assigned_to, t.category_id,
                  array(select tt.tag_id from ticket_tags tt
                        join tags g on g.id = tt.tag_id and g.deleted_at is null
                        where tt.ticket_id = t.id order by tt.tag_id) as "tags!",
                  t.watchers, t.metadata, t.sla_policy as "sla_policy: Json<Policy>",
                  t.first_response_due_at, t.first_response_at, t.first_response_ended,
                  t.first_response_breached, t.resolution_due_at, t.resolution_stopped_at,
                  t.resolution_breached,
                  t.resolution_pauses as "resolution_pauses: Json<Vec<Pause>>",
                  t.deadline_generation, t.resolved_at,
                  t.closed_at, t.ever_resolved, t.last_activity_at, t.reply_count, t.version,
                  t.created_at, t.updated_at, t.deleted_at
           from tickets t
           join requesters r on r.id = t.requester_id
           "# + $rest,
            $($argument),+
        )
    };
}

/// Locks a ticket that the caller may know of.
pub async fn lock(
    conn: &mut PgConnection,
    id: i64,
    scope: &Scope,
    existence: Existence,
) -> sqlx::Result<Option<Ticket>> {
    let scope = ScopeParams::from(scope);
    let row = tickets!(
        "where t.id = $1 and (t.deleted_at is not null) = $2
             and case $3::text
                 when 'all' then true
                 when 'agent' then t.creator_user_id = $4 or exists (
                     select from replica_memberships m
                     join replica_projects p on p.id = m.project_id and not p.deleted
                     where m.project_id = t.project_id and m.user_id = $4 and m.is_member)
                 when 'customer' then t.creator_user_id = $4 or t.customer_email = $5
                 when 'project' then t.project_id = $6
             end
           for update of t",
        id,
        existence == Existence::Deleted,
        scope.kind,
        scope.user_id,
        scope.email,
        scope.project_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Ticket::from))
}

/// Locks live tickets, by id: whoever locks several does it in that order.
pub async fn lock_all(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Ticket>> {
    let rows = tickets!(
        "where t.id = any($1) and t.deleted_at is null order by t.id for update of t",
        ids,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Ticket::from).collect())
}

/// Locks so many tickets that were deleted before then and that nobody else has locked.
pub async fn lock_deleted(
    conn: &mut PgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Ticket>> {
    let rows = tickets!(
        "where t.deleted_at < $1 order by t.id limit $2 for update of t skip locked",
        before,
        limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Ticket::from).collect())
}

/// Locks tickets, deleted or not, by id.
pub async fn lock_with_deleted(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Ticket>> {
    let rows = tickets!("where t.id = any($1) order by t.id for update of t", ids)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(Ticket::from).collect())
}

/// So many tickets after an id, by id, deleted or not.
pub async fn after(conn: &mut PgConnection, id: i64, limit: i64) -> sqlx::Result<Vec<Ticket>> {
    let rows = tickets!("where t.id > $1 order by t.id limit $2", id, limit)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(Ticket::from).collect())
}

/// How many tickets there are, deleted or not.
pub async fn count(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from tickets"#)
        .fetch_one(conn)
        .await
}

/// Is this a live ticket that the caller may know of?
pub async fn visible(conn: &mut PgConnection, id: i64, scope: &Scope) -> sqlx::Result<bool> {
    let scope = ScopeParams::from(scope);
    let found = sqlx::query_scalar!(
        r#"select t.id
           from tickets t
           where t.id = $1 and t.deleted_at is null
             and case $2::text
                 when 'all' then true
                 when 'agent' then t.creator_user_id = $3 or exists (
                     select from replica_memberships m
                     join replica_projects p on p.id = m.project_id and not p.deleted
                     where m.project_id = t.project_id and m.user_id = $3 and m.is_member)
                 when 'customer' then t.creator_user_id = $3 or t.customer_email = $4
                 when 'project' then t.project_id = $5
             end"#,
        id,
        scope.kind,
        scope.user_id,
        scope.email,
        scope.project_id,
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.is_some())
}

/// The live ticket of this number in this project.
pub async fn by_number(
    conn: &mut PgConnection,
    number: &str,
    project_id: i64,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from tickets where number = $1 and project_id = $2 and deleted_at is null",
        number,
        project_id,
    )
    .fetch_optional(conn)
    .await
}

/// The open tickets of somebody who may no longer work on them: disabled, deleted, a customer by
/// now, or no longer an agent of the project. In the order in which to lock them.
pub async fn orphaned(conn: &mut PgConnection, assignee: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select t.id
         from tickets t
         join replica_users u on u.id = t.assigned_to
         where t.assigned_to = $1 and t.deleted_at is null
           and t.status not in ('resolved', 'closed')
           and not (u.is_active and not u.deleted
                    and (u.role in ('super_admin', 'admin')
                         or u.role = 'agent' and exists (
                             select from replica_memberships m
                             where m.project_id = t.project_id and m.user_id = u.id
                               and m.is_member)))
         order by t.id",
        assignee,
    )
    .fetch_all(conn)
    .await
}

/// Stores a change: the row, its message and tags, one activity and one event an entry. Answers
/// the message's id.
pub async fn apply(conn: &mut PgConnection, write: &Write) -> sqlx::Result<Option<i64>> {
    update_row(conn, write).await?;
    let ticket = &write.ticket;
    let mut message_id = None;
    if let Some(message) = &write.message {
        message_id = Some(messages::insert(conn, ticket.id, message, ticket.updated_at).await?);
    }
    if write.retags {
        tags::replace(conn, ticket.id, &ticket.tags).await?;
    }
    activities::insert(conn, std::slice::from_ref(write), message_id).await?;
    outbox::append(conn, &outgoing::events(write, message_id)).await?;
    Ok(message_id)
}

async fn update_row(conn: &mut PgConnection, write: &Write) -> sqlx::Result<()> {
    let ticket = &write.ticket;
    let clocks = &ticket.clocks;
    let rewritten = write
        .entries
        .iter()
        .any(|entry| entry.kind == EntryKind::Updated);
    sqlx::query!(
        "update tickets
         set subject = coalesce($2, subject), description = coalesce($3, description),
             status = $4, priority = $5, assigned_to = $6, category_id = $7, sla_policy = $8,
             first_response_due_at = $9, first_response_at = $10, first_response_ended = $11,
             first_response_breached = $12, resolution_due_at = $13, resolution_stopped_at = $14,
             resolution_breached = $15, resolution_pauses = $16, deadline_generation = $17,
             resolved_at = $18, closed_at = $19, ever_resolved = $20, last_activity_at = $21,
             reply_count = $22, version = $23, updated_at = $24, deleted_at = $25, watchers = $26
         where id = $1",
        ticket.id,
        rewritten.then_some(ticket.subject.as_str()),
        rewritten.then_some(ticket.description.as_str()),
        ticket.status.as_str(),
        ticket.priority.as_str(),
        ticket.assigned_to,
        ticket.category_id,
        clocks.policy.as_ref().map(Json) as _,
        clocks.first_response_due_at,
        clocks.first_response_at,
        clocks.first_response_ended,
        clocks.first_response_breached,
        clocks.resolution_due_at,
        clocks.resolution_stopped_at,
        clocks.resolution_breached,
        Json(&clocks.pauses) as _,
        clocks.generation,
        ticket.resolved_at,
        ticket.closed_at,
        ticket.ever_resolved,
        ticket.last_activity_at,
        ticket.reply_count,
        ticket.version,
        ticket.updated_at,
        ticket.deleted_at,
        &ticket.watchers,
    )
    .execute(conn)
    .await?;
    Ok(())
}
