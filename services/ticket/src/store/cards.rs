//! Tickets as lists and answers show them, with the names of all that they refer to.

use desk_events::{Priority, Source, Status};
use serde_json::Value;
use sqlx::{PgConnection, types::Json};
use time::OffsetDateTime;

use super::word::Word;
use crate::domain::Policy;

/// A ticket with the names of all that it refers to.
#[derive(Debug, Clone)]
pub struct Card {
    pub id: i64,
    pub number: String,
    pub subject: String,
    pub status: Word<Status>,
    pub priority: Word<Priority>,
    pub source: Word<Source>,
    pub customer_name: String,
    pub customer_email: String,
    pub customer_phone: Option<String>,
    pub external_customer_id: Option<String>,
    pub assigned_to: Option<i64>,
    pub assignee_name: Option<String>,
    pub first_response_at: Option<OffsetDateTime>,
    pub first_response_due_at: Option<OffsetDateTime>,
    pub resolution_due_at: Option<OffsetDateTime>,
    pub first_response_breached: bool,
    pub resolution_breached: bool,
    pub resolved_at: Option<OffsetDateTime>,
    pub closed_at: Option<OffsetDateTime>,
    pub last_activity_at: OffsetDateTime,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub version: i64,
    pub reply_count: i32,
    /// The viewer follows it.
    pub watching: bool,
    pub project_id: i64,
    pub project_name: String,
    pub project_slug: String,
    pub category_id: Option<i64>,
    pub category_name: Option<String>,
    pub category_color: Option<String>,
    pub creator_id: Option<i64>,
    pub creator_name: String,
    pub sla_policy: Option<Json<Policy>>,
}

/// What the lists leave out.
#[derive(Debug, Clone)]
pub struct Content {
    /// What the ticket is about.
    pub description: String,
    /// Free-form data of the external project.
    pub metadata: Value,
    /// It has files, or its messages have.
    pub has_files: bool,
    /// Who follows it, as user ids.
    pub watchers: Vec<i64>,
    /// The customer's verdict: 1 to 5.
    pub score: Option<i16>,
    /// What the customer says.
    pub comment: Option<String>,
    /// When it was rated.
    pub rated_at: Option<OffsetDateTime>,
}

/// These tickets as an account sees them, in the order of the ids; ids of none are left out.
pub async fn cards(
    conn: &mut PgConnection,
    ids: &[i64],
    viewer: Option<i64>,
) -> sqlx::Result<Vec<Card>> {
    sqlx::query_as!(
        Card,
        r#"select t.id, t.number, t.subject, t.status as "status: Word<Status>",
                  t.priority as "priority: Word<Priority>", t.source as "source: Word<Source>",
                  t.customer_name, t.customer_email, t.customer_phone, t.external_customer_id,
                  t.assigned_to, au.name as "assignee_name?", t.first_response_at,
                  t.first_response_due_at, t.resolution_due_at, t.first_response_breached,
                  t.resolution_breached, t.resolved_at, t.closed_at, t.last_activity_at,
                  t.created_at, t.updated_at, t.version, t.reply_count, t.project_id,
                  coalesce($2 = any (t.watchers), false) as "watching!",
                  coalesce(p.name, '') as "project_name!", coalesce(p.slug, '') as "project_slug!",
                  c.id as "category_id?", c.name as "category_name?", c.color as category_color,
                  coalesce(t.creator_user_id, r.user_id) as creator_id,
                  coalesce(cu.name, t.customer_name) as "creator_name!",
                  t.sla_policy as "sla_policy: Json<Policy>"
           from unnest($1::bigint[]) with ordinality as wanted (id, place)
           join tickets t on t.id = wanted.id
           join requesters r on r.id = t.requester_id
           left join categories c on c.id = t.category_id
           left join replica_projects p on p.id = t.project_id
           left join replica_users cu on cu.id = t.creator_user_id
           left join replica_users au on au.id = t.assigned_to
           order by wanted.place"#,
        ids,
        viewer,
    )
    .fetch_all(conn)
    .await
}

/// What a ticket has beside its card.
pub async fn content(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Content>> {
    sqlx::query_as!(
        Content,
        r#"select t.description, t.metadata, t.watchers, r.score as "score?", r.comment,
                  r.created_at as "rated_at?",
                  exists (select from attachments a where a.ticket_id = t.id) as "has_files!"
           from tickets t
           left join ratings r on r.ticket_id = t.id
           where t.id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}
