//! One-time tokens: what a mailed link proves.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use sha2::{Digest as _, Sha256};
use time::{Duration, OffsetDateTime};

/// The longest token that is looked at, in characters.
const MAX: usize = 255;
/// Random bytes of a token.
const LENGTH: usize = 32;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To prove that an address is the account's.
    Verify,
    /// To set a password in place of a forgotten one.
    Reset,
}

impl Purpose {
    /// As it is stored and told to the notifier.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reset => "reset",
        }
    }

    /// Reads [`Purpose::as_str`].
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Verify, Self::Reset]
            .into_iter()
            .find(|purpose| purpose.as_str() == word)
    }

    /// How long a link is good for; what could not be mailed within that is given up.
    pub const fn lifetime(self) -> Duration {
        match self {
            Self::Verify => Duration::days(7),
            Self::Reset => Duration::HOUR,
        }
    }

    /// The page of the portal that takes the token.
    const fn page(self) -> &'static str {
        match self {
            Self::Verify => "verify-email",
            Self::Reset => "reset-password",
        }
    }

    /// The link to mail, under the portal's public address.
    pub fn link(self, public_url: &str, token: &OneTimeToken) -> String {
        format!(
            "{}/{}?token={}",
            public_url.trim_end_matches('/'),
            self.page(),
            token.0.expose_secret()
        )
    }
}

/// A token as mailed, or as it comes back. Never printed.
#[derive(Debug, Clone)]
pub struct OneTimeToken(SecretString);

impl OneTimeToken {
    /// A fresh one from the operating system's random source.
    ///
    /// # Errors
    /// When that source fails.
    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; LENGTH];
        SysRng.try_fill_bytes(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// What is stored of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// For `#[garde(custom(…))]`.
    ///
    /// # Errors
    /// Blank, or longer than any token.
    pub fn check<C>(&self, _: &C) -> garde::Result {
        match self.0.expose_secret().chars().count() {
            0 => Err(garde::Error::new("not set")),
            count if count > MAX => Err(garde::Error::new("must have at most 255 characters")),
            _ => Ok(()),
        }
    }
}

impl<'de> Deserialize<'de> for OneTimeToken {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.trim().to_owned().into()))
    }
}

/// When a mail that was tried so often is tried again: after 10 s, doubled each time, at most
/// ten minutes.
pub fn next_try(attempts: i32, now: OffsetDateTime) -> OffsetDateTime {
    let doubled = u32::try_from(attempts.clamp(0, 6)).unwrap_or_default();
    now + Duration::seconds(10 << doubled).min(Duration::minutes(10))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_link_leads_to_its_page_with_the_token_alone() {
        let token = OneTimeToken("abc".to_owned().into());
        for (purpose, url, link) in [
            (
                Purpose::Reset,
                "https://desk.test/",
                "https://desk.test/reset-password?token=abc",
            ),
            (
                Purpose::Verify,
                "https://desk.test/portal",
                "https://desk.test/portal/verify-email?token=abc",
            ),
        ] {
            assert_eq!(purpose.link(url, &token), link);
            assert_eq!(Purpose::from_word(purpose.as_str()), Some(purpose));
        }
        assert!(!format!("{token:?}").contains("abc"));
    }

    #[test]
    fn tokens_are_long_and_their_own() {
        let [one, other] = [(); 2].map(|()| OneTimeToken::generate().unwrap());
        assert_eq!(one.0.expose_secret().len(), 43);
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn tries_become_rarer() {
        let now = datetime!(2024-04-21 09:00 UTC);
        let waits: Vec<i64> = [0, 1, 2, 5, 6, 99, -1]
            .map(|attempts| (next_try(attempts, now) - now).whole_seconds())
            .into();
        assert_eq!(waits, [10, 20, 40, 320, 600, 600, 10]);
    }
}
