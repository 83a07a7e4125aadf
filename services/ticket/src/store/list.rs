//! Lists of tickets: first the ids of a page, walked along an index, then the rows joined.
//!
//! What a caller sees is a union of *arms*: an agent's projects and what the agent filed, a
//! customer's address and account. Each arm has an index that holds its tickets in order, so a
//! page reads a page's worth of each arm and merges; one predicate with `or` would read them all.
//! A search is answered by its own index instead, and sorted afterwards; so is a filter that so few
//! tickets pass that walking the order would pass by thousands of others for each of them.

mod frequent;
mod pieces;
mod search;
mod seek;
mod sql;
mod total;
mod way;

use desk_events::{Priority, Status};
use sqlx::{PgConnection, QueryBuilder, Row, postgres::PgRow};
use time::{Date, OffsetDateTime};

pub use self::{frequent::FrequentSearches, search::literal};
use self::{sql::push_window, way::Way};
use super::people::{self, AgentProjects};
use crate::domain::Scope;

/// Counting with a search stops here (contract, Lists).
pub const COUNT_CAP: i64 = 10_000;

/// Which tickets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Of this status.
    pub status: Option<Status>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Of this project; narrows the scope, never widens it.
    pub project_id: Option<i64>,
    /// Assigned to this user.
    pub assigned_to: Option<i64>,
    /// Assigned to nobody, or to somebody.
    pub unassigned: Option<bool>,
    /// With a breach, or without.
    pub overdue: Option<bool>,
    /// Subject, number or e-mail.
    pub search: Option<String>,
    /// Of this category.
    pub category_id: Option<i64>,
    /// With one of these tags.
    pub tags: Option<Vec<i64>>,
    /// Of this customer, lower case.
    pub customer_email: Option<String>,
    /// Filed at this time or later.
    pub created_from: Option<OffsetDateTime>,
    /// Filed at this time or before.
    pub created_to: Option<OffsetDateTime>,
    /// The soft-deleted ones instead.
    pub deleted: bool,
}

/// By what a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// When it was filed.
    CreatedAt,
    /// When something happened last.
    LastActivityAt,
    /// How urgent it is.
    Priority,
    /// When it must be resolved; those that need not be count as latest.
    ResolutionDueAt,
}

impl SortKey {
    /// The word in queries and cursors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::LastActivityAt => "last_activity_at",
            Self::Priority => "priority",
            Self::ResolutionDueAt => "resolution_due_at",
        }
    }

    /// The expression that the indexes hold.
    const fn sql(self) -> &'static str {
        match self {
            Self::CreatedAt => "t.created_at",
            Self::LastActivityAt => "t.last_activity_at",
            Self::Priority => "t.priority_rank",
            Self::ResolutionDueAt => "coalesce(t.resolution_due_at, 'infinity')",
        }
    }

    /// How a page's rows name the key: no Rust type holds an infinite time.
    const fn shown(self) -> &'static str {
        match self {
            Self::Priority => "k",
            Self::CreatedAt | Self::LastActivityAt | Self::ResolutionDueAt => {
                "nullif(k, 'infinity')"
            }
        }
    }

    fn read(self, row: &PgRow) -> sqlx::Result<SortValue> {
        match self {
            Self::Priority => row.try_get("key").map(SortValue::Rank),
            Self::CreatedAt | Self::LastActivityAt | Self::ResolutionDueAt => {
                row.try_get("key").map(SortValue::Time)
            }
        }
    }
}

/// The order of a list; the id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub key: SortKey,
    /// Greatest first.
    pub descending: bool,
}

impl Sort {
    /// The newest first.
    pub const NEWEST: Self = Self {
        key: SortKey::CreatedAt,
        descending: true,
    };

    const fn direction(self) -> &'static str {
        if self.descending { " desc" } else { " asc" }
    }

    const fn beyond(self) -> &'static str {
        if self.descending { " < " } else { " > " }
    }
}

/// A sort key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortValue {
    /// A time; none for what never comes.
    Time(Option<OffsetDateTime>),
    /// A priority's rank.
    Rank(i16),
}

/// The last row of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Its sort key.
    pub key: SortValue,
    /// Its id.
    pub id: i64,
}

/// Which part of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// So many rows are left out.
    pub offset: i64,
    /// At most so many rows.
    pub limit: i64,
    /// Only rows beyond this one.
    pub after: Option<Position>,
    /// Only rows filed on this day or beyond it; `offset` counts from there.
    pub day: Option<Date>,
}

