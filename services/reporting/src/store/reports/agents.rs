//! A row an agent.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Slice;

/// The tickets assigned to an agent now (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentRow {
    /// User id.
    pub(crate) agent_id: i64,
    /// The agent's name.
    #[schema(example = "Alice Okafor")]
    pub(crate) agent: String,
    /// Tickets created in the range and not deleted.
    #[schema(example = 34)]
    pub(crate) total_assigned: i64,
    /// Of these, the resolved ones.
    #[schema(example = 31)]
    pub(crate) total_resolved: i64,
    /// Resolved, per cent.
    #[schema(example = 91.2)]
    pub(crate) resolve_rate: f64,
    /// Minutes from creation to the resolution; null over none.
    #[schema(example = 280.5)]
    pub(crate) avg_resolution_minutes: Option<f64>,
}

/// The agents with tickets in a slice, the busiest first; one of them alone when `only` says so.
pub(crate) async fn read(
    db: &PgPool,
    slice: &Slice,
    only: Option<i64>,
) -> sqlx::Result<Vec<AgentRow>> {
    sqlx::query_as!(
        AgentRow,
        r#"with facts as (
               select * from agent_days where day between $1 and $2 and $3::bigint[] is null
               union all
               select * from agent_days where day between $1 and $2 and project_id = any($3)),
           sums as (
               select agent_id, sum(tickets) as assigned, sum(resolved) as resolved,
                      sum(resolution_micros) as micros
               from facts
               where $4::bigint is null or agent_id = $4
               group by agent_id having sum(tickets) > 0)
           select s.agent_id as "agent_id!", coalesce(u.name, 'Agent ' || s.agent_id) as "agent!",
                  s.assigned as "total_assigned!", s.resolved as "total_resolved!",
                  round(100.0 * s.resolved / s.assigned, 1)::float8 as "resolve_rate!",
                  round(s.micros / nullif(s.resolved * 60000000.0, 0), 1)::float8
                      as avg_resolution_minutes
           from sums as s left join replica_users as u on u.id = s.agent_id
           order by s.assigned desc, s.agent_id"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
        only,
    )
    .fetch_all(db)
    .await
}
