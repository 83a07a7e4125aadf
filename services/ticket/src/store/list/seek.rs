//! Deep pages: in the order of filing, the counters of months and days tell on which day a page
//! starts, so that only that day's tickets are counted off instead of all before them.

use sqlx::{PgConnection, Postgres, QueryBuilder};
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

    /// The day of the row behind so many, and how many lie before that day: its month first, then
    /// the day in it.
    async fn day_of(
        &self,
        conn: &mut PgConnection,
        sort: Sort,
        offset: i64,
    ) -> sqlx::Result<Option<(Date, i64)>> {
        let mut sql = QueryBuilder::new("with months as (");
        self.push_counted(&mut sql, &MONTHS);
        sql.push("), month as (");
        push_found(&mut sql, "months", sort, offset, "0");
        sql.push("), days as (");
        self.push_counted(&mut sql, &DAYS);
        sql.push("), day as (");
        push_found(&mut sql, "days", sort, offset, "(select before from month)");
        sql.push(") select day.at, (month.before + day.before)::bigint from day, month");
        sql.build_query_as().fetch_optional(conn).await
    }

    /// How many tickets lie where.
    fn push_counted(&self, sql: &mut QueryBuilder<Postgres>, by: &By) {
        for (place, arm) in self.arms.iter().enumerate() {
            if place > 0 {
                sql.push(" union all ");
            }
            if let Some(projects) = arm.counted_projects() {
                sql.push(by.counters).push(" and project_id = any (");
                sql.push_bind(projects.clone()).push(") union all ");
                sql.push(by.deltas).push(" and ");
                push_projects(sql, &projects);
            } else {
                sql.push(by.tickets).push(" and ");
                push_predicate(sql, arm);
                self.push_filter(sql, Way::Gather);
                sql.push(" group by 1");
            }
        }
    }
}

/// By what tickets are counted: statements for `at` and how many, to which conditions are added.
struct By {
    /// Sums.
    counters: &'static str,
    /// What is not summed up yet.
    deltas: &'static str,
    /// The tickets themselves, where nothing sums them up.
    tickets: &'static str,
}

const MONTHS: By = By {
    counters: "select month as at, tickets as n from ticket_months where true",
    deltas: "select date_trunc('month', created_on)::date, delta from ticket_count_deltas
             where tag_id is null",
    tickets: "select date_trunc('month', t.created_at at time zone 'utc')::date as at,
                     count(*) as n
              from tickets t where true",
};

/// Those of the month that was found.
const DAYS: By = By {
    counters: "select day as at, tickets as n from ticket_days
               where day >= (select at from month)
                 and day < ((select at from month) + interval '1 month')::date",
    deltas: "select created_on, delta from ticket_count_deltas
             where tag_id is null and date_trunc('month', created_on)::date = (select at from month)",
    tickets:
        "select (t.created_at at time zone 'utc')::date as at, count(*) as n
              from tickets t
              where t.created_at >= (select at from month)::timestamp at time zone 'utc'
                and t.created_at < ((select at from month) + interval '1 month') at time zone 'utc'",
};

/// Of what is counted, the one that the row behind so many less `before` lies in, and how many lie
/// before it.
fn push_found(
    sql: &mut QueryBuilder<Postgres>,
    counted: &str,
    sort: Sort,
    offset: i64,
    before: &str,
) {
    let direction = sort.direction();
    sql.push(
        "select at, upto - n as before from (select at, sum(n) as n, sum(sum(n)) over (order by at",
    );
    sql.push(direction).push(") as upto from ").push(counted);
    sql.push(" group by at) as running where upto > ");
    sql.push_bind(offset).push(" - ").push(before);
    sql.push(" order by at").push(direction).push(" limit 1");
}
