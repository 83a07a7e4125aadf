//! Searches. Among few tickets each is looked at; among many, what matches is found by the search
//! index, in the table of texts. It is looked at once, for the total and for the page. What matches
//! more often than is counted lies everywhere, so that a page of it is found by walking its order; and
//! that it does is not counted again for each page.

use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _};

use super::{
    Arm, COUNT_CAP, FrequentSearches, Ids, List, Sort, SortKey, Total, Window,
    pieces::pieces,
    sql::{push_any, push_beyond, push_window},
    way::{FEW, Way},
};

/// Searches shorter than this match a number or an e-mail by prefix, in characters.
const SUBSTRING_FROM: usize = 3;

impl List<'_> {
    /// The page and the total of what matches, of so many; the page is good unless the total is
    /// capped.
    pub(super) async fn searched(
        &self,
        conn: &mut PgConnection,
        search: &str,
        among: Total,
        frequent: &FrequentSearches,
        sort: Sort,
        window: Window,
    ) -> sqlx::Result<(Total, Ids)> {
        let none = Total {
            count: 0,
            capped: false,
        };
        if among.count == 0 {
            return Ok((none, Ids::default()));
        }
        // A whole desk has the search indexes, however small it is.
        let few = among.count <= FEW && !self.is_whole_desk();
        if !few
            && (frequent.has(&self.arms, self.filter)
                || self.is_begun_often(&mut *conn, search).await?)
        {
            return Ok((Total::CAPPED, Ids::default()));
        }
        let mut sql = QueryBuilder::new("with ");
        if few {
            sql.push("found as materialized (");
            self.push_matches(&mut sql, search, sort, FROM, push_match);
        } else if is_short(search) {
            sql.push("found as materialized (");
            self.push_matches(&mut sql, search, sort, FROM, push_begun);
        } else {
            sql.push("addresses as materialized (select email from requesters where true");
            push_has(&mut sql, "email", search);
            sql.push("), worded as materialized (");
            self.push_matches(&mut sql, search, sort, self.texts(sort), push_by_words);
            sql.push("), found as materialized (select id, k from worded union all (");
            self.push_addressed(&mut sql, sort);
            sql.push(") limit ").push_bind(COUNT_CAP + 1);
        }
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
        if count > COUNT_CAP {
            frequent.note(&self.arms, self.filter);
            return Ok((Total::CAPPED, Ids::default()));
        }
        let total = Total {
            count,
            capped: false,
        };
        Ok((total, Ids::read(&rows, sort, window)?))
    }

    /// What matches in one way, in any order.
    fn push_matches(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        search: &str,
        sort: Sort,
        from: &'static str,
        push_condition: fn(&mut QueryBuilder<Postgres>, &str),
    ) {
        sql.push("select t.id, ").push(sort.key.sql());
        sql.push(" as k from ").push(from).push(" where ");
        push_any(sql, &self.arms);
        self.push_filter(sql, Way::Gather);
        push_condition(sql, search);
        sql.push(" limit ").push_bind(COUNT_CAP + 1);
    }

    /// Where texts are searched: by themselves, where they tell all that the list asks for.
    fn texts(&self, sort: Sort) -> &'static str {
        let known = |arm: &Arm| !matches!(arm, Arm::FiledFor(..));
        if self.filter.is_searched_alone()
            && sort.key == SortKey::CreatedAt
            && self.arms.iter().all(known)
        {
            "ticket_texts t"
        } else {
            "ticket_texts as texts join tickets t on t.id = texts.id"
        }
    }

    /// What was filed for the addresses that match, and does not match by its text. A ticket's address
    /// is its requester's. One address after the other, each by the index: joined at once, the planner
    /// reads the index of all.
    fn push_addressed(&self, sql: &mut QueryBuilder<Postgres>, sort: Sort) {
        let (before, after) = if self.filter.deleted {
            // These are in no index of addresses.
            ("addresses a join tickets t on true where ", "")
        } else {
            (
                "addresses a cross join lateral (select t.* from tickets t where ",
                " offset 0) as t",
            )
        };
        sql.push("select t.id, ").push(sort.key.sql());
        sql.push(" as k from ").push(before);
        sql.push("t.customer_email = a.email and ");
        push_any(sql, &self.arms);
        self.push_filter(sql, Way::Gather);
        sql.push(" and t.id not in (select id from worded)");
        sql.push(after);
        sql.push(" limit ").push_bind(COUNT_CAP + 1);
    }

    /// Is it everything that is searched, by nothing else?
    fn is_whole_desk(&self) -> bool {
        matches!(self.arms[..], [Arm::Everything]) && self.filter.is_only_searched()
    }

    /// Is it a short search of everything with more matches than are counted? Either index by
    /// itself can tell, without a look at the tickets.
    async fn is_begun_often(&self, conn: &mut PgConnection, search: &str) -> sqlx::Result<bool> {
        if !(is_short(search) && self.is_whole_desk()) {
            return Ok(false);
        }
        let mut sql = QueryBuilder::new("select greatest(");
        for (place, column) in [NUMBER, EMAIL].into_iter().enumerate() {
            sql.push(if place == 0 { "" } else { ", " });
            sql.push(
                "(select count(*) from (select from tickets t where t.deleted_at is null and ",
            );
            push_prefix(&mut sql, column, search);
            sql.push(" limit ").push_bind(COUNT_CAP + 1);
            sql.push(") as found)");
        }
        sql.push(") > ").push_bind(COUNT_CAP);
        sql.build_query_scalar().fetch_one(conn).await
    }
}

