//! What services tell each other: the envelope every event travels in and the typed payloads.
//!
//! These are the only types that services share about one another. Payload changes only add
//! fields; a consumer that meets an unknown type or a newer version acknowledges and counts it.

mod actor;
mod audit;
mod config;
mod envelope;
mod erasure;
mod fact;
mod project;
mod sla;
mod snapshot;
mod ticket;
mod user;

pub use actor::{Actor, ActorKind};
pub use audit::AuditEntry;
pub use config::{CategoryState, SlaPolicyState, TagState};
pub use envelope::{Aggregate, AggregateKind, Event, MAX_EVENT_BYTES, NewEvent};
pub use erasure::{
    ERASED_DOMAIN, ERASED_NAME, ERASED_WORDS, erased_requester, erased_user, is_erased,
};
pub use fact::{Fact, Unreadable};
pub use project::{ApiKeyState, MembershipState, ProjectCount, ProjectState};
pub use sla::{Metric, SlaClaim};
pub use snapshot::{STATES, StatePage, StateRecord, TicketPage, TicketRecord};
pub use ticket::{
    Change, MessageExcerpt, MessageKind, Priority, RequesterState, Source, Status, TicketEvent,
    TicketState, UnknownWord,
};
pub use user::{Role, UserState};
