//! The whole desk's audit, newest first.

use desk_events::Change;
use desk_http::{Result, page::Slice};
use sqlx::{
    FromRow, PgPool, Postgres, QueryBuilder,
    types::{Json, ipnetwork::IpNetwork},
};
use time::OffsetDateTime;

/// What something was done to: all of a kind, or one of them.
#[derive(Debug, Clone)]
pub struct Target {
    /// E.g. `project`.
    pub kind: String,
    /// Its id.
    pub id: Option<i64>,
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// By this user.
    pub actor: Option<i64>,
    /// This action.
    pub action: Option<String>,
    /// To this.
    pub target: Option<Target>,
    /// Then or later.
    pub from: Option<OffsetDateTime>,
    /// Then or before.
    pub to: Option<OffsetDateTime>,
}

/// A row with its actor's name.
#[derive(Debug, FromRow)]
pub struct Row {
    /// Row id.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// The user; none for the system.
    pub actor_id: Option<i64>,
    /// The user's name.
    pub actor_name: Option<String>,
    /// E.g. `user.role_changed`.
    pub action: String,
    /// E.g. `user`.
    pub target_kind: String,
    /// Its id.
    pub target_id: i64,
    /// The client's address.
    pub address: Option<IpNetwork>,
    /// Which fields changed.
    pub changes: Json<Vec<Change>>,
}

/// The rows of a slice, and one more if there is.
pub async fn slice(db: &PgPool, filter: &Filter, slice: &Slice) -> Result<Vec<Row>> {
    // The page's rows first: a name is looked up for none that is passed over.
    let mut query = QueryBuilder::new(
        "select a.id, a.at, a.actor_id, u.name as actor_name, a.action, a.target_kind,
                a.target_id, a.address, coalesce(a.details -> 'changes', '[]') as changes
         from (select * from audit where true",
    );
    push_filter(&mut query, filter);
    if let Some(place) = slice.after {
        query.push(" and (at, id) < (").push_bind(place.at());
        query.push(", ").push_bind(place.id()).push(")");
    }
    query
        .push(" order by at desc, id desc limit ")
        .push_bind(slice.limit);
    query.push(" offset ").push_bind(slice.offset);
    query.push(") as a left join users u on u.id = a.actor_id order by a.at desc, a.id desc");
    Ok(query.build_query_as().fetch_all(db).await?)
}

/// How many there are.
pub async fn total(db: &PgPool, filter: &Filter) -> Result<i64> {
    let mut query = QueryBuilder::new("select count(*) from audit where true");
    push_filter(&mut query, filter);
    Ok(query.build_query_scalar().fetch_one(db).await?)
}

/// Only the conditions asked for, so that each combination is planned for the index it has.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(actor) = filter.actor {
        query.push(" and actor_id = ").push_bind(actor);
    }
    if let Some(action) = &filter.action {
        query.push(" and action = ").push_bind(action.clone());
    }
    if let Some(target) = &filter.target {
        query
            .push(" and target_kind = ")
            .push_bind(target.kind.clone());
        if let Some(id) = target.id {
            query.push(" and target_id = ").push_bind(id);
        }
    }
    if let Some(from) = filter.from {
        query.push(" and at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" and at <= ").push_bind(to);
    }
}
