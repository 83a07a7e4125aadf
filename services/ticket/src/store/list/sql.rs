//! The SQL of a list, put together from its arms, its filter and its order.

use desk_events::Priority;
use sqlx::{Postgres, QueryBuilder};

use super::{Arm, List, Sort, SortKey, SortValue, Window, search::push_match, way::Way};

impl List<'_> {
    /// Everything that passes. The fence (`offset 0`) keeps the planner from walking the order
    /// after all: it knows nothing of what lies together.
    pub(super) fn push_gathered(
        &self,
        sql: &mut QueryBuilder<Postgres>,
        sort: Sort,
        window: Window,
    ) {
        for (place, arm) in self.arms.iter().enumerate() {
            if place > 0 {
                sql.push(" union all ");
            }
            sql.push("(select t.id, ")
                .push(sort.key.sql())
                .push(" as k from tickets t where ");
            push_predicate(sql, arm);
            self.push_filter(sql, Way::Gather);
            push_after(sql, sort, window);
            sql.push(" offset 0)");
        }
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
        arm: &Arm,
        sort: Sort,
        window: Window,
        needed: i64,
    ) {
        let projects = arm.projects();
        if let Some(projects) = projects {
            sql.push("select own.id, own.k from unnest(")
                .push_bind(projects.to_vec());
            sql.push("::bigint[]) as mine (project_id) cross join lateral (");
        }
        match self.filter.tag_in_order(arm, sort) {
            Some(tag) => self.push_tagged(sql, tag, sort, window),
            None => self.push_walk(sql, arm, sort, window),
        }
        let direction = sort.direction();
        sql.push(" order by k")
            .push(direction)
            .push(", id")
            .push(direction);
        sql.push(" limit ").push_bind(needed);
        if projects.is_some() {
            sql.push(") as own");
        }
    }

    /// An arm along its order.
    fn push_walk(&self, sql: &mut QueryBuilder<Postgres>, arm: &Arm, sort: Sort, window: Window) {
        // What one person has is little: in any other order than that of filing it is read whole.
        let fenced = matches!(arm, Arm::FiledBy(..) | Arm::FiledFor(..) | Arm::FiledIn(..))
            && sort.key != SortKey::CreatedAt;
        if fenced {
            sql.push("select id, k from (");
        }
        sql.push("select t.id, ")
            .push(sort.key.sql())
            .push(" as k from tickets t where ");
        match arm {
            Arm::Projects(_) => {
                sql.push("t.project_id = mine.project_id");
            }
            Arm::FiledIn(user_id, _) => {
                sql.push("t.project_id = mine.project_id and t.creator_user_id = ")
                    .push_bind(*user_id);
            }
            _ => push_predicate(sql, arm),
        }
        self.push_filter(sql, Way::Walk);
        if let Some(search) = &self.filter.search {
            push_match(sql, search);
        }
        self.push_never_before_filing(sql, sort);
        push_after(sql, sort, window);
        if fenced {
            sql.push(" offset 0) as theirs");
        }
    }

    /// A tag in a project, in the order of filing: the tag's own index has it.
    fn push_tagged(&self, sql: &mut QueryBuilder<Postgres>, tag: i64, sort: Sort, window: Window) {
        sql.push("select t.id, tt.filed_at as k from ticket_tags tt join tickets t on t.id = tt.ticket_id where tt.project_id = mine.project_id and tt.tag_id = ");
        sql.push_bind(tag);
        push_deleted(sql, self.filter.deleted);
        push_beyond(sql, ("tt.filed_at", "tt.ticket_id"), sort, window);
    }

    /// Nothing happens to a ticket, and nothing is due, before it is filed: a walk may start there.
    fn push_never_before_filing(&self, sql: &mut QueryBuilder<Postgres>, sort: Sort) {
        if let (Some(from), SortKey::LastActivityAt | SortKey::ResolutionDueAt) =
            (self.filter.created_from, sort.key)
        {
            sql.push(" and ")
                .push(sort.key.sql())
                .push(" >= ")
                .push_bind(from);
        }
    }

    /// All of the filter but the search.
    pub(super) fn push_filter(&self, sql: &mut QueryBuilder<Postgres>, way: Way) {
        let filter = self.filter;
        push_deleted(sql, filter.deleted);
        if let Some(status) = filter.status {
            sql.push(" and t.status = ").push_bind(status.as_str());
        }
        if let Some(priority) = filter.priority {
            sql.push(" and t.priority_rank = ")
                .push_bind(rank(priority));
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
            push_tags(sql, tags, way);
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
    }
}

