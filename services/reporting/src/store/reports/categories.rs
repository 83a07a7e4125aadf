//! A row a category.

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::Slice;

/// A category's tickets (reference, Reports & Analytics).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CategoryRow {
    /// Category id; null for tickets without one.
    pub(crate) category_id: Option<i64>,
    /// Its name, or `Uncategorized`.
    #[schema(example = "Technical Issue")]
    pub(crate) category: String,
    /// `#RRGGBB`.
    #[schema(example = "#EF4444")]
    pub(crate) color: Option<String>,
    /// Tickets created in the range and not deleted.
    #[schema(example = 98)]
    pub(crate) total: i64,
}

/// The categories with tickets in a slice, the busiest first.
pub(crate) async fn read(db: &PgPool, slice: &Slice) -> sqlx::Result<Vec<CategoryRow>> {
    sqlx::query_as!(
        CategoryRow,
        r#"with facts as (
               select * from category_days where day between $1 and $2 and $3::bigint[] is null
               union all
               select * from category_days where day between $1 and $2 and project_id = any($3)),
           sums as (
               select category_id, sum(tickets) as total
               from facts
               group by category_id having sum(tickets) > 0)
           select s.category_id,
                  coalesce(c.name, 'Category ' || s.category_id, 'Uncategorized') as "category!",
                  c.color as "color?", s.total as "total!"
           from sums as s left join categories as c on c.id = s.category_id
           order by s.total desc, s.category_id nulls last"#,
        slice.from,
        slice.to,
        slice.projects.as_deref(),
    )
    .fetch_all(db)
    .await
}
