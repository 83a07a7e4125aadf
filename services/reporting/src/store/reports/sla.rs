//! Deadlines kept and missed.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Slice;

/// Tickets and what they missed (reference, Reports & Analytics).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Deadlines {
    /// Tickets created in the range and not deleted.
    #[schema(example = 5)]
    pub(crate) total: i64,
    /// Without a first reply in time.
    #[schema(example = 1)]
    pub(crate) fr_breached: i64,
    /// Without a resolution in time.
    #[schema(example = 0)]
    pub(crate) res_breached: i64,
}

/// The deadlines of one priority, or of all.
#[derive(Debug)]
pub(crate) struct Sums {
    /// The priority's word; none: all of them.
    pub(crate) priority: Option<String>,
    /// The counts.
    pub(crate) deadlines: Deadlines,
    /// Missed first replies, per cent.
    pub(crate) fr_breach_rate: f64,
    /// Missed resolutions, per cent.
    pub(crate) res_breach_rate: f64,
}

/// A slice's deadlines: of all tickets, and of each priority that has any.
pub(crate) async fn read(db: &PgPool, slice: &Slice) -> sqlx::Result<Vec<Sums>> {
    let rows = sqlx::query!(
        r#"with facts as (
               select * from priority_days where day between $1 and $2 and $3::bigint[] is null
               union all
               select * from priority_days where day between $1 and $2 and project_id = any($3)),
           sums as (
               select priority, coalesce(sum(tickets), 0) as total,
                      coalesce(sum(first_response_breached), 0) as first,
                      coalesce(sum(resolution_breached), 0) as resolution
               from facts
               group by grouping sets ((), (priority)))
           select priority as "priority?", total as "total!", first as "first!",
                  resolution as "resolution!",
                  coalesce(round(100.0 * first / nullif(total, 0), 1), 0)::float8
                      as "first_rate!",
                  coalesce(round(100.0 * resolution / nullif(total, 0), 1), 0)::float8
                      as "resolution_rate!"
           from sums"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Sums {
            priority: row.priority,
            deadlines: Deadlines {
                total: row.total,
                fr_breached: row.first,
                res_breached: row.resolution,
            },
            fr_breach_rate: row.first_rate,
            res_breach_rate: row.resolution_rate,
        })
        .collect())
}
