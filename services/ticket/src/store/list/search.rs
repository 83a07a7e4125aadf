//! Searches: what matches is found by its own index and looked at once, for the total and for the
//! page. What matches more often than is counted lies everywhere, so that a page of it is found by
//! walking its order.

use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};

use super::{
    COUNT_CAP, Ids, List, Sort, Total, Window,
    sql::{push_any, push_beyond, push_window},
};

/// Searches shorter than this match a number or an e-mail by prefix, in characters.
const SUBSTRING_FROM: usize = 3;

impl List<'_> {
    /// The page and the total; the page is good unless the total is capped.
    pub(super) async fn searched(
        &self,
        conn: &mut PgConnection,
        sort: Sort,
        window: Window,
    ) -> sqlx::Result<(Total, Ids)> {
        let mut sql = QueryBuilder::new("with found as materialized (select t.id, ");
        sql.push(sort.key.sql()).push(" as k from tickets t where ");
        push_any(&mut sql, &self.arms.iter().collect::<Vec<_>>());
        self.push_filter(&mut sql);
        sql.push(" limit ").push_bind(COUNT_CAP + 1);
        sql.push("), page as (select id, k from found where true");
        push_beyond(&mut sql, ("k", "id"), sort, window);
        push_window(&mut sql, sort, window);
        sql.push(") select counted.total, id, ")
            .push(sort.key.shown())
            .push(" as key from (select count(*) as total from found) as counted left join page on true order by k")
            .push(sort.direction())
            .push(", id")
            .push(sort.direction());
        let mut rows = sql.build().fetch_all(conn).await?;

        let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get("total"))?;
        rows.retain(|row| matches!(row.try_get("id"), Ok(Some::<i64>(_))));
        let total = Total {
            count: count.min(COUNT_CAP),
            capped: count > COUNT_CAP,
        };
        Ok((total, Ids::read(&rows, sort, window)?))
    }
}

/// The expression of the search index, word for word.
pub(super) fn push_search(sql: &mut QueryBuilder<Postgres>, search: &str) {
    if search.chars().count() < SUBSTRING_FROM {
        sql.push(" and (");
        push_prefix(sql, "lower(t.number)", search);
        sql.push(" or ");
        push_prefix(sql, "t.customer_email", search);
        sql.push(")");
    } else {
        sql.push(
            r" and lower(t.subject || E'\n' || t.number || E'\n' || t.customer_email) like lower(",
        );
        sql.push_bind(format!("%{}%", literal(search))).push(")");
    }
}

/// What begins with the text, as a range: a plan that knows no pattern takes an index for it.
fn push_prefix(sql: &mut QueryBuilder<Postgres>, column: &str, search: &str) {
    sql.push("(")
        .push(column)
        .push(" ~>=~ lower(")
        .push_bind(search.to_owned());
    sql.push(") and ")
        .push(column)
        .push(" ~<~ (lower(")
        .push_bind(search.to_owned());
    // The greatest character that there is.
    sql.push(") || chr(1114111)))");
}

/// The text with `%`, `_` and the escape itself taken literally.
pub fn literal(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_taken_literally() {
        assert_eq!(literal(r"50%_\"), r"50\%\_\\");
    }
}
