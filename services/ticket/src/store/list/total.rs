//! Totals: from the counters where they hold what is asked for, else counted.

use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::{Date, OffsetDateTime, Time, UtcOffset, macros::time};

use super::{Arm, Filter, List, Total, sql::push_predicate, way::Way};

/// A day's last microsecond, the finest time that is kept.
const LAST_MOMENT: Time = time!(23:59:59.999999);
/// Stands for all projects together.
const ALL_PROJECTS: i64 = 0;

/// What the counters can answer.
#[derive(Debug, PartialEq, Eq)]
enum Counted {
    /// By status, priority and the like, and by one facet.
    Facet(&'static str, i64),
    /// By days of filing, and nothing else.
    Days(Option<Date>, Option<Date>),
}

impl Counted {
    /// The counters for this filter, if there are any.
    fn by(filter: &Filter) -> Option<Self> {
        if filter.deleted || filter.customer_email.is_some() {
            return None;
        }
        if filter.created_from.is_some() || filter.created_to.is_some() {
            return Self::by_days(filter);
        }
        let tag = match filter.tags.as_deref() {
            None => None,
            Some([only]) => Some(*only),
            Some(_) => return None,
        };
        match (filter.category_id, filter.assigned_to, tag) {
            (None, None, None) => Some(Self::Facet("any", 0)),
            (Some(id), None, None) => Some(Self::Facet("category", id)),
            (None, Some(id), None) => Some(Self::Facet("assignee", id)),
            (None, None, Some(id)) => Some(Self::Facet("tag", id)),
            _ => None,
        }
    }

    fn by_days(filter: &Filter) -> Option<Self> {
        let other = filter.status.is_some()
            || filter.priority.is_some()
            || filter.assigned_to.is_some()
            || filter.unassigned.is_some()
            || filter.overdue.is_some()
            || filter.category_id.is_some()
            || filter.tags.is_some();
        let (from, to) = (utc(filter.created_from), utc(filter.created_to));
        let whole = from.is_none_or(|from| from.time() == Time::MIDNIGHT)
            && to.is_none_or(|to| to.time() >= LAST_MOMENT);
        let day = OffsetDateTime::date;
        (whole && !other).then(|| Self::Days(from.map(day), to.map(day)))
    }
}

/// A bound of a range, in UTC.
fn utc(bound: Option<OffsetDateTime>) -> Option<OffsetDateTime> {
    bound.map(|bound| bound.to_offset(UtcOffset::UTC))
}

impl List<'_> {
    /// How many tickets the list has, or is searched among.
    pub(super) async fn total(&self, conn: &mut PgConnection) -> sqlx::Result<Total> {
        let counted = Counted::by(self.filter);
        let mut sql = QueryBuilder::new("select 0");
        for arm in &self.arms {
            sql.push(" + ");
            match (&counted, arm.counted_projects()) {
                (Some(counted), Some(projects)) => {
                    counted.push(&mut sql, self.filter, &projects);
                }
                _ => self.push_count(&mut sql, arm),
            }
        }
        let count: i64 = sql.build_query_scalar().fetch_one(conn).await?;
        Ok(Total {
            count,
            capped: false,
        })
    }

    fn push_count(&self, sql: &mut QueryBuilder<Postgres>, arm: &Arm) {
        sql.push("(select count(*) from tickets t where ");
        push_predicate(sql, arm);
        self.push_filter(sql, Way::Gather);
        sql.push(")");
    }
}

impl Arm {
    /// The projects whose counters hold this arm.
    pub(super) fn counted_projects(&self) -> Option<Vec<i64>> {
        match self {
            Self::Everything => Some(vec![ALL_PROJECTS]),
            Self::Projects(projects) => Some(projects.clone()),
            Self::FiledIn(..) | Self::FiledBy(..) | Self::FiledFor(..) => None,
        }
    }
}

