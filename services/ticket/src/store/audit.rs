//! Who changed which configuration, from where: kept here, and told to auth.

use std::net::IpAddr;

use desk_bus::outbox;
use desk_events::{AggregateKind, AuditEntry};
use serde::Serialize;
use sqlx::{
    PgConnection,
    types::{Json, ipnetwork::IpNetwork},
};
use time::OffsetDateTime;

use crate::domain::changes;

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
    /// A category.
    Category(i64),
    /// A tag.
    Tag(i64),
    /// An SLA policy.
    SlaPolicy(i64),
    /// A calendar.
    Calendar(i64),
    /// A canned response.
    CannedResponse(i64),
}

impl Target {
    const fn kind(self) -> &'static str {
        match self {
            Self::Category(_) => "category",
            Self::Tag(_) => "tag",
            Self::SlaPolicy(_) => "sla_policy",
            Self::Calendar(_) => "calendar",
            Self::CannedResponse(_) => "canned_response",
        }
    }

    const fn id(self) -> i64 {
        match self {
            Self::Category(id)
            | Self::Tag(id)
            | Self::SlaPolicy(id)
            | Self::Calendar(id)
            | Self::CannedResponse(id) => id,
        }
    }
}

/// Notes what became of a thing, and says so: made (nothing before), changed, or deleted (nothing
/// after).
pub async fn record<T: Serialize>(
    conn: &mut PgConnection,
    by: &By,
    target: Target,
    before: Option<&T>,
    after: Option<&T>,
) -> sqlx::Result<()> {
    let verb = match (before, after) {
        (None, _) => "created",
        (Some(_), None) => "deleted",
        (Some(_), Some(_)) => "updated",
    };
    let changes = changes::between(before, after);
    let entry = AuditEntry {
        actor_id: Some(by.user_id),
        action: format!("{}.{verb}", target.kind()),
        target_kind: target.kind().to_owned(),
        target_id: target.id(),
        address: Some(by.address),
        changes: changes.map_err(|error| sqlx::Error::Encode(Box::new(error)))?,
    };
    let id = insert(conn, by, &entry).await?;
    let event = entry.recorded(AggregateKind::TicketAudit, id, by.at);
    outbox::append(conn, &[event]).await?;
    Ok(())
}

async fn insert(conn: &mut PgConnection, by: &By, entry: &AuditEntry) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "insert into audit (at, actor_id, action, target_kind, target_id, address, changes)
         values ($1, $2, $3, $4, $5, $6, $7)
         returning id",
        by.at,
        by.user_id,
        entry.action,
        entry.target_kind,
        entry.target_id,
        IpNetwork::from(by.address),
        Json(&entry.changes) as _,
    )
    .fetch_one(conn)
    .await
}
