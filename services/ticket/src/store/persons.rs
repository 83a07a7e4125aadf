//! What belongs to a person: the requesters of the account's addresses, the tickets filed by or for
//! them, and the person's own messages.

use desk_events::{MessageKind, Priority, Source, Status};
use desk_http::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use super::word::Word;

/// A person as tickets know one.
#[derive(Debug, Clone)]
pub struct Person {
    /// Auth's id of the account.
    pub user_id: i64,
    /// The requesters of the account's present and former addresses.
    pub requesters: Vec<i64>,
}

/// The person of an account. An address that was another account's after this one's is that one's.
pub async fn of(conn: &mut PgConnection, user_id: i64) -> sqlx::Result<Person> {
    // By link; by address; by what a customer filed, who files for nobody else.
    let requesters = sqlx::query_scalar!(
        r#"select id as "id!" from requesters where linked_user_id = $1
           union
           select r.id
           from replica_users u
           join requesters r on r.email = lower(u.email)
           where u.id = $1 and r.linked_user_id is null
             and not exists (select from replica_users o
                             where o.email = u.email and o.id <> $1 and not o.deleted)
           union
           select r.id
           from replica_users u
           join (select creator_user_id, requester_id from tickets
                 where creator_user_id = $1 and deleted_at is null
                 union
                 select creator_user_id, requester_id from tickets
                 where creator_user_id = $1 and deleted_at is not null) as t
                on t.creator_user_id = u.id
           join requesters r on r.id = t.requester_id
           where u.id = $1 and u.role = 'customer' and r.linked_user_id is null
           order by 1"#,
        user_id,
    )
    .fetch_all(conn)
    .await?;
    Ok(Person {
        user_id,
        requesters,
    })
}

/// Some of a person's tickets after one, deleted ones too, by id.
pub async fn tickets(
    conn: &mut PgConnection,
    person: &Person,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select id from tickets where requester_id = any($1) and id > $2 order by id limit $3",
        &person.requesters,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// A ticket as its person is told of it.
#[derive(Debug, Serialize)]
pub struct OwnTicket {
    /// Ticket id.
    pub id: i64,
    ticket_number: String,
    project_id: i64,
    subject: String,
    description: String,
    #[serde(serialize_with = "word")]
    status: Word<Status>,
    #[serde(serialize_with = "word")]
    priority: Word<Priority>,
    #[serde(serialize_with = "word")]
    source: Word<Source>,
    customer_name: String,
    customer_email: String,
    customer_phone: Option<String>,
    external_customer_id: Option<String>,
    metadata: Value,
    created_at: Timestamp,
    resolved_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    /// `{score, comment, created_at}`.
    rating: Option<Value>,
    /// `[{name, size, content_type}]` of the ticket's own files.
    attachments: Value,
}

/// These tickets, by id.
pub async fn own_tickets(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<OwnTicket>> {
    sqlx::query_as!(
        OwnTicket,
        r#"select t.id, t.number as ticket_number, t.project_id, t.subject, t.description,
                  t.status as "status: Word<Status>", t.priority as "priority: Word<Priority>",
                  t.source as "source: Word<Source>", t.customer_name, t.customer_email,
                  t.customer_phone, t.external_customer_id, t.metadata,
                  t.created_at as "created_at: Timestamp", t.resolved_at as "resolved_at: Timestamp",
                  t.closed_at as "closed_at: Timestamp", t.deleted_at as "deleted_at: Timestamp",
                  (select jsonb_build_object('score', r.score, 'comment', r.comment,
                                             'created_at', r.created_at)
                   from ratings r where r.ticket_id = t.id) as rating,
                  (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'size', a.size,
                                                                'content_type', a.content_type)
                                             order by a.id), '[]')
                   from attachments a
                   where a.ticket_id = t.id and a.message_id is null) as "attachments!"
           from tickets t where t.id = any($1) order by t.id"#,
        ids,
    )
    .fetch_all(conn)
    .await
}

/// A message as its author is told of it.
#[derive(Debug, Serialize)]
pub struct OwnMessage {
    /// Message id.
    pub id: i64,
    ticket_id: i64,
    ticket_number: String,
    #[serde(rename = "type", serialize_with = "word")]
    kind: Word<MessageKind>,
    body: String,
    created_at: Timestamp,
    /// `[{name, size, content_type}]`.
    attachments: Value,
}

/// Some of a person's own messages after one, by id: written by the account, or passed on for one
/// of its addresses by an API key.
pub async fn own_messages(
    conn: &mut PgConnection,
    person: &Person,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<OwnMessage>> {
    sqlx::query_as!(
        OwnMessage,
        r#"select m.id, m.ticket_id, t.number as ticket_number,
                  m.kind as "kind: Word<MessageKind>", m.body,
                  m.created_at as "created_at: Timestamp",
                  (select coalesce(jsonb_agg(jsonb_build_object('name', a.name, 'size', a.size,
                                                                'content_type', a.content_type)
                                             order by a.id), '[]')
                   from attachments a where a.message_id = m.id) as "attachments!"
           from (select id from messages where author_user_id = $1 and id > $3
                 union
                 select m.id from tickets t join messages m on m.ticket_id = t.id
                 where t.requester_id = any($2) and m.author_user_id is null and not m.is_agent
                   and m.id > $3
                 order by id limit $4) as own
           join messages m on m.id = own.id
           join tickets t on t.id = m.ticket_id
           order by m.id"#,
        person.user_id,
        &person.requesters,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}

fn word<T: std::fmt::Display, S: serde::Serializer>(
    word: &Word<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&word.0)
}
