//! What is kept of people who were erased, or who have another address by now.

use desk_events::{ERASED_DOMAIN, Event, Fact, UserState};
use sqlx::PgConnection;
use time::OffsetDateTime;

/// Drops the accounts' mails to addresses that these events take from them: those are perhaps
/// nobody's any more. Call it before the copies of the accounts change.
pub(crate) async fn former_addresses(
    conn: &mut PgConnection,
    events: &[Event],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let users: Vec<&UserState> = events
        .iter()
        .filter_map(|event| event.fact.user())
        .collect();
    if users.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = users.iter().map(|user| user.id).collect();
    let emails: Vec<&str> = users.iter().map(|user| user.email.as_str()).collect();
    sqlx::query!(
        "update deliveries d
         set email = '', name = null, detail = null, error = null,
             state = case d.state when 'queued' then 'dropped' else d.state end,
             ended_at = coalesce(d.ended_at, $3)
         from unnest($1::bigint[], $2::text[]) as changed (id, email)
         join replica_users u on u.id = changed.id and u.email <> changed.email
         where d.kind in ('verify', 'reset') and d.email = u.email",
        &ids,
        &emails as &[&str],
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops the words of erased people that mails were to quote.
pub(crate) async fn words(conn: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let erased: Vec<i64> = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::UserErased(_)))
        .map(|event| event.aggregate.id)
        .collect();
    if erased.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update deliveries set excerpt = null
         where actor_id = any($1) and excerpt is not null",
        &erased,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Which of these tickets are an erased customer's.
pub(crate) async fn tickets(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar!(
        "select id from tickets
         where id = any($1) and split_part(customer_email, '@', 2) = $2",
        ids,
        ERASED_DOMAIN,
    )
    .fetch_all(conn)
    .await
}

/// Drops what is told of those of these tickets whose customer was erased: words and address, with
/// the mails that wait to be sent there.
pub(crate) async fn customers(
    conn: &mut PgConnection,
    events: &[Event],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let erased: Vec<i64> = events
        .iter()
        .filter(|event| matches!(event.fact, Fact::TicketErased(_)))
        .map(|event| event.aggregate.id)
        .collect();
    if erased.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update deliveries d
         set email = case when d.email is not null then t.customer_email end, name = null,
             subject = t.subject, excerpt = null, error = null,
             state = case when d.email is not null and d.state = 'queued' then 'dropped'
                          else d.state end,
             ended_at = case when d.email is not null then coalesce(d.ended_at, $3)
                             else d.ended_at end
         from tickets t
         where d.ticket_id = any($1) and t.id = d.ticket_id
           and split_part(t.customer_email, '@', 2) = $2",
        &erased,
        ERASED_DOMAIN,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