const FROM: &str = "tickets t";

/// The number, in capitals as it is, and the address, in small letters as it is: what the indexes
/// of short searches hold, with how a search is brought to the same.
const NUMBER: (&str, &str) = ("t.number", "upper");
const EMAIL: (&str, &str) = ("t.customer_email", "lower");

/// What the table of texts holds of a ticket.
const WORDS: &str = r"lower(t.subject || E'\n' || t.number)";

fn is_short(search: &str) -> bool {
    search.chars().count() < SUBSTRING_FROM
}

/// Matches, as no index has it: the tickets to look at are chosen by something else.
pub(super) fn push_match(sql: &mut QueryBuilder<Postgres>, search: &str) {
    if is_short(search) {
        for (before, (column, letters)) in [(" and (", NUMBER), (" or ", EMAIL)] {
            sql.push(before).push("starts_with(").push(column);
            sql.push(", ").push(letters).push("(");
            sql.push_bind(search.to_owned()).push("))");
        }
        sql.push(")");
    } else {
        for (before, text) in [(" and (", WORDS), (" or ", "t.customer_email")] {
            sql.push(before).push("strpos(").push(text).push(", lower(");
            sql.push_bind(search.to_owned()).push(")) > 0");
        }
        sql.push(")");
    }
}

/// Begins with it, by the indexes of short searches.
fn push_begun(sql: &mut QueryBuilder<Postgres>, search: &str) {
    sql.push(" and (");
    push_prefix(sql, NUMBER, search);
    sql.push(" or ");
    push_prefix(sql, EMAIL, search);
    sql.push(")");
}

/// Subject or number has it, by the index of both.
fn push_by_words(sql: &mut QueryBuilder<Postgres>, search: &str) {
    push_has(sql, "text", search);
}

/// A column has it, by an index of three letters in a row.
fn push_has(sql: &mut QueryBuilder<Postgres>, column: &'static str, search: &str) {
    let pieces = pieces(search);
    if pieces.is_empty() {
        push_like(sql, column, &literal(search));
        return;
    }
    for piece in &pieces {
        push_like(sql, column, piece);
    }
    sql.push(" and strpos(").push(column).push(", lower(");
    sql.push_bind(search.to_owned()).push(")) > 0");
}

fn push_like(sql: &mut QueryBuilder<Postgres>, column: &'static str, pattern: &str) {
    sql.push(" and ").push(column).push(" like lower(");
    sql.push_bind(format!("%{pattern}%")).push(")");
}

/// What begins with the text, as a range: a plan that knows no pattern takes an index for it.
fn push_prefix(sql: &mut QueryBuilder<Postgres>, of: (&str, &str), search: &str) {
    let (column, letters) = of;
    // The greatest character that there is comes after whatever goes on.
    for (before, bound, after) in [
        ("(", " ~>=~ ", ""),
        (" and ", " ~<~ (", " || chr(1114111)))"),
    ] {
        sql.push(before).push(column).push(bound).push(letters);
        sql.push("(")
            .push_bind(search.to_owned())
            .push(")")
            .push(after);
    }
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
