//! Who administered what. Rows are written in the transaction of the change; those of other
//! services are heard of.

use std::net::IpAddr;

use desk_bus::reconcile::Known;
use desk_events::{AggregateKind, AuditEntry, Change, Event, Fact, Role};
use desk_http::{ClientAddress, SignedIn};
use serde_json::{Value, json};
use sqlx::{PgConnection, types::ipnetwork::IpNetwork};
use time::OffsetDateTime;

use crate::domain::Changed;

/// Who acts, and from where.
#[derive(Debug, Clone, Copy)]
pub struct Author {
    /// User id; none for the system.
    pub actor_id: Option<i64>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

impl Author {
    /// Somebody who is signed in.
    pub const fn of(user: &SignedIn, address: ClientAddress) -> Self {
        Self {
            actor_id: Some(user.id),
            address: Some(address.0),
        }
    }
}

/// The details of an account's making.
pub fn appeared(email: &str, role: Role) -> Value {
    let changes = [
        Change::of("email", Value::Null, email),
        Change::of("role", Value::Null, role.as_str()),
    ];
    json!({ "changes": changes })
}

/// The details of an account's deletion.
pub fn gone(email: &str, role: Role) -> Value {
    let changes = [
        Change::of("email", email, Value::Null),
        Change::of("role", role.as_str(), Value::Null),
    ];
    json!({ "changes": changes })
}

/// Notes an action on an account. The details hold `changes`, if there are any.
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

/// Notes what an update changed on an account.
pub async fn changed(
    conn: &mut PgConnection,
    author: Author,
    changed: &Changed,
    at: OffsetDateTime,
) -> sqlx::Result<()> {
    for (action, changes) in changed.actions() {
        let details = json!({"changes": changes});
        user(conn, author, action, changed.user.id, &details, at).await?;
    }
    Ok(())
}

/// The rows of other services' audits, a column each.
#[derive(Default)]
struct Heard {
    sources: Vec<&'static str>,
    source_ids: Vec<i64>,
    times: Vec<OffsetDateTime>,
    actors: Vec<Option<i64>>,
    actions: Vec<String>,
    target_kinds: Vec<String>,
    target_ids: Vec<i64>,
    addresses: Vec<Option<IpNetwork>>,
    details: Vec<Value>,
}

impl Heard {
    fn push(&mut self, event: &Event, entry: &AuditEntry) {
        self.sources.push(event.aggregate.kind.as_str());
        self.source_ids.push(event.aggregate.id);
        self.times.push(event.occurred_at);
        self.actors.push(entry.actor_id);
        self.actions.push(entry.action.clone());
        self.target_kinds.push(entry.target_kind.clone());
        self.target_ids.push(entry.target_id);
        self.addresses.push(entry.address.map(IpNetwork::from));
        self.details.push(json!({ "changes": entry.changes }));
    }
}

/// Keeps what other services' audits tell, each row once.
pub async fn keep(conn: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    let mut heard = Heard::default();
    for event in events {
        if let Fact::AuditRecorded(entry) = &event.fact {
            heard.push(event, entry);
        }
    }
    if heard.sources.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into audit (source, source_id, at, actor_id, action, target_kind, target_id,
                            address, details)
         select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::bigint[],
                              $5::text[], $6::text[], $7::bigint[], $8::inet[], $9::jsonb[])
         on conflict (source, source_id) where source is not null do nothing",
        &heard.sources as &[&str],
        &heard.source_ids,
        &heard.times,
        &heard.actors as &[Option<i64>],
        &heard.actions,
        &heard.target_kinds,
        &heard.target_ids,
        &heard.addresses as &[Option<IpNetwork>],
        &heard.details,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Which of these rows of another service's audit are kept.
pub async fn known(
    conn: &mut PgConnection,
    source: AggregateKind,
    ids: &[i64],
) -> sqlx::Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"select source_id as "id!", 1::bigint as "sequence!" from audit
           where source = $1 and source_id = any($2)"#,
        source.as_str(),
        ids,
    )
    .fetch_all(conn)
    .await
}
