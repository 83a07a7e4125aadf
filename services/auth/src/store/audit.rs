//! Who administered what. Rows are written in the transaction of the change.

use std::net::IpAddr;

use serde_json::Value;
use sqlx::{PgConnection, types::ipnetwork::IpNetwork};
use time::OffsetDateTime;

/// Who acts, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    /// User id; none for the system.
    pub actor_id: Option<i64>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Notes an action on an account.
pub async fn user(
    conn: &mut PgConnection,
    author: Author,
    action: &str,
    user_id: i64,
    details: &Value,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit (at, actor_id, action, target_kind, target_id, address, details)
         values ($1, $2, $3, 'user', $4, $5, $6)",
        at,
        author.actor_id,
        action,
        user_id,
        author.address.map(IpNetwork::from),
        details,
    )
    .execute(conn)
    .await?;
    Ok(())
}
