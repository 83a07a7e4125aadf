//! `/notifications/preferences`: which mails one wants.

pub(super) mod show;
pub(super) mod update;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::Kind;

/// Which mails the caller wants.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreferencesAnswer {
    /// The flags.
    preferences: Preferences,
}

/// One flag a kind of mail; everything is wanted until somebody says otherwise.
#[derive(Debug, Serialize, ToSchema)]
struct Preferences {
    /// Public replies.
    reply: bool,
    /// Somebody was assigned.
    assignment: bool,
    /// The status changed.
    status_change: bool,
    /// A deadline comes near (staff).
    due_soon: bool,
    /// A deadline was missed (staff).
    breach: bool,
}

impl PreferencesAnswer {
    fn without(muted: &[String]) -> Self {
        let wants = |kind: Kind| !muted.iter().any(|muted| muted == kind.as_str());
        Self {
            preferences: Preferences {
                reply: wants(Kind::Reply),
                assignment: wants(Kind::Assignment),
                status_change: wants(Kind::StatusChange),
                due_soon: wants(Kind::DueSoon),
                breach: wants(Kind::Breach),
            },
        }
    }
}
