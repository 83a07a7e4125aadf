//! Who administered what, as each owner of an audit tells of it; auth keeps them all.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Aggregate, AggregateKind, Change, Fact, NewEvent};

/// One row of a service's audit. Its time is the event's, its id the aggregate's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Who did it, by user id; none for the system itself.
    pub actor_id: Option<i64>,
    /// What was done, e.g. `category.updated`.
    pub action: String,
    /// What kind of thing it was done to, e.g. `category`.
    pub target_kind: String,
    /// The thing's id.
    pub target_id: i64,
    /// Where the actor called from (personal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Which fields changed; excerpts of long ones, and never a secret.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl AuditEntry {
    /// The event of this row, `id` in the `owner`'s audit. It is the only one of its aggregate.
    pub fn recorded(self, owner: AggregateKind, id: i64, at: OffsetDateTime) -> NewEvent {
        NewEvent {
            aggregate: Aggregate { kind: owner, id },
            sequence: 1,
            occurred_at: at,
            fact: Fact::AuditRecorded(Box::new(self)),
        }
    }
}
