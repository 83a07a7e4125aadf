//! Who changed what, from where.

use std::net::IpAddr;

use ipnetwork::IpNetwork;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// The circumstances of a change.
#[derive(Debug, Clone, Copy)]
pub struct By {
    /// The user's id.
    pub user_id: i64,
    /// Where the user called from.
    pub address: IpAddr,
    /// When.
    pub at: OffsetDateTime,
}

/// What a change was made to.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A project, its agents included.
    Project(i64),
    /// An API key.
    ApiKey(i64),
}

impl Target {
    const fn kind(self) -> &'static str {
        match self {
            Self::Project(_) => "project",
            Self::ApiKey(_) => "api_key",
        }
    }

    const fn id(self) -> i64 {
        match self {
            Self::Project(id) | Self::ApiKey(id) => id,
        }
    }
}

/// Writes an audit row. The details never hold a secret.
pub async fn record(
    conn: &mut PgConnection,
    by: &By,
    action: &str,
    target: Target,
    details: &Value,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit (actor_id, action, target_kind, target_id, address, at, details)
         values ($1, $2, $3, $4, $5, $6, $7)",
        by.user_id,
        action,
        target.kind(),
        target.id(),
        IpNetwork::from(by.address),
        by.at,
        details,
    )
    .execute(conn)
    .await?;
    Ok(())
}
