//! Revocations, written in the transaction that revokes and read by the gateways.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    domain::User,
    revocation::{Revocation, Revocations, Revoked},
    tokens::{Presented, revoked_until},
};

/// How long ago a row may have been written that only now shows itself: ids commit out of order.
const LATE: Duration = Duration::MINUTE;

#[derive(Debug)]
struct Row {
    id: i64,
    kind: String,
    jti: Option<Uuid>,
    session_id: Option<i64>,
    user_id: Option<i64>,
    generation: Option<i64>,
    exempt_session_id: Option<i64>,
    expires_at: OffsetDateTime,
}

impl Row {
    fn revoked(&self) -> Option<Revoked> {
        Some(match self.kind.as_str() {
            "token" => Revoked::Token {
                jti: self.jti?.simple().to_string(),
            },
            "session" => Revoked::Session {
                sid: self.session_id?,
            },
            _ => Revoked::User {
                user_id: self.user_id?,
                generation: self.generation?,
                exempt_sid: self.exempt_session_id,
            },
        })
    }
}

/// Revokes a token that was replaced before it expired.
pub async fn token(
    conn: &mut PgConnection,
    token: &Presented,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let until = revoked_until(token.expires_at);
    if until <= now {
        return Ok(());
    }
    sqlx::query!(
        "insert into revocations (kind, jti, created_at, expires_at) values ('token', $1, $2, $3)",
        token.jti,
        now,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes a session that ended by this token, its last one.
pub async fn session(
    conn: &mut PgConnection,
    last: &Presented,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let until = revoked_until(last.expires_at);
    if until <= now {
        return Ok(());
    }
    sqlx::query!(
        "insert into revocations (kind, session_id, created_at, expires_at)
         values ('session', $1, $2, $3)",
        last.session,
        now,
        until,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Revokes the user's tokens of every generation before the account's present one, but for a
/// session's. Call it before ending the sessions: the row lasts as long as any of their tokens,
/// and as long as one that is being issued this moment (`newest`).
pub async fn user(
    conn: &mut PgConnection,
    user: &User,
    exempt: Option<i64>,
    now: OffsetDateTime,
    newest: OffsetDateTime,
) -> sqlx::Result<()> {
    let last = sqlx::query_scalar!(
        "select max(token_expires_at) from sessions where user_id = $1 and ended_at is null",
        user.id,
    )
    .fetch_one(&mut *conn)
    .await?;
    let last = last.map_or(newest, |last| last.max(newest));
    sqlx::query!(
        "insert into revocations (kind, user_id, generation, exempt_session_id, created_at, expires_at)
         values ('user', $1, $2, $3, $4, $5)",
        user.id,
        user.generation,
        exempt,
        now,
        revoked_until(last),
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Every living revocation.
pub async fn living(db: &PgPool, now: OffsetDateTime) -> sqlx::Result<Revocations> {
    let rows = sqlx::query_as!(
        Row,
        "select id, kind, jti, session_id, user_id, generation, exempt_session_id, expires_at
         from revocations where expires_at > $1 order by id",
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(told(&rows, 0))
}

/// What is new since an id, the last minute's again.
pub async fn since(db: &PgPool, after: i64, now: OffsetDateTime) -> sqlx::Result<Revocations> {
    let rows = sqlx::query_as!(
        Row,
        "select id, kind, jti, session_id, user_id, generation, exempt_session_id, expires_at
         from revocations where (id > $1 or created_at > $2) and expires_at > $3 order by id",
        after,
        now - LATE,
        now,
    )
    .fetch_all(db)
    .await?;
    Ok(told(&rows, after))
}

fn told(rows: &[Row], after: i64) -> Revocations {
    let last_id = rows.last().map_or(after, |row| row.id.max(after));
    let revocations = rows
        .iter()
        .filter_map(|row| {
            let expires_at = row.expires_at.unix_timestamp();
            Some(Revocation {
                id: row.id,
                revoked: row.revoked()?,
                expires_at,
            })
        })
        .collect();
    Revocations {
        revocations,
        last_id,
    }
}

/// Forgets what concerns no living token.
pub async fn sweep(db: impl PgExecutor<'_>, now: OffsetDateTime) -> sqlx::Result<u64> {
    let gone = sqlx::query!("delete from revocations where expires_at <= $1", now)
        .execute(db)
        .await?;
    Ok(gone.rows_affected())
}