impl Counted {
    fn push(&self, sql: &mut QueryBuilder<Postgres>, filter: &Filter, projects: &[i64]) {
        sql.push("(select coalesce(sum(n), 0)::bigint from (select tickets as n from ");
        match self {
            Self::Facet(facet, id) => {
                sql.push("ticket_totals where facet = ").push_bind(*facet);
                sql.push(" and facet_id = ").push_bind(*id);
                sql.push(" and project_id = any (")
                    .push_bind(projects.to_vec())
                    .push(")");
                push_kind(sql, filter, "assigned");
            }
            Self::Days(from, to) => {
                sql.push("ticket_days where project_id = any (");
                sql.push_bind(projects.to_vec()).push(")");
                push_days(sql, "day", *from, *to);
            }
        }
        sql.push(" union all select delta from ticket_count_deltas where ");
        push_projects(sql, projects);
        match self {
            Self::Facet("tag", id) => {
                sql.push(" and tag_id = ").push_bind(*id);
                push_kind(sql, filter, "(assigned_to is not null)");
            }
            Self::Facet(facet, id) => {
                sql.push(" and tag_id is null");
                match *facet {
                    "category" => sql.push(" and category_id = ").push_bind(*id),
                    "assignee" => sql.push(" and assigned_to = ").push_bind(*id),
                    _ => sql,
                };
                push_kind(sql, filter, "(assigned_to is not null)");
            }
            Self::Days(from, to) => {
                sql.push(" and tag_id is null");
                push_days(sql, "created_on", *from, *to);
            }
        }
        sql.push(") as counted)");
    }
}

/// Of the deltas, those of these projects.
pub(super) fn push_projects(sql: &mut QueryBuilder<Postgres>, projects: &[i64]) {
    if *projects == [ALL_PROJECTS] {
        sql.push("true");
    } else {
        sql.push("project_id = any (")
            .push_bind(projects.to_vec())
            .push(")");
    }
}

fn push_kind(sql: &mut QueryBuilder<Postgres>, filter: &Filter, assigned: &str) {
    if let Some(status) = filter.status {
        sql.push(" and status = ").push_bind(status.as_str());
    }
    if let Some(priority) = filter.priority {
        sql.push(" and priority = ").push_bind(priority.as_str());
    }
    if let Some(overdue) = filter.overdue {
        sql.push(" and overdue = ").push_bind(overdue);
    }
    if let Some(unassigned) = filter.unassigned {
        sql.push(" and ")
            .push(assigned)
            .push(" = ")
            .push_bind(!unassigned);
    }
}

fn push_days(sql: &mut QueryBuilder<Postgres>, day: &str, from: Option<Date>, to: Option<Date>) {
    if let Some(from) = from {
        sql.push(" and ").push(day).push(" >= ").push_bind(from);
    }
    if let Some(to) = to {
        sql.push(" and ").push(day).push(" <= ").push_bind(to);
    }
}

#[cfg(test)]
mod tests {
    use desk_events::Status;
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn what_the_counters_hold() {
        let none = Filter::default;
        let from = Some(datetime!(2026-03-01 0:00 UTC));
        let to = Some(datetime!(2026-03-31 23:59:59.999999999 UTC));
        for (filter, counted) in [
            (none(), Some(Counted::Facet("any", 0))),
            (
                Filter {
                    status: Some(Status::Open),
                    category_id: Some(2),
                    ..none()
                },
                Some(Counted::Facet("category", 2)),
            ),
            (
                Filter {
                    unassigned: Some(true),
                    tags: Some(vec![4]),
                    ..none()
                },
                Some(Counted::Facet("tag", 4)),
            ),
            (
                Filter {
                    tags: Some(vec![4, 5]),
                    ..none()
                },
                None,
            ),
            (
                Filter {
                    category_id: Some(2),
                    assigned_to: Some(3),
                    ..none()
                },
                None,
            ),
            (
                Filter {
                    deleted: true,
                    ..none()
                },
                None,
            ),
            (
                Filter {
                    created_from: from,
                    created_to: to,
                    ..none()
                },
                Some(Counted::Days(
                    Some(date!(2026 - 03 - 01)),
                    Some(date!(2026 - 03 - 31)),
                )),
            ),
            (
                Filter {
                    created_to: to,
                    status: Some(Status::Open),
                    ..none()
                },
                None,
            ),
            (
                Filter {
                    created_to: Some(datetime!(2026-03-31 12:00 UTC)),
                    ..none()
                },
                None,
            ),
        ] {
            assert_eq!(Counted::by(&filter), counted, "{filter:?}");
        }
    }

    #[test]
    fn a_day_of_another_zone_is_no_day_here() {
        let filter = Filter {
            created_from: Some(datetime!(2026-03-01 0:00 +1)),
            ..Filter::default()
        };
        assert_eq!(Counted::by(&filter), None);
    }
}
