//! An erased account's personal data, wherever this database has it but on the account itself.

use desk_bus::erasure::{self, Past};
use desk_events::AggregateKind;
use sqlx::PgConnection;

use crate::domain::User;

/// Drops what is kept of the account as it was: its password, tokens, mails to its addresses, where
/// it signed in from, what the audit tells of it, and what could not be heard of it.
pub async fn forget(conn: &mut PgConnection, before: &User) -> sqlx::Result<()> {
    sqlx::query!(
        "with password as (update users set password_hash = null where id = $1),
              tokens as (delete from account_tokens where user_id = $1),
              places as (delete from login_addresses where user_id = $1),
              mails as (
                  delete from account_mails as m
                  where m.email = any(array[$2] || array(
                            select payload ->> 'email' from outbox
                            where aggregate_id = $1 and aggregate_kind = 'user'))
                    and not exists (select from users as other
                                    where lower(other.email) = m.email and other.id <> $1
                                      and other.deleted_at is null)),
              letters as (
                  delete from dead_letters
                  where aggregate_kind = 'requester'
                    and position(convert_to($2, 'UTF8') in envelope) > 0)
         update audit set details = '{}', address = case when actor_id = $1 then null else address end
         where target_kind = 'user' and target_id = $1",
        before.id,
        before.email,
    )
    .execute(&mut *conn)
    .await?;
    // What the person wrote, whoever was to use it.
    sqlx::query!(
        "update audit set details = '{}'
         where actor_id = $1 and target_kind = 'canned_response'",
        before.id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the person out of what was said of the account, here and on the stream. Call it before the
/// account's next event is written.
pub async fn unsay(conn: &mut PgConnection, before: &User, after: &User) -> sqlx::Result<()> {
    sqlx::query!(
        "update outbox
         set payload = payload || jsonb_build_object('name', $2::text, 'email', $3::text)
         where aggregate_id = $1 and aggregate_kind = 'user'",
        after.id,
        after.name,
        after.email,
    )
    .execute(&mut *conn)
    .await?;
    let past = Past {
        kind: AggregateKind::User,
        id: before.id,
        through: before.sequence,
    };
    erasure::request(conn, &[past]).await
}
