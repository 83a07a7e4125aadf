//! Objects of which the rows are gone, until the store has let go of them.

use sqlx::PgConnection;

/// Some of them.
pub async fn some(conn: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!("select object from unwanted_objects limit $1", limit)
        .fetch_all(conn)
        .await
}

/// Forgets those that are gone.
pub async fn gone(conn: &mut PgConnection, objects: &[String]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from unwanted_objects where object = any($1)",
        objects
    )
    .execute(conn)
    .await?;
    Ok(())
}
