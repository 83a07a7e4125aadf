//! Tickets that are gone for good.

use sqlx::PgConnection;

/// Notes that tickets are gone, and drops all that is kept about them.
pub(crate) async fn add(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with told as (delete from deliveries where ticket_id = any($1)),
              known as (delete from tickets where id = any($1))
         insert into purged_tickets (id)
         select distinct id from unnest($1::bigint[]) as gone (id) order by id
         on conflict do nothing",
        ids,
    )
    .execute(conn)
    .await?;
    Ok(())
}
