//! Who acts, and for whom the ticket is.

use crate::desk::{ADA, ADMIN, AGENT, OTHER_AGENT, TUNDE};

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Admin,
    /// Of the ticket's project.
    Agent,
    /// Of another project.
    OtherAgent,
    /// A verified customer.
    Tunde,
    /// A customer whose address is not verified.
    Ada,
}

/// How the ticket comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filed {
    Tunde,
    Ada,
    KeyForTunde,
    AgentForTunde,
    AgentForHimself,
}

impl Who {
    pub const fn id(self) -> i64 {
        match self {
            Self::Admin => ADMIN,
            Self::Agent => AGENT,
            Self::OtherAgent => OTHER_AGENT,
            Self::Tunde => TUNDE,
            Self::Ada => ADA,
        }
    }

    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Admin | Self::Agent | Self::OtherAgent)
    }

    pub const fn is_admin(self) -> bool {
        matches!(self, Self::Admin)
    }
}

impl Filed {
    /// Does this person see the ticket, while it is there?
    pub const fn is_seen_by(self, who: Who) -> bool {
        match who {
            Who::Admin | Who::Agent => true,
            Who::OtherAgent => false,
            Who::Tunde => matches!(self, Self::Tunde | Self::KeyForTunde | Self::AgentForTunde),
            Who::Ada => matches!(self, Self::Ada),
        }
    }

    /// Whom the ticket is for.
    pub const fn customer_email(self) -> &'static str {
        match self {
            Self::Tunde | Self::KeyForTunde | Self::AgentForTunde => "tunde@example.com",
            Self::Ada => "ada@example.com",
            Self::AgentForHimself => "alice@support.local",
        }
    }

    /// Does this person help, rather than ask for help?
    pub const fn is_helped_by(self, who: Who) -> bool {
        who.is_staff() && !matches!((self, who), (Self::AgentForHimself, Who::Agent))
    }
}
