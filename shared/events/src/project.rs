//! Projects, their agents and keys, as project tells of them.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A project's whole shareable state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectState {
    /// Project's id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// URL word; never changes, never given again.
    pub slug: String,
    /// Ticket number prefix; never changes, never given again.
    pub prefix: String,
    /// False while disabled.
    pub is_active: bool,
    /// Soft-deleted.
    #[serde(default)]
    pub deleted: bool,
}

/// One agent's place in one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipState {
    /// Project id.
    pub project_id: i64,
    /// User id.
    pub user_id: i64,
    /// Leads the project's agents.
    pub is_lead: bool,
    /// False once removed.
    pub is_member: bool,
}

/// An API key without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKeyState {
    /// Key id.
    pub id: i64,
    /// Its project.
    pub project_id: i64,
    /// Label given by the admin.
    pub name: String,
    /// Set once revoked.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub revoked_at: Option<OffsetDateTime>,
}

/// How many tickets (not deleted) a project has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCount {
    /// Project id.
    pub project_id: i64,
    /// Tickets not deleted.
    pub tickets: i64,
}
