//! Answers kept by Idempotency-Key, in the transaction of the call itself.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

/// How long an answer is kept.
const KEPT: Duration = Duration::hours(24);

/// Whose key, for which call.
#[derive(Debug, Clone, Copy)]
pub struct CallKey<'a> {
    /// `project:7` or `user:5`.
    pub caller: &'a str,
    /// The call with what its path names.
    pub call: &'a str,
    /// The key itself.
    pub key: &'a str,
    /// Digest of the parsed request.
    pub digest: &'a [u8],
}

/// A [`CallKey`] of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedCallKey {
    /// `project:7` or `user:5`.
    pub caller: String,
    /// The call with what its path names.
    pub call: String,
    /// The key itself.
    pub key: String,
    /// Digest of the parsed request.
    pub digest: Vec<u8>,
}

impl OwnedCallKey {
    /// For the statements.
    pub fn borrow(&self) -> CallKey<'_> {
        CallKey {
            caller: &self.caller,
            call: &self.call,
            key: &self.key,
            digest: &self.digest,
        }
    }

    /// Is it the same key of the same call, whatever the request?
    pub fn is_same_key(&self, other: &Self) -> bool {
        (&self.caller, &self.call, &self.key) == (&other.caller, &other.call, &other.key)
    }
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Digest of the request that it answered.
    pub digest: Vec<u8>,
    /// HTTP status.
    pub status: i16,
    /// The ticket's version, for the `ETag`.
    pub version: Option<i64>,
    /// The body.
    pub answer: String,
}

/// Takes the lock of a key for this transaction; false while another call holds it. An insert of
/// the same key would wait for that call instead.
pub async fn try_lock(conn: &mut PgConnection, key: CallKey<'_>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended($1 || E'\n' || $2 || E'\n' || $3, 0))
               as "locked!""#,
        key.caller,
        key.call,
        key.key,
    )
    .fetch_one(conn)
    .await
}

/// Claims the key; false when an answer is kept for it. Call it under [`try_lock`], and in a
/// statement of its own: the lock's statement does not see what was committed meanwhile.
pub async fn claim(
    conn: &mut PgConnection,
    key: CallKey<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let claimed = sqlx::query!(
        "insert into idempotency_keys as k (caller, call, key, digest, created_at)
         values ($1, $2, $3, $4, $5)
         on conflict (caller, call, key) do update
             set digest = excluded.digest, created_at = excluded.created_at,
                 status = null, version = null, answer = null
             where k.created_at < $6",
        key.caller,
        key.call,
        key.key,
        key.digest,
        now,
        now - KEPT,
    )
    .execute(conn)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// The answer kept for the key.
pub async fn kept(conn: &mut PgConnection, key: CallKey<'_>) -> sqlx::Result<Option<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"select digest, status as "status!", version, answer as "answer!"
           from idempotency_keys
           where caller = $1 and call = $2 and key = $3 and answer is not null"#,
        key.caller,
        key.call,
        key.key,
    )
    .fetch_optional(conn)
    .await
}

/// Keeps the answer of a claimed key.
pub async fn keep(
    conn: &mut PgConnection,
    key: CallKey<'_>,
    status: i16,
    version: Option<i64>,
    answer: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update idempotency_keys set status = $4, version = $5, answer = $6
         where caller = $1 and call = $2 and key = $3",
        key.caller,
        key.call,
        key.key,
        status,
        version,
        answer,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops answers that are kept long enough.
pub async fn sweep(conn: &mut PgConnection, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "delete from idempotency_keys where created_at < $1",
        now - KEPT
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
