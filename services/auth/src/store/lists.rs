//! The list of accounts, newest first.

use desk_events::Role;
use desk_http::{Result, page::Slice};
use sqlx::{PgPool, Postgres, QueryBuilder};

use super::users::Row;
use crate::domain::User;

/// Where counting stops when searching.
const COUNTED: i64 = 10_000;

/// Which accounts.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of a role.
    pub role: Option<Role>,
    /// Enabled, or disabled.
    pub active: Option<bool>,
    /// With this in name or e-mail, whatever its case.
    pub search: Option<String>,
}

/// How many accounts a filter lets through.
#[derive(Debug, Clone, Copy)]
pub struct Total {
    /// The number, or where counting stopped.
    pub count: i64,
    /// Whether counting stopped.
    pub capped: bool,
}

/// The accounts of a slice, and one more if there is.
pub async fn slice(db: &PgPool, filter: &Filter, slice: &Slice) -> Result<Vec<User>> {
    let mut query = QueryBuilder::new(
        "select id, name, email, role, phone, department, is_active, email_verified_at,
                last_login_at, created_at, updated_at, deleted_at, generation, sequence
         from users where deleted_at is null",
    );
    push_filter(&mut query, filter);
    if let Some(place) = slice.after {
        query
            .push(" and (created_at, id) < (")
            .push_bind(place.at());
        query.push(", ").push_bind(place.id()).push(")");
    }
    query
        .push(" order by created_at desc, id desc limit ")
        .push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    let rows: Vec<Row> = query.build_query_as().fetch_all(db).await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// How many there are: exactly, but to 10,000 at most when searching.
pub async fn total(db: &PgPool, filter: &Filter) -> Result<Total> {
    let mut query =
        QueryBuilder::new("select count(*) from (select from users where deleted_at is null");
    push_filter(&mut query, filter);
    if filter.search.is_some() {
        query.push(" limit ").push_bind(COUNTED + 1);
    }
    query.push(") as found");
    let count: i64 = query.build_query_scalar().fetch_one(db).await?;
    let capped = filter.search.is_some() && count > COUNTED;
    Ok(Total {
        count: if capped { COUNTED } else { count },
        capped,
    })
}

/// Only the conditions asked for, so that each combination is planned for the index it has.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(role) = filter.role {
        query.push(" and role = ").push_bind(role.as_str());
    }
    match filter.active {
        Some(true) => _ = query.push(" and is_active"),
        Some(false) => _ = query.push(" and not is_active"),
        None => {}
    }
    if let Some(search) = &filter.search {
        query
            .push(r" and lower(name || E'\n' || email) like ")
            .push_bind(containing(search));
    }
}

/// A LIKE pattern for a text anywhere, its `%` and `_` literal.
fn containing(text: &str) -> String {
    let escaped = text
        .to_lowercase()
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_taken_literally() {
        assert_eq!(containing(r"50%_A\b"), r"%50\%\_a\\b%");
    }
}
