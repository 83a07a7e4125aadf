//! What an update changes on an account, and what follows from it.

use desk_events::{Change, Role};
use desk_http::Patch;
use serde::Serialize;
use serde_json::json;

use super::User;

/// An update as asked for; what is absent stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// Display name.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Enabled or disabled.
    pub is_active: Option<bool>,
    /// Department label.
    pub department: Patch<String>,
    /// Phone number.
    pub phone: Patch<String>,
}

/// An account after an update.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The account as it is now.
    pub user: User,
    /// Every field that differs, in the API's words.
    pub changes: Vec<Change>,
}

impl Changed {
    /// What the update makes of the account. An address that only differs in case is the same;
    /// another one has to be verified again.
    pub fn new(before: &User, update: Update) -> Self {
        let mut user = before.clone();
        let mut changes = Vec::new();
        set(&mut changes, "name", &mut user.name, update.name);
        let email = update.email.map(|email| email.to_lowercase());
        set(&mut changes, "email", &mut user.email, email);
        set(&mut changes, "role", &mut user.role, update.role);
        set(
            &mut changes,
            "is_active",
            &mut user.is_active,
            update.is_active,
        );
        set(
            &mut changes,
            "department",
            &mut user.department,
            update.department.into_option(),
        );
        set(
            &mut changes,
            "phone",
            &mut user.phone,
            update.phone.into_option(),
        );
        if user.email != before.email {
            user.email_verified_at = None;
        }
        Self { user, changes }
    }

    /// Whether anything differs at all.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a field differs.
    pub fn has(&self, field: &str) -> bool {
        self.changes.iter().any(|change| change.field == field)
    }

    /// Whether it takes the account away from its holder.
    pub fn disables(&self) -> bool {
        self.has("is_active") && !self.user.is_active
    }

    /// Whether the tokens issued so far must not be taken any more.
    pub fn revokes_tokens(&self) -> bool {
        self.disables() || self.has("role")
    }

    /// Whether other services keep a copy of anything that differs.
    pub fn is_shared(&self) -> bool {
        ["name", "email", "role", "is_active"]
            .iter()
            .any(|field| self.has(field))
    }

    /// The audit's actions, each with the changes that it covers.
    pub fn actions(&self) -> Vec<(&'static str, Vec<Change>)> {
        let mut actions: Vec<(&'static str, Vec<Change>)> = Vec::new();
        for change in &self.changes {
            let action = match change.field.as_str() {
                "role" => "user.role_changed",
                "is_active" if self.user.is_active => "user.enabled",
                "is_active" => "user.disabled",
                _ => "user.updated",
            };
            match actions.iter_mut().find(|(known, _)| *known == action) {
                Some((_, changes)) => changes.push(change.clone()),
                None => actions.push((action, vec![change.clone()])),
            }
        }
        actions
    }
}

fn set<T: PartialEq + Serialize>(
    changes: &mut Vec<Change>,
    field: &str,
    current: &mut T,
    new: Option<T>,
) {
    let Some(new) = new.filter(|new| new != current) else {
        return;
    };
    changes.push(Change {
        field: field.to_owned(),
        from: json!(current),
        to: json!(new),
    });
    *current = new;
}

#[cfg(test)]
mod tests {
    use super::{super::user::sample, *};

    fn change(update: Update) -> Changed {
        Changed::new(&sample(1, Role::Agent), update)
    }

    #[test]
    fn what_follows_from_a_change() {
        let disable = Update {
            is_active: Some(false),
            ..Update::default()
        };
        let demote = Update {
            role: Some(Role::Customer),
            ..Update::default()
        };
        let rename = Update {
            name: Some("Bob".into()),
            ..Update::default()
        };
        let move_on = Update {
            department: Patch::Set("Sales".into()),
            ..Update::default()
        };
        let same = Update {
            name: Some("Alice".into()),
            is_active: Some(true),
            ..Update::default()
        };
        for (update, revokes, disables, shared, action) in [
            (disable, true, true, true, Some("user.disabled")),
            (demote, true, false, true, Some("user.role_changed")),
            (rename, false, false, true, Some("user.updated")),
            (move_on, false, false, false, Some("user.updated")),
            (same, false, false, false, None),
        ] {
            let changed = change(update);
            let actions = changed.actions();
            assert_eq!(changed.revokes_tokens(), revokes, "{changed:?}");
            assert_eq!(changed.disables(), disables, "{changed:?}");
            assert_eq!(changed.is_shared(), shared, "{changed:?}");
            assert_eq!(
                actions.first().map(|(action, _)| *action),
                action,
                "{changed:?}"
            );
        }
    }

    #[test]
    fn another_address_is_not_verified_but_another_case_is_the_same() {
        let other = change(Update {
            email: Some("Bob@Desk.test".into()),
            ..Update::default()
        });
        assert_eq!(other.user.email, "bob@desk.test");
        assert_eq!(other.user.email_verified_at, None);
        let same = change(Update {
            email: Some("ALICE@desk.test".into()),
            ..Update::default()
        });
        assert!(same.is_empty());
        assert!(same.user.email_verified_at.is_some());
    }

    #[test]
    fn each_action_tells_of_its_own_fields() {
        let changed = change(Update {
            name: Some("Bob".into()),
            role: Some(Role::Admin),
            phone: Patch::Set("1".into()),
            ..Update::default()
        });
        let actions = changed.actions();
        let told: Vec<(&str, Vec<&str>)> = actions
            .iter()
            .map(|(action, changes)| (*action, changes.iter().map(|c| c.field.as_str()).collect()))
            .collect();
        assert_eq!(
            told,
            [
                ("user.updated", vec!["name", "phone"]),
                ("user.role_changed", vec!["role"])
            ]
        );
    }
}
