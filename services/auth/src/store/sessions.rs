//! Portal sessions: each has exactly one token that can be refreshed.

use desk_events::Role;
use desk_identity::portal::PortalSession;
use sqlx::{PgConnection, PgExecutor};
use time::OffsetDateTime;

use super::word::Word;
use crate::tokens::{NextToken, Presented};

/// A session's owner, read afresh.
#[derive(Debug)]
struct Owner {
    id: i64,
    user_id: i64,
    role: Word<Role>,
    generation: i64,
    started_at: OffsetDateTime,
}

impl From<Owner> for PortalSession {
    fn from(owner: Owner) -> Self {
        Self {
            id: owner.id,
            user_id: owner.user_id,
            role: owner.role.0,
            generation: owner.generation,
            started_at: owner.started_at,
        }
    }
}

/// Starts a session for an account whose password was verified, and notes the login. `None` when
/// the account was disabled, deleted or given another password meanwhile: its row is locked, so
/// that either this session is seen by whoever ends sessions, or it never starts.
pub async fn start(
    conn: &mut PgConnection,
    user_id: i64,
    password_hash: &str,
    next: &NextToken,
) -> sqlx::Result<Option<PortalSession>> {
    let owner = sqlx::query_as!(
        Owner,
        r#"with account as (
               update users set last_login_at = $3
               where id = $1 and password_hash = $2 and is_active and deleted_at is null
               returning id, role, generation),
           session as (
               insert into sessions (user_id, started_at, jti, token_expires_at)
               select id, $3, $4, $5 from account
               returning id, user_id, started_at)
           select session.id as "id!", session.user_id as "user_id!",
                  account.role as "role!: Word<Role>", account.generation as "generation!",
                  session.started_at as "started_at!"
           from session join account on account.id = session.user_id"#,
        user_id,
        password_hash,
        next.issued_at,
        next.jti,
        next.expires_at,
    )
    .fetch_optional(conn)
    .await?;
    Ok(owner.map(PortalSession::from))
}

/// Replaces a session's token. Of two with the same token one wins; the account must be active.
pub async fn refresh(
    conn: &mut PgConnection,
    old: &Presented,
    next: &NextToken,
    refreshable_since: OffsetDateTime,
) -> sqlx::Result<Option<PortalSession>> {
    let owner = sqlx::query_as!(
        Owner,
        r#"update sessions as session
           set jti = $4, token_expires_at = $5, refreshed_at = $6
           from users as account
           where session.id = $1 and session.user_id = $2 and session.jti = $3
             and session.ended_at is null and session.started_at >= $7
             and account.id = session.user_id and account.is_active and account.deleted_at is null
           returning session.id, session.user_id, account.role as "role: Word<Role>",
                     account.generation, session.started_at"#,
        old.session,
        old.user_id,
        old.jti,
        next.jti,
        next.expires_at,
        next.issued_at,
        refreshable_since,
    )
    .fetch_optional(conn)
    .await?;
    Ok(owner.map(PortalSession::from))
}

/// Ends the session whose token this is; whether it did.
pub async fn end(
    conn: &mut PgConnection,
    token: &Presented,
    now: OffsetDateTime,
    refreshable_since: OffsetDateTime,
) -> sqlx::Result<bool> {
    let ended = sqlx::query!(
        "update sessions set ended_at = $4
         where id = $1 and user_id = $2 and jti = $3 and ended_at is null and started_at >= $5",
        token.session,
        token.user_id,
        token.jti,
        now,
        refreshable_since,
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends a user's sessions, but for one.
pub async fn end_all(
    conn: &mut PgConnection,
    user_id: i64,
    but: Option<i64>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update sessions set ended_at = $3
         where user_id = $1 and ended_at is null and id is distinct from $2",
        user_id,
        but,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets sessions that can be refreshed no more.
pub async fn sweep(
    db: impl PgExecutor<'_>,
    refreshable_since: OffsetDateTime,
) -> sqlx::Result<u64> {
    let gone = sqlx::query!(
        "delete from sessions where started_at < $1",
        refreshable_since
    )
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}
