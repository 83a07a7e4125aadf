//! All tickets in one row.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Slice;

/// The overview (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Overview {
    /// Tickets created in the range and not deleted.
    #[schema(example = 284)]
    pub(crate) total_tickets: i64,
    /// The same by where they stand.
    pub(crate) by_status: ByStatus,
    /// Assigned to nobody, whatever the status.
    #[schema(example = 11)]
    pub(crate) unassigned: i64,
    /// With a breach of either deadline.
    #[schema(example = 4)]
    pub(crate) sla_breached: i64,
    /// Minutes from creation to the first staff reply; null over none.
    #[schema(example = 38.5)]
    pub(crate) avg_first_response_mins: Option<f64>,
    /// Minutes from creation to the resolution; null over none.
    #[schema(example = 312.0)]
    pub(crate) avg_resolution_minutes: Option<f64>,
}

/// How many tickets stand where.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ByStatus {
    /// Nobody works on them yet.
    pub(crate) open: i64,
    /// Somebody works on them.
    pub(crate) in_progress: i64,
    /// They wait for the customer.
    pub(crate) pending: i64,
    /// Solved.
    pub(crate) resolved: i64,
    /// Over.
    pub(crate) closed: i64,
}

/// The overview of a slice.
pub(crate) async fn read(db: &PgPool, slice: &Slice) -> sqlx::Result<Overview> {
    let sums = sqlx::query!(
        r#"with facts as (
               select * from project_days where day between $1 and $2 and $3::bigint[] is null
               union all
               select * from project_days where day between $1 and $2 and project_id = any($3))
           select coalesce(sum(tickets), 0) as "tickets!",
                  coalesce(sum(status_open), 0) as "open!",
                  coalesce(sum(status_in_progress), 0) as "in_progress!",
                  coalesce(sum(status_pending_customer), 0) as "pending!",
                  coalesce(sum(status_resolved), 0) as "resolved!",
                  coalesce(sum(status_closed), 0) as "closed!",
                  coalesce(sum(unassigned), 0) as "unassigned!",
                  coalesce(sum(breached), 0) as "breached!",
                  round(sum(response_micros) / nullif(sum(responded) * 60000000.0, 0), 1)::float8
                      as first_response,
                  round(sum(resolution_micros) / nullif(sum(resolved) * 60000000.0, 0), 1)::float8
                      as resolution
           from facts"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
    )
    .fetch_one(db)
    .await?;
    Ok(Overview {
        total_tickets: sums.tickets,
        by_status: ByStatus {
            open: sums.open,
            in_progress: sums.in_progress,
            pending: sums.pending,
            resolved: sums.resolved,
            closed: sums.closed,
        },
        unassigned: sums.unassigned,
        sla_breached: sums.breached,
        avg_first_response_mins: sums.first_response,
        avg_resolution_minutes: sums.resolution,
    })
}
