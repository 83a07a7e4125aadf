//! What auth itself has of a person, as an export tells it.

use desk_http::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;

/// A portal session.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "as the answer names them")]
pub struct Session {
    started_at: Timestamp,
    refreshed_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
}

/// The sessions of an account; those that can be refreshed no more are forgotten, so that they are
/// few.
pub async fn sessions(db: &PgPool, user_id: i64) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as!(
        Session,
        r#"select started_at as "started_at: Timestamp", refreshed_at as "refreshed_at: Timestamp",
                  ended_at as "ended_at: Timestamp"
           from sessions where user_id = $1 order by id"#,
        user_id,
    )
    .fetch_all(db)
    .await
}

/// Where an account signed in from.
#[derive(Debug, Serialize)]
pub struct LoginAddress {
    address: String,
    last_used_at: Timestamp,
}

/// The addresses that an account signed in from within half a year.
pub async fn login_addresses(db: &PgPool, user_id: i64) -> sqlx::Result<Vec<LoginAddress>> {
    sqlx::query_as!(
        LoginAddress,
        r#"select host(address) as "address!", last_used_at as "last_used_at: Timestamp"
           from login_addresses where user_id = $1 order by last_used_at desc, address"#,
        user_id,
    )
    .fetch_all(db)
    .await
}

/// Something that was administered, by the person or on the account.
#[derive(Debug, Serialize)]
pub struct AuditRow {
    /// Row id.
    pub id: i64,
    at: Timestamp,
    actor_id: Option<i64>,
    action: String,
    target_kind: String,
    target_id: i64,
    /// Where the person called from; whence others did is theirs.
    address: Option<String>,
    details: Value,
}

/// Some audit rows after one, by the person or about the account.
pub async fn audit(
    db: &PgPool,
    user_id: i64,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<AuditRow>> {
    // An index for each arm.
    sqlx::query_as!(
        AuditRow,
        r#"select id as "id!", at as "at!: Timestamp", actor_id, action as "action!",
                  target_kind as "target_kind!", target_id as "target_id!",
                  case when actor_id = $1 then host(address) end as address, details as "details!"
           from (select * from audit where actor_id = $1 and id > $2
                 union
                 select * from audit
                 where target_kind = 'user' and target_id = $1 and id > $2) as theirs
           order by id limit $3"#,
        user_id,
        after,
        limit,
    )
    .fetch_all(db)
    .await
}
