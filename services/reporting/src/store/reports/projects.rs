//! A row a project.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Slice;

/// A project's tickets (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectRow {
    /// Project id.
    pub(crate) project_id: i64,
    /// Its name.
    #[schema(example = "NaijaHomes")]
    pub(crate) project: String,
    /// Tickets created in the range and not deleted.
    #[schema(example = 84)]
    pub(crate) total: i64,
    /// Of these, the resolved ones.
    #[schema(example = 72)]
    pub(crate) resolved: i64,
    /// With a breach of either deadline.
    #[schema(example = 2)]
    pub(crate) breached: i64,
    /// Resolved, per cent.
    #[schema(example = 85.7)]
    pub(crate) resolve_rate: f64,
}

/// The projects with tickets in a slice, the busiest first.
pub(crate) async fn read(db: &PgPool, slice: &Slice) -> sqlx::Result<Vec<ProjectRow>> {
    sqlx::query_as!(
        ProjectRow,
        r#"with facts as (
               select * from project_days where day between $1 and $2 and $3::bigint[] is null
               union all
               select * from project_days where day between $1 and $2 and project_id = any($3)),
           sums as (
               select project_id, sum(tickets) as total, sum(resolved) as resolved,
                      sum(breached) as breached
               from facts
               group by project_id having sum(tickets) > 0)
           select s.project_id as "project_id!",
                  coalesce(p.name, 'Project ' || s.project_id) as "project!",
                  s.total as "total!", s.resolved as "resolved!", s.breached as "breached!",
                  round(100.0 * s.resolved / s.total, 1)::float8 as "resolve_rate!"
           from sums as s left join replica_projects as p on p.id = s.project_id
           order by s.total desc, s.project_id"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
    )
    .fetch_all(db)
    .await
}
