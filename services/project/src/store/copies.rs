//! Copies of ticket's facts: how many tickets a project has, and its SLA policies. The highest
//! sequence wins.

use desk_bus::reconcile::Known;
use desk_events::{ProjectCount, SlaPolicyState};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};
use utoipa::ToSchema;

/// An SLA policy of a project.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectSlaPolicy {
    /// Id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// The priority it rules.
    #[schema(example = "high")]
    pub priority: String,
    /// Minutes to the first staff reply.
    pub first_response_minutes: i32,
    /// Minutes to the resolution.
    pub resolution_minutes: i32,
    /// Its working hours; null for around the clock.
    pub calendar_id: Option<i64>,
    /// Waiting for the customer moves the resolution due time.
    pub pause_while_pending: bool,
}

/// Keeps a count that is newer than what is there.
pub async fn keep_count(
    conn: &mut PgConnection,
    count: &ProjectCount,
    sequence: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into project_ticket_counts as kept (project_id, tickets, sequence)
         values ($1, $2, $3)
         on conflict (project_id) do update
         set tickets = excluded.tickets, sequence = excluded.sequence
         where kept.sequence < excluded.sequence",
        count.project_id,
        count.tickets,
        sequence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps a policy that is newer than what is there.
pub async fn keep_policy(
    conn: &mut PgConnection,
    policy: &SlaPolicyState,
    sequence: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sla_policy_copies as kept
             (id, project_id, name, priority, first_response_minutes, resolution_minutes,
              calendar_id, pause_while_pending, deleted, sequence)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (id) do update
         set project_id = excluded.project_id, name = excluded.name, priority = excluded.priority,
             first_response_minutes = excluded.first_response_minutes,
             resolution_minutes = excluded.resolution_minutes,
             calendar_id = excluded.calendar_id,
             pause_while_pending = excluded.pause_while_pending,
             deleted = excluded.deleted, sequence = excluded.sequence
         where kept.sequence < excluded.sequence",
        policy.id,
        policy.project_id,
        policy.name,
        policy.priority.as_str(),
        policy.first_response_minutes,
        policy.resolution_minutes,
        policy.calendar_id,
        policy.pause_while_pending,
        policy.deleted,
        sequence,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How far these counts are.
pub async fn known_counts(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        "select project_id as id, sequence from project_ticket_counts where project_id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await
}

/// How far these policies are.
pub async fn known_policies(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        "select id, sequence from sla_policy_copies where id = any($1)",
        ids,
    )
    .fetch_all(conn)
    .await
}

/// How many tickets a project has.
pub async fn tickets(pool: &PgPool, project_id: i64) -> sqlx::Result<i64> {
    let tickets = sqlx::query_scalar!(
        "select tickets from project_ticket_counts where project_id = $1",
        project_id,
    )
    .fetch_optional(pool)
    .await?;
    Ok(tickets.unwrap_or(0))
}

/// A project's own SLA policies, the most urgent priority first.
pub async fn policies(pool: &PgPool, project_id: i64) -> sqlx::Result<Vec<ProjectSlaPolicy>> {
    sqlx::query_as!(
        ProjectSlaPolicy,
        "select id, name, priority, first_response_minutes, resolution_minutes, calendar_id,
                pause_while_pending
         from sla_policy_copies
         where project_id = $1 and not deleted
         order by array_position(array['critical', 'high', 'medium', 'low'], priority), id",
        project_id,
    )
    .fetch_all(pool)
    .await
}
