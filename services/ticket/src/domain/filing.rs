//! What somebody files, and the ticket that it makes.

use desk_events::{Actor, Priority, Source, Status};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Clocks, Policy, Ticket, update::sorted};

/// The person a ticket is filed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Name.
    pub name: String,
    /// E-mail, lower case.
    pub email: String,
    /// Phone.
    pub phone: Option<String>,
}

/// A ticket as it is handed in, through either door.
#[derive(Debug, Clone)]
pub struct Filing {
    /// Where it belongs.
    pub project_id: i64,
    /// The door.
    pub source: Source,
    /// At most 255 characters.
    pub subject: String,
    /// What it is about.
    pub description: String,
    /// How urgent it is.
    pub priority: Priority,
    /// Its category.
    pub category_id: Option<i64>,
    /// Its tags.
    pub tags: Vec<i64>,
    /// Whom it is for.
    pub customer: Customer,
    /// The external project's own id of the customer.
    pub external_customer_id: Option<String>,
    /// Free-form data.
    pub metadata: Value,
    /// The portal account that files it.
    pub creator_user_id: Option<i64>,
    /// Who files it.
    pub actor: Actor,
}

impl Filing {
    /// The ticket that is filed at this time under this policy. Id, number and the requester's
    /// account are given when it is stored.
    pub fn ticket(&self, policy: Option<Policy>, now: OffsetDateTime) -> Ticket {
        Ticket {
            id: 0,
            number: String::new(),
            project_id: self.project_id,
            subject: self.subject.clone(),
            description: self.description.clone(),
            status: Status::Open,
            priority: self.priority,
            source: self.source,
            customer_name: self.customer.name.clone(),
            customer_email: self.customer.email.clone(),
            creator_user_id: self.creator_user_id,
            requester_user_id: None,
            assigned_to: None,
            category_id: self.category_id,
            tags: sorted(self.tags.clone()),
            watchers: Vec::new(),
            metadata: self.metadata.clone(),
            clocks: Clocks::start(policy, now),
            resolved_at: None,
            closed_at: None,
            ever_resolved: false,
            last_activity_at: now,
            reply_count: 0,
            version: 1,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        }
    }
}
