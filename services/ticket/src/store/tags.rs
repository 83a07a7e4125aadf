//! Tags, their changes with what is said of them, and tags on tickets.

use std::collections::HashMap;

use desk_bus::outbox;
use desk_events::{Aggregate, AggregateKind, Fact, NewEvent, TagState};
use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// A tag as it shows on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// Tag id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
}

/// A tag; none when it is not there, or gone.
pub async fn find(conn: &mut PgConnection, id: i64) -> sqlx::Result<Option<Tag>> {
    sqlx::query_as!(
        Tag,
        "select id, name, color from tags where id = $1 and deleted_at is null",
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Does a tag go by this name, whatever its case?
pub async fn is_taken(conn: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from tags where lower(name) = lower($1) and deleted_at is null) as "taken!""#,
        name,
    )
    .fetch_one(conn)
    .await
}

/// Stores a new tag, whatever its id says, and says so; answers the id it is given.
pub async fn insert(conn: &mut PgConnection, tag: &Tag, now: OffsetDateTime) -> sqlx::Result<i64> {
    let id = sqlx::query_scalar!(
        "insert into tags (name, color) values ($1, $2) returning id",
        tag.name,
        tag.color,
    )
    .fetch_one(&mut *conn)
    .await?;
    let tag = Tag { id, ..tag.clone() };
    say(conn, tag, false, 1, now).await?;
    Ok(id)
}

/// Soft-deletes a tag, and says so. No ticket shows it from now on; what names it goes when the
/// ticket is tagged anew: a tag may be on a million tickets.
pub async fn delete(conn: &mut PgConnection, tag: Tag, now: OffsetDateTime) -> sqlx::Result<()> {
    let sequence = sqlx::query_scalar!(
        "update tags set deleted_at = $2, sequence = sequence + 1 where id = $1
         returning sequence",
        tag.id,
        now,
    )
    .fetch_one(&mut *conn)
    .await?;
    say(conn, tag, true, sequence, now).await
}

async fn say(
    conn: &mut PgConnection,
    tag: Tag,
    deleted: bool,
    sequence: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let state = TagState {
        id: tag.id,
        name: tag.name,
        color: tag.color,
        deleted,
    };
    let event = NewEvent {
        aggregate: Aggregate {
            kind: AggregateKind::Tag,
            id: state.id,
        },
        sequence,
        occurred_at: now,
        fact: Fact::ConfigTag(Box::new(state)),
    };
    outbox::append(conn, &[event]).await?;
    Ok(())
}

/// Puts these tags in place of a ticket's.
pub async fn replace(conn: &mut PgConnection, ticket_id: i64, tags: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from ticket_tags where ticket_id = $1 and tag_id <> all ($2)",
        ticket_id,
        tags,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into ticket_tags (ticket_id, tag_id, project_id, filed_at)
         select id, unnest($2::bigint[]), project_id, created_at from tickets where id = $1
         on conflict do nothing",
        ticket_id,
        tags,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The tags of tickets, by ticket and name.
pub async fn of_tickets(
    conn: &mut PgConnection,
    tickets: &[i64],
) -> sqlx::Result<HashMap<i64, Vec<Tag>>> {
    let rows = sqlx::query!(
        "select tt.ticket_id, g.id, g.name, g.color
         from ticket_tags tt
         join tags g on g.id = tt.tag_id and g.deleted_at is null
         where tt.ticket_id = any ($1)
         order by lower(g.name), g.id",
        tickets,
    )
    .fetch_all(conn)
    .await?;
    let mut tags: HashMap<i64, Vec<Tag>> = HashMap::new();
    for row in rows {
        let tag = Tag {
            id: row.id,
            name: row.name,
            color: row.color,
        };
        tags.entry(row.ticket_id).or_default().push(tag);
    }
    Ok(tags)
}
