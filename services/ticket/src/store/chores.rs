//! What is done now and then: by one replica at a time, and not again before it is due.

use sqlx::PgConnection;
use time::OffsetDateTime;

/// Takes a chore for this transaction; false while another has it.
pub async fn try_lock(conn: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('chore ' || $1, 0)) as "locked!""#,
        name,
    )
    .fetch_one(conn)
    .await
}

/// Was the chore done after then? Call it under [`try_lock`], in a statement of its own: the
/// lock's statement does not see what was committed meanwhile.
pub async fn was_done(
    conn: &mut PgConnection,
    name: &str,
    after: OffsetDateTime,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from chores where name = $1 and done_at > $2) as "done!""#,
        name,
        after,
    )
    .fetch_one(conn)
    .await
}

/// Notes that a chore was done.
pub async fn done(conn: &mut PgConnection, name: &str, at: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into chores (name, done_at) values ($1, $2)
         on conflict (name) do update set done_at = excluded.done_at",
        name,
        at,
    )
    .execute(conn)
    .await?;
    Ok(())
}
