//! Messages: replies that both sides see, and notes for staff.

use desk_events::MessageKind;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::word::Word;
use crate::domain::NewMessage;

/// A message with its author's name.
#[derive(Debug, Clone)]
pub struct Message {
    /// Message id.
    pub id: i64,
    /// The text.
    pub body: String,
    /// Reply or note.
    pub kind: MessageKind,
    /// It stopped the first-response clock.
    pub is_first_response: bool,
    /// Written by staff who is not the requester.
    pub is_agent: bool,
    /// The author's account: who wrote it, or whom the requester is linked to.
    pub user_id: Option<i64>,
    /// The author's name; the customer's for what a key passed on.
    pub author_name: String,
    /// When it was written.
    pub created_at: OffsetDateTime,
}

struct MessageRow {
    id: i64,
    body: String,
    kind: Word<MessageKind>,
    is_first_response: bool,
    is_agent: bool,
    user_id: Option<i64>,
    author_name: String,
    created_at: OffsetDateTime,
}

impl From<MessageRow> for Message {
    fn from(row: MessageRow) -> Self {
        Self {
            id: row.id,
            body: row.body,
            kind: row.kind.0,
            is_first_response: row.is_first_response,
            is_agent: row.is_agent,
            user_id: row.user_id,
            author_name: row.author_name,
            created_at: row.created_at,
        }
    }
}

/// Which of a ticket's messages.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// With notes?
    pub notes: bool,
    /// Only those with a greater id.
    pub after: Option<i64>,
    /// So many are left out at the start.
    pub offset: i64,
    /// At most so many.
    pub limit: i64,
}

/// Stores a message of a locked ticket; answers its id.
pub async fn insert(
    conn: &mut PgConnection,
    ticket_id: i64,
    message: &NewMessage,
    at: OffsetDateTime,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into messages (ticket_id, kind, body, author_user_id, is_agent, is_first_response,
                               created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id",
        ticket_id,
        message.kind.as_str(),
        message.body,
        message.author_user_id,
        message.is_agent,
        message.is_first_response,
        at,
    )
    .fetch_one(conn)
    .await
}

/// A ticket's messages, oldest first.
pub async fn page(
    conn: &mut PgConnection,
    ticket_id: i64,
    window: Window,
) -> sqlx::Result<Vec<Message>> {
    let rows = sqlx::query_as!(
        MessageRow,
        r#"select m.id, m.body, m.kind as "kind: Word<MessageKind>", m.is_first_response, m.is_agent,
                  case when m.author_user_id is null then r.user_id else m.author_user_id end
                      as user_id,
                  coalesce(u.name, t.customer_name) as "author_name!", m.created_at
           from messages m
           join tickets t on t.id = m.ticket_id
           join requesters r on r.id = t.requester_id
           left join replica_users u on u.id = m.author_user_id
           where m.ticket_id = $1 and ($2 or m.kind = 'reply') and m.id > $3
           order by m.id
           offset $4 limit $5"#,
        ticket_id,
        window.notes,
        window.after.unwrap_or(0),
        window.offset,
        window.limit,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// How many messages a ticket has.
pub async fn count(conn: &mut PgConnection, ticket_id: i64, notes: bool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from messages where ticket_id = $1 and ($2 or kind = 'reply')"#,
        ticket_id,
        notes,
    )
    .fetch_one(conn)
    .await
}

/// A ticket's last messages, oldest first.
pub async fn last(
    conn: &mut PgConnection,
    ticket_id: i64,
    notes: bool,
    limit: i64,
) -> sqlx::Result<Vec<Message>> {
    let first = sqlx::query_scalar!(
        r#"select min(id) from (
               select id from messages
               where ticket_id = $1 and ($2 or kind = 'reply')
               order by id desc limit $3) as newest"#,
        ticket_id,
        notes,
        limit,
    )
    .fetch_one(&mut *conn)
    .await?;
    let after = first.map_or(0, |id| id - 1);
    page(
        conn,
        ticket_id,
        Window {
            notes,
            after: Some(after),
            offset: 0,
            limit,
        },
    )
    .await
}

/// One message of a ticket.
pub async fn one(
    conn: &mut PgConnection,
    ticket_id: i64,
    id: i64,
) -> sqlx::Result<Option<Message>> {
    let window = Window {
        notes: true,
        after: Some(id - 1),
        offset: 0,
        limit: 1,
    };
    Ok(page(conn, ticket_id, window).await?.pop())
}
