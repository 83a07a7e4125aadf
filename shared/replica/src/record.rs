//! What an owner answers on a miss: the state together with its sequence.

use desk_events::{MembershipState, ProjectState, UserState};
use serde::{Deserialize, Serialize};

/// Auth's answer to `GET /internal/users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The account.
    pub user: UserState,
    /// The sequence of its last event.
    pub sequence: i64,
}

/// Project's answer to `GET /internal/projects/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectRecord {
    /// The project.
    pub project: ProjectState,
    /// The sequence of its last event.
    pub sequence: i64,
    /// Everyone who is or was its agent.
    pub members: Vec<MembershipRecord>,
}

/// One agent's place in a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipRecord {
    /// The membership's own id: the aggregate of its events. Older releases do not tell it.
    #[serde(default)]
    pub id: Option<i64>,
    /// The place.
    pub membership: MembershipState,
    /// The sequence of its last event.
    pub sequence: i64,
}
