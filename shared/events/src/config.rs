//! Shared configuration, as ticket tells of it.

use serde::{Deserialize, Serialize};

use crate::Priority;

/// A category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryState {
    /// Category id.
    pub id: i64,
    /// Parent in the tree.
    pub parent_id: Option<i64>,
    /// Display name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
    /// Soft-deleted; tickets go on showing it.
    #[serde(default)]
    pub deleted: bool,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagState {
    /// Tag id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// `#RRGGBB`.
    pub color: Option<String>,
    /// Gone, also from its tickets.
    #[serde(default)]
    pub deleted: bool,
}

/// An SLA policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaPolicyState {
    /// Policy id.
    pub id: i64,
    /// `None`: the global default.
    pub project_id: Option<i64>,
    /// Display name.
    pub name: String,
    /// The priority it rules.
    pub priority: Priority,
    /// Minutes to the first staff reply.
    pub first_response_minutes: i32,
    /// Minutes to the resolution.
    pub resolution_minutes: i32,
    /// Its working hours, by their id; none for around the clock.
    #[serde(default)]
    pub calendar_id: Option<i64>,
    /// Waiting for the customer moves the resolution due time.
    #[serde(default)]
    pub pause_while_pending: bool,
    /// Gone.
    #[serde(default)]
    pub deleted: bool,
}
