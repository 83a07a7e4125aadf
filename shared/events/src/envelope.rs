//! The envelope: which fact, about which aggregate, in which order, traced to which request.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Fact, Unreadable};

/// The largest encoded event, in bytes; checked before the commit (NATS refuses over 1 MiB).
pub const MAX_EVENT_BYTES: usize = 512 * 1024;

/// What an event is about. Order is owed per aggregate, by its sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AggregateKind {
    /// A ticket with its messages; owned by ticket.
    Ticket,
    /// A person or mailbox that tickets are filed for; owned by ticket.
    Requester,
    /// A portal account; owned by auth.
    User,
    /// A project itself; owned by project.
    Project,
    /// One agent's place in one project; owned by project.
    Membership,
    /// An API key; owned by project.
    ApiKey,
    /// A project's number of tickets; owned by ticket.
    ProjectCount,
    /// A ticket category; owned by ticket.
    Category,
    /// A tag; owned by ticket.
    Tag,
    /// An SLA policy; owned by ticket.
    SlaPolicy,
    /// A ticket's deadlines as the SLA worker sees them; owned by sla-worker.
    Deadline,
    /// A row of ticket's audit.
    TicketAudit,
    /// A row of project's audit.
    ProjectAudit,
}

impl AggregateKind {
    /// The word stored in the outbox and sent on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Requester => "requester",
            Self::User => "user",
            Self::Project => "project",
            Self::Membership => "membership",
            Self::ApiKey => "api_key",
            Self::ProjectCount => "project_count",
            Self::Category => "category",
            Self::Tag => "tag",
            Self::SlaPolicy => "sla_policy",
            Self::Deadline => "deadline",
            Self::TicketAudit => "ticket_audit",
            Self::ProjectAudit => "project_audit",
        }
    }
}

/// One aggregate: its kind and its id in the owner's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Aggregate {
    /// What kind of thing.
    pub kind: AggregateKind,
    /// Its id, given by the owner.
    pub id: i64,
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.id)
    }
}

/// An event about to be written to the outbox: everything that the writer decides.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What the event is about.
    pub aggregate: Aggregate,
    /// The aggregate's next sequence, drawn under its row lock; starts at 1.
    pub sequence: i64,
    /// Business time, from the app's clock.
    pub occurred_at: OffsetDateTime,
    /// What happened.
    pub fact: Fact,
}

/// An event as consumers receive it.
#[derive(Debug, Clone)]
pub struct Event {
    /// UUIDv7, the same on every redelivery and republication.
    pub id: Uuid,
    /// What the event is about.
    pub aggregate: Aggregate,
    /// Order within the aggregate; the highest wins.
    pub sequence: i64,
    /// Business time of the change.
    pub occurred_at: OffsetDateTime,
    /// W3C `traceparent` of the request that caused it.
    pub traceparent: Option<String>,
    /// Request id of the request that caused it.
    pub request_id: Option<String>,
    /// What happened.
    pub fact: Fact,
}

/// The JSON on the wire, with the payload left unread until its type is known.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    id: Uuid,
    #[serde(rename = "type")]
    kind: std::borrow::Cow<'a, str>,
    version: u16,
    aggregate: Aggregate,
    sequence: i64,
    #[serde(with = "time::serde::rfc3339")]
    occurred_at: OffsetDateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(borrow)]
    payload: std::borrow::Cow<'a, RawValue>,
}

impl Event {
    /// Encodes the envelope as JSON.
    ///
    /// # Errors
    /// Only when a payload cannot be written as JSON, which no payload of ours does.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let payload = serde_json::value::to_raw_value(&self.fact.payload()?)?;
        serde_json::to_vec(&Wire {
            id: self.id,
            kind: self.fact.subject().into(),
            version: self.fact.version(),
            aggregate: self.aggregate,
            sequence: self.sequence,
            occurred_at: self.occurred_at,
            traceparent: self.traceparent.clone(),
            request_id: self.request_id.clone(),
            payload: std::borrow::Cow::Owned(payload),
        })
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// [`Unreadable::Unknown`] for a type or version this build does not know (acknowledge and
    /// count), [`Unreadable::Malformed`] for anything else (dead letter).
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let wire: Wire<'_> = serde_json::from_slice(bytes)?;
        let fact = Fact::read(&wire.kind, wire.version, wire.payload.get())?;
        Ok(Self {
            id: wire.id,
            aggregate: wire.aggregate,
            sequence: wire.sequence,
            occurred_at: wire.occurred_at,
            traceparent: wire.traceparent,
            request_id: wire.request_id,
            fact,
        })
    }
}
