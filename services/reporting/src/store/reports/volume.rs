//! Creations and resolutions by period.

use sqlx::PgPool;
use time::Date;

use super::Slice;

/// What happened in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Volume {
    /// The period's first day.
    pub(crate) period: Date,
    /// Tickets created in it and not deleted.
    pub(crate) created: i64,
    /// Tickets resolved in it and not deleted.
    pub(crate) resolved: i64,
}

/// A slice's days summed up by `unit`, a word of `date_trunc`; periods without anything are left
/// out.
pub(crate) async fn read(db: &PgPool, slice: &Slice, unit: &str) -> sqlx::Result<Vec<Volume>> {
    sqlx::query_as!(
        Volume,
        r#"with counts as (
               select day, tickets as created, 0 as resolved from project_days
               where day between $1 and $2 and $3::bigint[] is null
               union all
               select day, tickets, 0 from project_days
               where day between $1 and $2 and project_id = any($3)
               union all
               select day, 0, resolutions from resolution_days
               where day between $1 and $2 and $3 is null
               union all
               select day, 0, resolutions from resolution_days
               where day between $1 and $2 and project_id = any($3))
           select date_trunc($4, day::timestamp)::date as "period!", sum(created) as "created!",
                  sum(resolved) as "resolved!"
           from counts group by 1"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
        unit,
    )
    .fetch_all(db)
    .await
}
