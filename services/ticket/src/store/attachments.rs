//! Files on tickets and messages, without their bytes.

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::tickets::ScopeParams;
use crate::{domain::Scope, files::Upload};

/// A file as answers show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Attachment id.
    pub id: i64,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Media type.
    pub content_type: String,
    /// When it was added.
    pub created_at: OffsetDateTime,
}

/// A file as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its name in the store.
    pub object: String,
    /// Its name for people.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Media type.
    pub content_type: String,
}

/// Adds files to a ticket, or to one of its messages.
pub async fn insert(
    conn: &mut PgConnection,
    ticket_id: i64,
    message_id: Option<i64>,
    uploads: &[Upload],
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    if uploads.is_empty() {
        return Ok(());
    }
    let column = |value: fn(&Upload) -> &str| uploads.iter().map(value).collect::<Vec<_>>();
    let sizes: Vec<i64> = uploads.iter().map(|upload| upload.size).collect();
    sqlx::query!(
        "insert into attachments (ticket_id, message_id, object, name, size, content_type,
                                  created_at)
         select $1, $2, f.object, f.name, f.size, f.content_type, $7
         from unnest($3::text[], $4::text[], $5::bigint[], $6::text[]) with ordinality
              as f (object, name, size, content_type, place)
         order by f.place",
        ticket_id,
        message_id,
        &column(|upload| &upload.object) as _,
        &column(|upload| &upload.name) as _,
        &sizes,
        &column(|upload| upload.content_type) as _,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A ticket's own files, in the order in which they came.
pub async fn of_ticket(conn: &mut PgConnection, ticket_id: i64) -> sqlx::Result<Vec<Attachment>> {
    sqlx::query_as!(
        Attachment,
        "select id, name, size, content_type, created_at
         from attachments
         where ticket_id = $1 and message_id is null
         order by id",
        ticket_id,
    )
    .fetch_all(conn)
    .await
}

/// The files of messages, by message.
pub async fn of_messages(
    conn: &mut PgConnection,
    messages: &[i64],
) -> sqlx::Result<HashMap<i64, Vec<Attachment>>> {
    let rows = sqlx::query!(
        r#"select message_id as "message_id!", id, name, size, content_type, created_at
           from attachments
           where message_id = any ($1)
           order by id"#,
        messages,
    )
    .fetch_all(conn)
    .await?;
    let mut files: HashMap<i64, Vec<Attachment>> = HashMap::new();
    for row in rows {
        files.entry(row.message_id).or_default().push(Attachment {
            id: row.id,
            name: row.name,
            size: row.size,
            content_type: row.content_type,
            created_at: row.created_at,
        });
    }
    Ok(files)
}

/// A file of a live ticket that the caller may know of; a note's for those alone who see notes.
pub async fn visible(
    conn: &mut PgConnection,
    id: i64,
    scope: &Scope,
) -> sqlx::Result<Option<Stored>> {
    let notes = scope.sees_notes();
    let scope = ScopeParams::from(scope);
    sqlx::query_as!(
        Stored,
        "select a.object, a.name, a.size, a.content_type
         from attachments a
         join tickets t on t.id = a.ticket_id
         left join messages m on m.id = a.message_id
         where a.id = $1 and t.deleted_at is null
           and ($2 or m.kind is distinct from 'note')
           and case $3::text
               when 'all' then true
               when 'agent' then t.creator_user_id = $4 or exists (
                   select from replica_memberships m
                   join replica_projects p on p.id = m.project_id and not p.deleted
                   where m.project_id = t.project_id and m.user_id = $4 and m.is_member)
               when 'customer' then t.creator_user_id = $4 or t.customer_email = $5
               when 'project' then t.project_id = $6
           end",
        id,
        notes,
        scope.kind,
        scope.user_id,
        scope.email,
        scope.project_id,
    )
    .fetch_optional(conn)
    .await
}

/// Which of these objects no file has.
pub async fn unnamed(conn: &mut PgConnection, objects: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select o.object as "object!"
           from unnest($1::text[]) as o (object)
           where not exists (select from attachments a where a.object = o.object)"#,
        objects,
    )
    .fetch_all(conn)
    .await
}