fn push_deleted(sql: &mut QueryBuilder<Postgres>, deleted: bool) {
    sql.push(if deleted {
        " and t.deleted_at is not null"
    } else {
        " and t.deleted_at is null"
    });
}

/// Within any of these arms.
pub(super) fn push_any(sql: &mut QueryBuilder<Postgres>, arms: &[Arm]) {
    for (place, arm) in arms.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { " or " });
        push_predicate(sql, arm);
    }
    sql.push(")");
}

/// With one of these tags. On a walk each ticket is looked up: a subquery with a limit is no join,
/// and a join would have all tickets of the tag read first.
fn push_tags(sql: &mut QueryBuilder<Postgres>, tags: &[i64], way: Way) {
    sql.push(match way {
        Way::Gather => {
            " and t.id in (select tt.ticket_id from ticket_tags tt where tt.tag_id = any ("
        }
        Way::Walk => {
            " and (select true from ticket_tags tt where tt.ticket_id = t.id and tt.tag_id = any ("
        }
    });
    sql.push_bind(tags.to_vec());
    sql.push(match way {
        Way::Gather => "))",
        Way::Walk => ") limit 1)",
    });
}

pub(super) fn push_predicate(sql: &mut QueryBuilder<Postgres>, arm: &Arm) {
    match arm {
        Arm::Everything => {
            sql.push("true");
        }
        Arm::Projects(projects) => {
            sql.push("t.project_id = any (")
                .push_bind(projects.clone())
                .push(")");
        }
        Arm::FiledIn(user_id, projects) => {
            sql.push("t.creator_user_id = ").push_bind(*user_id);
            sql.push(" and t.project_id = any (")
                .push_bind(projects.clone())
                .push(")");
        }
        Arm::FiledBy(user_id) => {
            sql.push("t.creator_user_id = ").push_bind(*user_id);
        }
        Arm::FiledFor(email, but) => {
            sql.push("(t.customer_email = ").push_bind(email.clone());
            sql.push(" and t.creator_user_id is distinct from ")
                .push_bind(*but)
                .push(")");
        }
    }
}

impl Arm {
    /// The projects that it is a union of.
    fn projects(&self) -> Option<&[i64]> {
        match self {
            Self::Projects(projects) | Self::FiledIn(_, projects) => Some(projects),
            Self::Everything | Self::FiledBy(..) | Self::FiledFor(..) => None,
        }
    }
}

/// The page of what was found.
pub(super) fn push_window(sql: &mut QueryBuilder<Postgres>, sort: Sort, window: Window) {
    let direction = sort.direction();
    sql.push(" order by k")
        .push(direction)
        .push(", id")
        .push(direction);
    sql.push(" offset ").push_bind(window.offset);
    sql.push(" limit ").push_bind(window.limit + 1);
}

/// Beyond the row that the page before ended with.
pub(super) fn push_beyond(
    sql: &mut QueryBuilder<Postgres>,
    (key, id): (&str, &str),
    sort: Sort,
    window: Window,
) {
    let Some(after) = window.after else {
        return;
    };
    sql.push(" and (").push(key).push(", ").push(id).push(")");
    sql.push(sort.beyond()).push("(");
    match after.key {
        SortValue::Time(Some(time)) => sql.push_bind(time),
        SortValue::Time(None) => sql.push("'infinity'::timestamptz"),
        SortValue::Rank(rank) => sql.push_bind(rank),
    };
    sql.push(", ").push_bind(after.id).push(")");
}

fn push_after(sql: &mut QueryBuilder<Postgres>, sort: Sort, window: Window) {
    push_beyond(sql, (sort.key.sql(), "t.id"), sort, window);
    if let Some(day) = window.day {
        let bound = if sort.descending {
            day.next_day()
        } else {
            Some(day)
        };
        sql.push(" and t.created_at ")
            .push(if sort.descending { "< " } else { ">= " });
        sql.push_bind(bound.unwrap_or(day).midnight().assume_utc());
    }
}

/// A priority as the index on it holds it.
const fn rank(priority: Priority) -> i16 {
    match priority {
        Priority::Low => 1,
        Priority::Medium => 2,
        Priority::High => 3,
        Priority::Critical => 4,
    }
}
