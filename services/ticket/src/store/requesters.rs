//! Requesters and the accounts that they are linked to.

use sqlx::PgConnection;

/// Links the requester of an address to its customer account, and nobody else to that account.
pub async fn link(conn: &mut PgConnection, email: &str, user_id: i64) -> sqlx::Result<()> {
    unlink(&mut *conn, user_id, Some(email)).await?;
    sqlx::query!(
        "update requesters set user_id = $2 where email = $1 and user_id is distinct from $2",
        email,
        user_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes an account from its requester, but for that of the address to keep.
pub async fn unlink(conn: &mut PgConnection, user_id: i64, keep: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!(
        "update requesters set user_id = null where user_id = $1 and email is distinct from $2",
        user_id,
        keep,
    )
    .execute(conn)
    .await?;
    Ok(())
}
