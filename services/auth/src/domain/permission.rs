//! Who may change or delete whom (contract, Users).

use desk_events::Role;
use desk_http::{Details, Error, Result};

use super::{Changed, User};

/// What only a super admin may do.
const SUPER_ADMIN_ONLY: Error = Error::Forbidden("Only a super admin may change a super admin.");

/// Checks a change by the acting user. That a last super admin stays is for the store to see.
///
/// # Errors
/// 403 on a super admin for anyone else, 422 for disabling or demoting oneself.
pub fn may_change(actor: i64, role: Role, before: &User, changed: &Changed) -> Result<()> {
    check_rank(role, before)?;
    let mut details = Details::default();
    if actor == before.id {
        if changed.disables() {
            details.add("is_active", "You cannot disable your own account.");
        }
        if changed.has("role") {
            details.add("role", "You cannot change your own role.");
        }
    }
    details.into_result()
}

/// Checks a deletion by the acting user.
///
/// # Errors
/// As [`may_change`].
pub fn may_delete(actor: i64, role: Role, user: &User) -> Result<()> {
    check_rank(role, user)?;
    if actor == user.id {
        return Err(Error::field("id", "You cannot delete your own account."));
    }
    Ok(())
}

fn check_rank(role: Role, user: &User) -> Result<()> {
    if user.role == Role::SuperAdmin && role != Role::SuperAdmin {
        return Err(SUPER_ADMIN_ONLY);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Update, user::sample},
        *,
    };

    const OK: u16 = 200;

    fn status(result: Result<()>) -> u16 {
        result.map_or_else(|error| error.status().as_u16(), |()| OK)
    }

    #[test]
    fn who_may_change_whom() {
        use Role::{Admin, Agent, SuperAdmin};
        let rename = || Update {
            name: Some("Bob".into()),
            ..Update::default()
        };
        let disable = || Update {
            is_active: Some(false),
            ..Update::default()
        };
        let demote = || Update {
            role: Some(Role::Customer),
            ..Update::default()
        };
        for (actor, role, target, target_role, update, expected) in [
            (1, Admin, 2, Agent, rename(), OK),
            (1, Admin, 2, Agent, disable(), OK),
            (1, Admin, 2, Admin, demote(), OK),
            (1, Admin, 2, SuperAdmin, rename(), 403),
            (1, SuperAdmin, 2, SuperAdmin, demote(), OK),
            (1, Admin, 1, Admin, rename(), OK),
            (1, Admin, 1, Admin, disable(), 422),
            (1, Admin, 1, Admin, demote(), 422),
            (1, SuperAdmin, 1, SuperAdmin, disable(), 422),
        ] {
            let before = sample(target, target_role);
            let changed = Changed::new(&before, update);
            let seen = status(may_change(actor, role, &before, &changed));
            assert_eq!(
                seen, expected,
                "{role} {actor} on {target_role} {target}: {changed:?}"
            );
        }
    }

    #[test]
    fn who_may_delete_whom() {
        use Role::{Admin, Agent, SuperAdmin};
        for (actor, role, target, target_role, expected) in [
            (1, Admin, 2, Agent, OK),
            (1, Admin, 1, Admin, 422),
            (1, Admin, 2, SuperAdmin, 403),
            (1, SuperAdmin, 2, SuperAdmin, OK),
            (1, SuperAdmin, 1, SuperAdmin, 422),
        ] {
            let seen = status(may_delete(actor, role, &sample(target, target_role)));
            assert_eq!(
                seen, expected,
                "{role} {actor} deletes {target_role} {target}"
            );
        }
    }
}
