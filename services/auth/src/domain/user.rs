//! An account as the rules see it.

use desk_events::{ERASED_NAME, Role, UserState, erased_user};
use time::{Duration, OffsetDateTime};

/// An account, without what is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: i64,
    /// Display name.
    pub name: String,
    /// E-mail, lower case.
    pub email: String,
    /// Role.
    pub role: Role,
    /// Phone number.
    pub phone: Option<String>,
    /// Department label.
    pub department: Option<String>,
    /// False while disabled.
    pub is_active: bool,
    /// When the e-mail was proved to be the account's.
    pub email_verified_at: Option<OffsetDateTime>,
    /// Last successful login.
    pub last_login_at: Option<OffsetDateTime>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Last change; a login is none.
    pub updated_at: OffsetDateTime,
    /// Set once deleted.
    pub deleted_at: Option<OffsetDateTime>,
    /// Token generation.
    pub generation: i64,
    /// Sequence of its last event.
    pub sequence: i64,
}

impl User {
    /// What other services may know of it.
    pub fn state(&self) -> UserState {
        UserState {
            id: self.id,
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            is_active: self.is_active,
            email_verified_at: self.email_verified_at,
            deleted: self.deleted_at.is_some(),
        }
    }

    /// What is left of the account once its person is erased: deleted, and nobody's.
    #[must_use]
    pub fn erased(&self, now: OffsetDateTime) -> Self {
        let updated_at = self.next_change_at(now);
        Self {
            name: ERASED_NAME.to_owned(),
            email: erased_user(self.id),
            phone: None,
            department: None,
            is_active: false,
            email_verified_at: None,
            updated_at,
            deleted_at: self.deleted_at.or(Some(updated_at)),
            generation: self.generation + 1,
            sequence: self.sequence + 1,
            ..self.clone()
        }
    }

    /// Whether its person was erased.
    pub fn is_erased(&self) -> bool {
        self.email == erased_user(self.id)
    }

    /// Notes at its last change that the address was proved; whether it was not before. Others are
    /// told of it.
    pub fn prove_email(&mut self) -> bool {
        let proved = self.email_verified_at.is_none();
        if proved {
            self.email_verified_at = Some(self.updated_at);
            self.sequence += 1;
        }
        proved
    }

    /// The time of its next change: the clock's, but never before its last one.
    pub fn next_change_at(&self, now: OffsetDateTime) -> OffsetDateTime {
        now.max(self.updated_at + Duration::MICROSECOND)
    }
}

/// An account for this module's tables.
#[cfg(test)]
pub(super) fn sample(id: i64, role: Role) -> User {
    let at = time::macros::datetime!(2024-04-21 09:00 UTC);
    User {
        id,
        name: "Alice".into(),
        email: "alice@desk.test".into(),
        role,
        phone: None,
        department: None,
        is_active: true,
        email_verified_at: Some(at),
        last_login_at: None,
        created_at: at,
        updated_at: at,
        deleted_at: None,
        generation: 1,
        sequence: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_an_account_never_go_back_in_time() {
        let user = sample(1, Role::Agent);
        let earlier = user.updated_at - Duration::HOUR;
        assert!(user.next_change_at(earlier) > user.updated_at);
        let later = user.updated_at + Duration::HOUR;
        assert_eq!(user.next_change_at(later), later);
    }

    #[test]
    fn an_erased_account_tells_of_nobody_and_lets_nobody_in() {
        let mut user = sample(7, Role::Customer);
        user.phone = Some("+234".into());
        user.department = Some("Sales".into());
        let now = user.updated_at + Duration::HOUR;
        let erased = user.erased(now);
        assert!(erased.is_erased() && !user.is_erased());
        let expected = User {
            name: "Erased person".into(),
            email: "erased-7@erased.invalid".into(),
            phone: None,
            department: None,
            is_active: false,
            email_verified_at: None,
            updated_at: now,
            deleted_at: Some(now),
            generation: 2,
            sequence: 2,
            ..user.clone()
        };
        assert_eq!(erased, expected);
        let before = user.updated_at;
        user.deleted_at = Some(before);
        assert_eq!(user.erased(now).deleted_at, Some(before));
    }
}
