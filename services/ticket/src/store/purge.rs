//! Removing tickets for good.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// How much there is to remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Tickets.
    pub tickets: i64,
    /// Their files.
    pub files: i64,
}

/// What was deleted before then.
pub async fn due(conn: &mut PgConnection, before: OffsetDateTime) -> sqlx::Result<Due> {
    sqlx::query_as!(
        Due,
        r#"select count(*) as "tickets!",
                  coalesce(sum((select count(*) from attachments a where a.ticket_id = t.id)), 0)
                      ::bigint as "files!"
           from tickets t
           where t.deleted_at < $1"#,
        before,
    )
    .fetch_one(conn)
    .await
}

/// Removes locked tickets and all that belongs to them; answers how many files that were, whose
/// bytes go after the commit.
pub async fn remove(conn: &mut PgConnection, tickets: &[i64]) -> sqlx::Result<u64> {
    let files = sqlx::query!(
        "with gone as (
             delete from attachments where ticket_id = any ($1) returning object)
         insert into unwanted_objects (object) select object from gone",
        tickets,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from messages where ticket_id = any ($1)", tickets)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from activities where ticket_id = any ($1)", tickets)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "delete from ticket_tags where ticket_id = any ($1)",
        tickets
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from ratings where ticket_id = any ($1)", tickets)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from tickets where id = any ($1)", tickets)
        .execute(conn)
        .await?;
    Ok(files.rows_affected())
}

/// Takes the words and the customer out of what was said about tickets: an event that is said
/// again tells of neither.
pub async fn unsay(conn: &mut PgConnection, tickets: &[i64]) -> sqlx::Result<()> {
    sqlx::query!(
        r#"update outbox
           set payload = (
               case when payload ? 'message'
                   then jsonb_set(payload, '{message,excerpt}', '""')
                   else payload
               end - 'changes') || jsonb_build_object('ticket', payload -> 'ticket'
                   || '{"subject": "", "customer_name": "", "customer_email": ""}')
           where aggregate_kind = 'ticket' and aggregate_id = any ($1)"#,
        tickets,
    )
    .execute(conn)
    .await?;
    Ok(())
}
