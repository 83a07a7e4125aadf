//! Who did something: a person, an API key, or the system itself.

use serde::{Deserialize, Serialize};

/// What kind of actor did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A portal user.
    User,
    /// An external project's API key.
    Key,
    /// A schedule or a consumer, nobody in person.
    System,
}

impl ActorKind {
    /// The word stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::System => "system",
        }
    }
}

/// Who did something. `id` is a user id or a key id, `None` for the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Person, key or system.
    pub kind: ActorKind,
    /// User id or API key id.
    pub id: Option<i64>,
}

impl Actor {
    /// Nobody in person.
    pub const SYSTEM: Self = Self {
        kind: ActorKind::System,
        id: None,
    };

    /// The portal user with this id.
    pub const fn user(id: i64) -> Self {
        Self {
            kind: ActorKind::User,
            id: Some(id),
        }
    }

    /// The API key with this id.
    pub const fn key(id: i64) -> Self {
        Self {
            kind: ActorKind::Key,
            id: Some(id),
        }
    }
}
