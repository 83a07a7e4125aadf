//! Every fact that travels on the bus, with its subject and version.

use serde_json::Value;

use crate::{
    ApiKeyState, AuditEntry, CategoryState, MembershipState, ProjectCount, ProjectState,
    RequesterState, SlaClaim, SlaPolicyState, TagState, TicketEvent, TicketState, UserState,
};

/// Why an event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// A type or version that this build does not know: acknowledge and count it.
    #[error("unknown event {kind} version {version}")]
    Unknown {
        /// The type on the wire.
        kind: String,
        /// The version on the wire.
        version: u16,
    },
    /// Not what the type promises.
    #[error("malformed event: {0}")]
    Malformed(#[from] serde_json::Error),
}

macro_rules! facts {
    ($($(#[$doc:meta])* $variant:ident($payload:ty) = $subject:literal,)*) => {
        /// What happened. The variant decides the subject; the payload carries all that a
        /// consumer needs, so that none has to call back.
        #[derive(Debug, Clone)]
        pub enum Fact {
            $($(#[$doc])* $variant(Box<$payload>),)*
        }

        impl Fact {
            /// Every subject there is, without the bus prefix.
            pub const SUBJECTS: &'static [&'static str] = &[$($subject),*];

            /// The subject it is published on, which is also the envelope's `type`.
            pub const fn subject(&self) -> &'static str {
                match self { $(Self::$variant(_) => $subject,)* }
            }

            /// The payload's version; raised only when its meaning changes.
            pub const fn version(&self) -> u16 { 1 }

            /// The payload as JSON.
            ///
            /// # Errors
            /// When it cannot be written as JSON, which no payload of ours does.
            pub fn payload(&self) -> Result<Value, serde_json::Error> {
                match self { $(Self::$variant(payload) => serde_json::to_value(payload),)* }
            }

            /// Reads a payload by its type and version.
            ///
            /// # Errors
            /// See [`Unreadable`].
            pub fn read(kind: &str, version: u16, payload: &str) -> Result<Self, Unreadable> {
                match (kind, version) {
                    $(($subject, 1) => Ok(Self::$variant(serde_json::from_str(payload)?)),)*
                    _ => Err(Unreadable::Unknown { kind: kind.to_owned(), version }),
                }
            }
        }
    };
}

facts! {
    /// A ticket was filed.
    TicketCreated(TicketEvent) = "ticket.created",
    /// Subject, description, category, priority or tags changed.
    TicketUpdated(TicketEvent) = "ticket.updated",
    /// The assignee changed, or went.
    TicketAssigned(TicketEvent) = "ticket.assigned",
    /// The requester rated the solution.
    TicketRated(TicketEvent) = "ticket.rated",
    /// A deadline passed unmet; ticket's own word, judged under the row lock.
    TicketBreached(TicketEvent) = "ticket.breached",
    /// The ticket was soft-deleted.
    TicketDeleted(TicketEvent) = "ticket.deleted",
    /// A soft-deleted ticket came back.
    TicketRestored(TicketEvent) = "ticket.restored",
    /// The ticket is gone for good: drop its personal data.
    TicketPurged(TicketEvent) = "ticket.purged",
    /// A person's data was taken out of the ticket: drop what is kept of it.
    TicketErased(TicketEvent) = "ticket.erased",
    /// A reply or a note was written.
    MessageAdded(TicketEvent) = "message.added",
    /// The status changed.
    StatusChanged(TicketEvent) = "status.changed",
    /// The SLA worker's claim that a deadline has passed; ticket alone consumes it.
    SlaBreached(SlaClaim) = "sla.breached",
    /// 80 % of the time to a deadline is over.
    SlaDueSoon(SlaClaim) = "sla.due_soon",
    /// An e-mail address filed its first ticket.
    RequesterAdded(RequesterState) = "requester.added",
    /// An account was made.
    UserCreated(UserState) = "user.created",
    /// An account changed: name, role, activity, e-mail.
    UserUpdated(UserState) = "user.updated",
    /// An account proved its e-mail.
    UserVerified(UserState) = "user.verified",
    /// An account was soft-deleted.
    UserDeleted(UserState) = "user.deleted",
    /// An account's personal data was erased: drop what is kept of the person.
    UserErased(UserState) = "user.erased",
    /// A project was made.
    ProjectCreated(ProjectState) = "project.created",
    /// A project changed or was enabled or disabled.
    ProjectUpdated(ProjectState) = "project.updated",
    /// A project was soft-deleted.
    ProjectDeleted(ProjectState) = "project.deleted",
    /// An agent joined a project, left it, or changed the lead flag.
    ProjectMembership(MembershipState) = "project.membership",
    /// An API key was made or revoked; no secret, no hash.
    ProjectKey(ApiKeyState) = "project.key",
    /// Ticket's count of a project's tickets, at most once a second a project.
    ProjectCounted(ProjectCount) = "project.counted",
    /// A category was made, changed, moved or deleted.
    ConfigCategory(CategoryState) = "config.category",
    /// A tag was made or deleted.
    ConfigTag(TagState) = "config.tag",
    /// An SLA policy was made, changed or deleted.
    ConfigSlaPolicy(SlaPolicyState) = "config.sla_policy",
    /// Somebody administered something; auth keeps the whole desk's audit.
    AuditRecorded(AuditEntry) = "audit.recorded",
}

impl Fact {
    /// The ticket event inside, for every fact about a ticket.
    pub fn ticket_event(&self) -> Option<&TicketEvent> {
        match self {
            Self::TicketCreated(event)
            | Self::TicketUpdated(event)
            | Self::TicketAssigned(event)
            | Self::TicketRated(event)
            | Self::TicketBreached(event)
            | Self::TicketDeleted(event)
            | Self::TicketRestored(event)
            | Self::TicketPurged(event)
            | Self::TicketErased(event)
            | Self::MessageAdded(event)
            | Self::StatusChanged(event) => Some(event),
            _ => None,
        }
    }

    /// The account's state, for every fact about an account.
    pub fn user(&self) -> Option<&UserState> {
        match self {
            Self::UserCreated(user)
            | Self::UserUpdated(user)
            | Self::UserVerified(user)
            | Self::UserDeleted(user)
            | Self::UserErased(user) => Some(user),
            _ => None,
        }
    }

    /// The ticket's whole reportable state, for every fact about a ticket.
    pub fn ticket(&self) -> Option<&TicketState> {
        self.ticket_event().map(|event| &event.ticket)
    }
}
