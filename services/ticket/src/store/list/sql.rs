//! The SQL of a list, put together from its arms, its filter and its order.

use sqlx::{Postgres, QueryBuilder};

use super::{Arm, List, Sort, SortValue, Window};

/// Searches shorter than this match a number or an e-mail by prefix, in characters.
const SUBSTRING_FROM: usize = 3;

impl List<'_> {
    pub(super) fn push_searched(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        sort: Sort,
        window: Window,
    ) {
        sql.push("select t.id, ")
            .push(sort.key.sql())
            .push(" as k from tickets t where ");
        push_any(sql, &self.arms.iter().collect::<Vec<_>>());
        self.push_filter(sql);
        push_after(sql, sort, window);
    }

    pub(super) fn push_arms(&self, sql: &mut QueryBuilder<Postgres>, sort: Sort, window: Window) {
        let needed = window.offset + window.limit + 1;
        for (place, arm) in self.arms.iter().enumerate() {
            if place > 0 {
                sql.push(" union all ");
            }
            sql.push("(");
            self.push_arm(sql, arm, sort, window, needed);
            sql.push(")");
        }
    }

    /// A page's worth of one arm; of several projects, a page's worth of each.
    fn push_arm(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        arm: &Arm<'_>,
        sort: Sort,
        window: Window,
        needed: i64,
    ) {
        if let Arm::Projects(projects) = arm {
            sql.push("select own.id, own.k from unnest(")
                .push_bind(projects.clone());
            sql.push("::bigint[]) as mine (project_id) cross join lateral (");
        }
        sql.push("select t.id, ")
            .push(sort.key.sql())
            .push(" as k from tickets t where ");
        if matches!(arm, Arm::Projects(_)) {
            sql.push("t.project_id = mine.project_id");
        } else {
            push_predicate(sql, arm);
        }
        self.push_filter(sql);
        push_after(sql, sort, window);
        let direction = sort.direction();
        sql.push(" order by k")
            .push(direction)
            .push(", t.id")
            .push(direction);
        sql.push(" limit ").push_bind(needed);
        if matches!(arm, Arm::Projects(_)) {
            sql.push(") as own");
        }
    }

    pub(super) fn push_filter(&self, sql: &mut QueryBuilder<Postgres>) {
        let filter = self.filter;
        sql.push(if filter.deleted {
            " and t.deleted_at is not null"
        } else {
            " and t.deleted_at is null"
        });
        if let Some(status) = filter.status {
            sql.push(" and t.status = ").push_bind(status.as_str());
        }
        if let Some(priority) = filter.priority {
            sql.push(" and t.priority = ").push_bind(priority.as_str());
        }
        if let Some(project_id) = filter.project_id {
            sql.push(" and t.project_id = ").push_bind(project_id);
        }
        if let Some(user_id) = filter.assigned_to {
            sql.push(" and t.assigned_to = ").push_bind(user_id);
        }
        if let Some(unassigned) = filter.unassigned {
            let is = if unassigned { "is" } else { "is not" };
            sql.push(" and t.assigned_to ").push(is).push(" null");
        }
        if let Some(overdue) = filter.overdue {
            sql.push(if overdue { " and " } else { " and not " });
            sql.push("(t.first_response_breached or t.resolution_breached)");
        }
        if let Some(category_id) = filter.category_id {
            sql.push(" and t.category_id = ").push_bind(category_id);
        }
        if let Some(tags) = &filter.tags {
            sql.push(" and exists (select from ticket_tags tt where tt.ticket_id = t.id and tt.tag_id = any (");
            sql.push_bind(tags.clone()).push("))");
        }
        if let Some(email) = &filter.customer_email {
            sql.push(" and t.customer_email = ")
                .push_bind(email.clone());
        }
        if let Some(from) = filter.created_from {
            sql.push(" and t.created_at >= ").push_bind(from);
        }
        if let Some(to) = filter.created_to {
            sql.push(" and t.created_at <= ").push_bind(to);
        }
        if let Some(search) = &filter.search {
            push_search(sql, search);
        }
    }
}

/// Within any of these arms.
pub(super) fn push_any(sql: &mut QueryBuilder<Postgres>, arms: &[&Arm<'_>]) {
    for (place, arm) in arms.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { " or " });
        push_predicate(sql, arm);
    }
    sql.push(")");
}

fn push_predicate(sql: &mut QueryBuilder<Postgres>, arm: &Arm<'_>) {
    match arm {
        Arm::Everything => {
            sql.push("true");
        }
        Arm::Projects(projects) => {
            sql.push("t.project_id = any (")
                .push_bind(projects.clone())
                .push(")");
        }
        Arm::FiledBy(user_id, but) => {
            sql.push("(t.creator_user_id = ").push_bind(*user_id);
            if !but.is_empty() {
                sql.push(" and t.project_id <> all (")
                    .push_bind(but.clone())
                    .push(")");
            }
            sql.push(")");
        }
        Arm::FiledFor(email, but) => {
            sql.push("(t.customer_email = ")
                .push_bind((*email).to_owned());
            sql.push(" and t.creator_user_id is distinct from ")
                .push_bind(*but)
                .push(")");
        }
    }
}

fn push_after(sql: &mut QueryBuilder<Postgres>, sort: Sort, window: Window) {
    if let Some(after) = window.after {
        sql.push(" and (")
            .push(sort.key.sql())
            .push(", t.id)")
            .push(sort.beyond())
            .push("(");
        match after.key {
            SortValue::Time(Some(time)) => sql.push_bind(time),
            SortValue::Time(None) => sql.push("'infinity'::timestamptz"),
            SortValue::Rank(rank) => sql.push_bind(rank),
        };
        sql.push(", ").push_bind(after.id).push(")");
    }
}

/// The expression of the search index, word for word.
fn push_search(sql: &mut QueryBuilder<Postgres>, search: &str) {
    let pattern = literal(search);
    if search.chars().count() < SUBSTRING_FROM {
        sql.push(" and (lower(t.number) like lower(")
            .push_bind(format!("{pattern}%"));
        sql.push(") or t.customer_email like lower(")
            .push_bind(format!("{pattern}%"))
            .push("))");
    } else {
        sql.push(
            r" and lower(t.subject || E'\n' || t.number || E'\n' || t.customer_email) like lower(",
        );
        sql.push_bind(format!("%{pattern}%")).push(")");
    }
}

/// The text with `%`, `_` and the escape itself taken literally.
fn literal(text: &str) -> String {
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
