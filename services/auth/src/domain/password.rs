//! Passwords as they arrive: never printed, wiped when dropped, bounded before they are hashed.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// The shortest password that can be set, in characters.
const MIN: usize = 8;
/// The longest password taken, in characters: hashing costs by length.
const MAX: usize = 1_000;

/// A password as typed.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// From a setting.
    pub const fn new(secret: SecretString) -> Self {
        Self(secret)
    }

    /// The bytes to hash.
    pub fn expose(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }

    /// For `#[garde(custom(…))]` on a password to be set.
    ///
    /// # Errors
    /// Too short or too long.
    pub fn check_new<C>(&self, _: &C) -> garde::Result {
        match self.chars() {
            count if count < MIN => Err(garde::Error::new("must have at least 8 characters")),
            count if count > MAX => Err(garde::Error::new("must have at most 1000 characters")),
            _ => Ok(()),
        }
    }

    /// For `#[garde(custom(…))]` on a password to be verified: whatever was once set.
    ///
    /// # Errors
    /// Blank or too long.
    pub fn check_given<C>(&self, _: &C) -> garde::Result {
        match self.chars() {
            0 => Err(garde::Error::new("not set")),
            count if count > MAX => Err(garde::Error::new("must have at most 1000 characters")),
            _ => Ok(()),
        }
    }

    fn chars(&self) -> usize {
        self.0.expose_secret().chars().count()
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.into()))
    }
}

/// For `#[garde(custom(matches(self.password.as_ref())))]` on the confirmation: whoever sets a password
/// types it twice.
pub fn matches<C>(
    password: Option<&Password>,
) -> impl FnOnce(&Option<Password>, &C) -> garde::Result + '_ {
    move |confirmation, _| {
        let [typed, again] = [password, confirmation.as_ref()].map(|p| p.map(Password::expose));
        if typed == again {
            Ok(())
        } else {
            Err(garde::Error::new("must match the password"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password(text.to_owned().into())
    }

    #[test]
    fn a_password_has_8_to_1000_characters() {
        for (text, new, given) in [
            ("", false, false),
            ("1234567", false, true),
            ("pässwörd", true, true),
            (&"x".repeat(1000), true, true),
            (&"x".repeat(1001), false, false),
        ] {
            assert_eq!(password(text).check_new(&()).is_ok(), new, "{text}");
            assert_eq!(password(text).check_given(&()).is_ok(), given, "{text}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        assert!(!format!("{:?}", password("hunter42")).contains("hunter42"));
    }

    #[test]
    fn a_confirmation_is_the_same_password() {
        for (typed, again, good) in [
            (Some("a"), Some("a"), true),
            (Some("a"), Some("b"), false),
            (Some("a"), None, false),
            (None, None, true),
            (None, Some("a"), false),
        ] {
            let [typed, again] = [typed, again].map(|text| text.map(password));
            assert_eq!(matches(typed.as_ref())(&again, &()).is_ok(), good);
        }
    }
}
