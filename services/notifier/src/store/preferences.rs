//! What people do not want by mail.

use sqlx::PgPool;

/// The kinds that a user muted.
pub(crate) async fn muted(db: &PgPool, user_id: i64) -> sqlx::Result<Vec<String>> {
    let muted = sqlx::query_scalar!("select muted from preferences where user_id = $1", user_id)
        .fetch_optional(db)
        .await?;
    Ok(muted.unwrap_or_default())
}

/// Mutes some kinds and wants some others again; what is in neither stays. Answers what is muted
/// now.
pub(crate) async fn change(
    db: &PgPool,
    user_id: i64,
    mute: &[&str],
    want: &[&str],
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "insert into preferences as p (user_id, muted) values ($1, $2)
         on conflict (user_id) do update
         set muted = array(select kind from unnest(p.muted) as kept (kind)
                           where kind <> all($3)
                           union
                           select unnest($2)
                           order by 1)
         returning muted",
        user_id,
        mute as &[&str],
        want as &[&str],
    )
    .fetch_one(db)
    .await
}
