//! Canned responses: one's own, and the shared ones.

use desk_http::page::Slice;
use serde::Serialize;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};
use time::OffsetDateTime;

use super::list::{COUNT_CAP, literal};

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Reader {
    /// The user's id.
    pub user_id: i64,
    /// Of the staff of every project: an admin.
    pub everywhere: bool,
}

/// What a canned response says, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Text {
    /// Its title.
    pub title: String,
    /// The text, with placeholders.
    pub body: String,
    /// What is typed for it.
    pub shortcut: Option<String>,
    /// For others, too.
    pub is_shared: bool,
    /// The project whose staff it is for, when it is shared; none for all staff.
    pub project_id: Option<i64>,
}

/// A canned response.
#[derive(Debug, Clone, FromRow)]
pub struct CannedResponse {
    /// Its id.
    pub id: i64,
    /// Who made it.
    pub owner_id: i64,
    /// The owner's name, where it is known.
    pub owner_name: Option<String>,
    /// What it says.
    #[sqlx(flatten)]
    pub text: Text,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// Which canned responses.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this project.
    pub project_id: Option<i64>,
    /// With this in title, shortcut or body, whatever its case.
    pub search: Option<String>,
}

const SELECT: &str = "select c.id, c.owner_id, u.name as owner_name, c.title, c.body, c.shortcut,
                             c.is_shared, c.project_id, c.created_at, c.updated_at
                      from canned_responses c
                      left join replica_users u on u.id = c.owner_id
                      where ";

/// The ones that a reader may know of, by a filter; newest first.
pub async fn page(
    conn: &mut PgConnection,
    reader: Reader,
    filter: &Filter,
    slice: &Slice,
) -> sqlx::Result<Vec<CannedResponse>> {
    let mut sql = QueryBuilder::new(SELECT);
    push_visible(&mut sql, reader);
    push_filter(&mut sql, filter);
    if let Some(place) = slice.after {
        sql.push(" and (c.created_at, c.id) < (")
            .push_bind(place.at());
        sql.push(", ").push_bind(place.id()).push(")");
    }
    sql.push(" order by c.created_at desc, c.id desc limit ")
        .push_bind(slice.limit);
    sql.push(" offset ").push_bind(slice.offset);
    sql.build_query_as().fetch_all(conn).await
}

/// How many there are: exactly, but to [`COUNT_CAP`] at most when searching. True where counting
/// stopped.
pub async fn total(
    conn: &mut PgConnection,
    reader: Reader,
    filter: &Filter,
) -> sqlx::Result<(i64, bool)> {
    let mut sql = QueryBuilder::new("select count(*) from (select from canned_responses c where ");
    push_visible(&mut sql, reader);
    push_filter(&mut sql, filter);
    if filter.search.is_some() {
        sql.push(" limit ").push_bind(COUNT_CAP + 1);
    }
    sql.push(") as found");
    let count: i64 = sql.build_query_scalar().fetch_one(conn).await?;
    let capped = filter.search.is_some() && count > COUNT_CAP;
    Ok((if capped { COUNT_CAP } else { count }, capped))
}

/// One that a reader may know of.
pub async fn find(
    conn: &mut PgConnection,
    reader: Reader,
    id: i64,
) -> sqlx::Result<Option<CannedResponse>> {
    let mut sql = QueryBuilder::new(SELECT);
    push_visible(&mut sql, reader);
    sql.push(" and c.id = ").push_bind(id);
    sql.build_query_as().fetch_optional(conn).await
}

/// Locks one, whosever it is.
pub async fn lock(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<CannedResponse>> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push("c.id = ").push_bind(id).push(" for update of c");
    sql.build_query_as().fetch_optional(conn).await
}

/// One's own, and shared ones: those of a project for its staff.
fn push_visible(sql: &mut QueryBuilder<Postgres>, reader: Reader) {
    sql.push("(c.owner_id = ").push_bind(reader.user_id);
    sql.push(" or c.is_shared");
    if !reader.everywhere {
        sql.push(
            " and (c.project_id is null or exists (
                 select from replica_memberships m
                 join replica_projects p on p.id = m.project_id and not p.deleted
                 where m.project_id = c.project_id and m.is_member and m.user_id = ",
        )
        .push_bind(reader.user_id)
        .push("))");
    }
    sql.push(")");
}

/// Only the conditions asked for, so that each combination is planned for the index it has.
fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(project_id) = filter.project_id {
        sql.push(" and c.project_id = ").push_bind(project_id);
    }
    if let Some(search) = &filter.search {
        sql.push(
            r" and lower(c.title || E'\n' || coalesce(c.shortcut, '') || E'\n' || c.body) like lower(",
        )
        .push_bind(format!("%{}%", literal(search)))
        .push(")");
    }
}

/// Stores a new one; answers its id.
pub async fn insert(
    conn: &mut PgConnection,
    owner_id: i64,
    text: &Text,
    now: OffsetDateTime,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into canned_responses (owner_id, project_id, title, body, shortcut, is_shared,
                                       created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         returning id",
        owner_id,
        text.project_id,
        text.title,
        text.body,
        text.shortcut,
        text.is_shared,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Stores what one says now.
pub async fn update(
    conn: &mut PgConnection,
    id: i64,
    text: &Text,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update canned_responses
         set project_id = $2, title = $3, body = $4, shortcut = $5, is_shared = $6,
             updated_at = $7
         where id = $1",
        id,
        text.project_id,
        text.title,
        text.body,
        text.shortcut,
        text.is_shared,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes one; nothing refers to it.
pub async fn delete(conn: &mut PgConnection, id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from canned_responses where id = $1", id)
        .execute(conn)
        .await?;
    Ok(())
}
