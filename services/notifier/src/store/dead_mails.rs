//! Mails that were given up.

use sqlx::PgPool;
use time::OffsetDateTime;

/// A mail that could not be sent.
#[derive(Debug)]
pub(crate) struct DeadMail {
    /// Delivery id.
    pub(crate) id: i64,
    /// What it tells.
    pub(crate) kind: String,
    /// The ticket's number; none of an account's mail.
    pub(crate) ticket_number: Option<String>,
    /// To a portal user, by id; else to an address.
    pub(crate) user_id: Option<i64>,
    /// How often it was tried.
    pub(crate) attempts: i32,
    /// Why the last attempt failed.
    pub(crate) error: Option<String>,
    /// When it was given up.
    pub(crate) ended_at: Option<OffsetDateTime>,
    /// What it told is still there.
    pub(crate) replayable: bool,
}

/// The newest of them.
pub(crate) async fn list(db: &PgPool, limit: i64) -> sqlx::Result<Vec<DeadMail>> {
    sqlx::query_as!(
        DeadMail,
        r#"select id, kind, ticket_number, user_id, attempts, error, ended_at,
                  kind not in ('verify', 'reset') as "replayable!"
           from deliveries where state = 'dead' order by id desc limit $1"#,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Queues mails anew, as if they had never been tried: those named, or all. An account's mail is
/// none of them, since its link is erased. Answers how many.
pub(crate) async fn replay(
    db: &PgPool,
    ids: Option<&[i64]>,
    now: OffsetDateTime,
) -> sqlx::Result<u64> {
    let replayed = sqlx::query!(
        "update deliveries
         set state = 'queued', attempts = 0, next_at = $2, ended_at = null
         where state = 'dead' and kind not in ('verify', 'reset')
           and ($1::bigint[] is null or id = any($1))",
        ids,
        now,
    )
    .execute(db)
    .await?;
    Ok(replayed.rows_affected())
}