/// A page's ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// In order.
    pub ids: Vec<i64>,
    /// The last row, when there are more.
    pub next: Option<Position>,
}

impl Ids {
    /// From rows of one more than the window wants.
    fn read(rows: &[PgRow], sort: Sort, window: Window) -> sqlx::Result<Self> {
        let kept = usize::try_from(window.limit).unwrap_or(usize::MAX);
        let mut found = rows
            .iter()
            .take(kept)
            .map(|row| {
                Ok(Position {
                    id: row.try_get("id")?,
                    key: sort.key.read(row)?,
                })
            })
            .collect::<sqlx::Result<Vec<Position>>>()?;
        let ids = found.iter().map(|position| position.id).collect();
        let next = if rows.len() > kept { found.pop() } else { None };
        Ok(Self { ids, next })
    }
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// All, or as many as were counted.
    pub count: i64,
    /// Counting stopped at [`COUNT_CAP`].
    pub capped: bool,
}

impl Total {
    /// More than are counted.
    const CAPPED: Self = Self {
        count: COUNT_CAP,
        capped: true,
    };
}

/// One index's worth of what a caller sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Arm {
    Everything,
    Projects(Vec<i64>),
    /// What an agent filed to other projects.
    FiledIn(i64, Vec<i64>),
    /// What somebody filed.
    FiledBy(i64),
    /// What was filed for an address, but not by this account.
    FiledFor(String, i64),
}

/// A caller's list, ready to be counted and paged.
pub struct List<'a> {
    arms: Vec<Arm>,
    filter: &'a Filter,
}

impl<'a> List<'a> {
    /// The tickets of a scope that pass a filter.
    pub async fn new(
        conn: &mut PgConnection,
        scope: &Scope,
        filter: &'a Filter,
    ) -> sqlx::Result<Self> {
        let arms = match scope {
            Scope::All { .. } => match filter.project_id {
                Some(project_id) => vec![Arm::Projects(vec![project_id])],
                None => vec![Arm::Everything],
            },
            Scope::Project { project_id } => vec![Arm::Projects(vec![*project_id])],
            Scope::Agent { user_id } => {
                let AgentProjects {
                    mut own,
                    mut elsewhere,
                } = people::seen_by_agent(conn, *user_id).await?;
                let wanted = |id: &i64| filter.project_id.is_none_or(|only| only == *id);
                own.retain(wanted);
                elsewhere.retain(wanted);
                let mut arms = vec![Arm::Projects(own)];
                if !elsewhere.is_empty() {
                    arms.push(Arm::FiledIn(*user_id, elsewhere));
                }
                arms
            }
            Scope::Customer {
                user_id,
                verified_email,
            } => {
                let mut arms = vec![Arm::FiledBy(*user_id)];
                arms.extend(
                    verified_email
                        .clone()
                        .map(|email| Arm::FiledFor(email, *user_id)),
                );
                arms
            }
        };
        Ok(Self { arms, filter })
    }

    /// One page, and how many tickets the list has.
    pub async fn read(
        &self,
        conn: &mut PgConnection,
        frequent: &FrequentSearches,
        sort: Sort,
        window: Window,
    ) -> sqlx::Result<(Total, Ids)> {
        let mut total = self.total(&mut *conn).await?;
        if let Some(search) = &self.filter.search {
            let (found, ids) = self
                .searched(&mut *conn, search, total, frequent, sort, window)
                .await?;
            if !found.capped {
                return Ok((found, ids));
            }
            total = found;
        }
        Ok((total, self.page(conn, sort, window, total).await?))
    }

    async fn page(
        &self,
        conn: &mut PgConnection,
        sort: Sort,
        window: Window,
        total: Total,
    ) -> sqlx::Result<Ids> {
        if window.offset >= total.count && !total.capped {
            return Ok(Ids::default());
        }
        let window = self.sought(&mut *conn, sort, window).await?;
        let mut sql = QueryBuilder::new("select id, ");
        sql.push(sort.key.shown()).push(" as key from (");
        match self.way(sort, total) {
            Way::Gather => self.push_gathered(&mut sql, sort, window),
            Way::Walk => self.push_arms(&mut sql, sort, window),
        }
        sql.push(") as found");
        push_window(&mut sql, sort, window);
        Ids::read(&sql.build().fetch_all(conn).await?, sort, window)
    }
}
