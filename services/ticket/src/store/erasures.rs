//! Whom there is still something to erase of: a queue of tickets for each person.

use desk_events::ERASED_WORDS;
use desk_telemetry::TraceContext;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::persons::Person;

/// Notes every ticket that tells of the person or holds the person's words.
pub async fn request(
    conn: &mut PgConnection,
    person: &Person,
    cause: &TraceContext,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into erasures (user_id, request_id, traceparent, requested_at)
         values ($1, $2, $3, $4)
         on conflict (user_id) do update set requested_at = excluded.requested_at",
        person.user_id,
        cause.request_id,
        cause.traceparent,
        at,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into erasure_tickets (user_id, ticket_id, requester_id)
         select $1, id, requester_id
         from tickets where requester_id = any($2) and erased_at is null
         union all
         select $1, t.id, null
         from (select m.ticket_id as id from messages m
               where m.author_user_id = $1
                 and (m.body <> $3 or exists (select from attachments a where a.message_id = m.id))
               union
               select ticket_id from ratings where user_id = $1 and comment is not null) as w
         join tickets t on t.id = w.id
         where t.requester_id <> all($2) or t.erased_at is not null
         on conflict do nothing",
        person.user_id,
        &person.requesters,
        ERASED_WORDS,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Somebody who is being erased.
#[derive(Debug)]
pub struct Erasure {
    /// Auth's id of the account.
    pub user_id: i64,
    /// The request that erases.
    pub cause: TraceContext,
}

/// The first person in the queue whom nobody else is erasing, locked.
pub async fn next(conn: &mut PgConnection) -> sqlx::Result<Option<Erasure>> {
    let row = sqlx::query!(
        "select user_id, request_id, traceparent from erasures
         order by requested_at, user_id limit 1
         for update skip locked",
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Erasure {
        user_id: row.user_id,
        cause: TraceContext {
            request_id: row.request_id,
            traceparent: row.traceparent,
        },
    }))
}

/// A ticket with something of a person in it.
#[derive(Debug)]
pub struct Found {
    /// Ticket id.
    pub ticket_id: i64,
    /// Its requester, where the person is the customer.
    pub requester_id: Option<i64>,
}

/// Takes some of the person's tickets off the queue.
pub async fn take(conn: &mut PgConnection, user_id: i64, limit: i64) -> sqlx::Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        "delete from erasure_tickets
         where user_id = $1 and ticket_id in (
             select ticket_id from erasure_tickets
             where user_id = $1 order by ticket_id limit $2)
         returning ticket_id, requester_id",
        user_id,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Moves a person to the queue's end.
pub async fn put_off(
    conn: &mut PgConnection,
    user_id: i64,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update erasures set requested_at = $2 where user_id = $1",
        user_id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a person off the queue, of whom no ticket tells any more.
pub async fn done(conn: &mut PgConnection, user_id: i64) -> sqlx::Result<()> {
    sqlx::query!("delete from erasures where user_id = $1", user_id)
        .execute(conn)
        .await?;
    Ok(())
}
