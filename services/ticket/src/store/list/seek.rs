//! Deep pages: in the order of filing, the counters of days tell on which day a page starts, so
//! that only that day's tickets are counted off instead of all before them.

use sqlx::{PgConnection, QueryBuilder};
use time::Date;

use super::{List, Sort, SortKey, Window, sql::push_predicate, total::push_projects, way::Way};

/// From so many rows on it is worth asking.
const DEEP: i64 = 1_000;

impl List<'_> {
    /// The same part of the list, its offset counted from the day that it starts on, where the
    /// counters know.
    pub(super) async fn sought(
        &self,
        conn: &mut PgConnection,
        sort: Sort,
        window: Window,
    ) -> sqlx::Result<Window> {
        let known = sort.key == SortKey::CreatedAt && self.filter.is_plain();
        if window.offset < DEEP || !known {
            return Ok(window);
        }
        let start = self.day_of(conn, sort, window.offset).await?;
        Ok(start.map_or(window, |(day, before)| Window {
            day: Some(day),
            offset: window.offset - before,
            ..window
        }))
    }

    /// The day of the row behind so many, and how many lie before that day.
    async fn day_of(
        &self,
        conn: &mut PgConnection,
        sort: Sort,
        offset: i64,
    ) -> sqlx::Result<Option<(Date, i64)>> {
        let mut sql = QueryBuilder::new("with counted as (");
        for (place, arm) in self.arms.iter().enumerate() {
            if place > 0 {
                sql.push(" union all ");
            }
            if let Some(projects) = arm.counted_projects() {
                sql.push("select day, tickets from ticket_days where project_id = any (");
                sql.push_bind(projects.clone());
                sql.push(") union all select created_on, delta from ticket_count_deltas where tag_id is null and ");
                push_projects(&mut sql, &projects);
            } else {
                sql.push(
                    "select (created_at at time zone 'utc')::date, count(*) from tickets t where ",
                );
                push_predicate(&mut sql, arm);
                self.push_filter(&mut sql, Way::Gather);
                sql.push(" group by 1");
            }
        }
        let direction = sort.direction();
        sql.push("), days as (select day, sum(tickets) as n, sum(sum(tickets)) over (order by day")
            .push(direction)
            .push(") as upto from counted group by day) ");
        sql.push("select day, (upto - n)::bigint from days where upto > ");
        sql.push_bind(offset)
            .push(" order by day")
            .push(direction)
            .push(" limit 1");
        sql.build_query_as().fetch_optional(conn).await
    }
}
