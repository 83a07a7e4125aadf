//! Accounts, as auth tells of them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::UnknownWord;

/// A portal role (reference, Roles table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything; made by start-up environment or the admin command line only.
    SuperAdmin,
    /// Runs the desk.
    Admin,
    /// Answers tickets of assigned projects.
    Agent,
    /// Files tickets.
    Customer,
}

impl Role {
    /// All four, most powerful first.
    pub const ALL: [Self; 4] = [Self::SuperAdmin, Self::Admin, Self::Agent, Self::Customer];

    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::Admin => "admin",
            Self::Agent => "agent",
            Self::Customer => "customer",
        }
    }

    /// Super admins and admins.
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::SuperAdmin | Self::Admin)
    }

    /// Everyone but customers.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Customer)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or(UnknownWord)
    }
}

/// An account's whole shareable state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserState {
    /// Auth's id.
    pub id: i64,
    /// Display name (personal).
    pub name: String,
    /// E-mail, lower case (personal).
    pub email: String,
    /// Role.
    pub role: Role,
    /// False while disabled.
    pub is_active: bool,
    /// When the e-mail was proved to be the account's.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub email_verified_at: Option<OffsetDateTime>,
    /// Soft-deleted.
    #[serde(default)]
    pub deleted: bool,
}
