//! Tags on tickets.

use std::collections::HashMap;

use sqlx::PgConnection;

/// A tag as it shows on a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Tag id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
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
        "insert into ticket_tags (ticket_id, tag_id) select $1, unnest($2::bigint[])
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
