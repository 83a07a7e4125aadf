//! API key pairs: how they are made and when they are good.

use rand::{TryRng, rngs::SysRng};
use secrecy::SecretString;
use time::OffsetDateTime;

/// The 62 characters of keys and secrets.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random bytes from here on are drawn again: 4 × 62, so that every character is as likely.
const FAIR: u8 = 248;
/// Random characters of a key.
const KEY_LENGTH: usize = 32;
/// Random characters of a secret.
const SECRET_LENGTH: usize = 64;

/// A fresh pair; the only moment at which the secret is known.
pub struct KeyPair {
    /// The public half, `sk_…`.
    pub api_key: String,
    /// The secret half, `ss_…`.
    pub api_secret: SecretString,
}

impl KeyPair {
    /// A pair from the operating system's random source.
    ///
    /// # Errors
    /// When that source fails.
    pub fn generate() -> anyhow::Result<Self> {
        Ok(Self {
            api_key: random("sk_", KEY_LENGTH)?,
            api_secret: random("ss_", SECRET_LENGTH)?.into(),
        })
    }
}

fn random(prefix: &str, length: usize) -> anyhow::Result<String> {
    let mut text = String::with_capacity(prefix.len() + length);
    text.push_str(prefix);
    let mut bytes = [0; SECRET_LENGTH];
    while text.len() < prefix.len() + length {
        SysRng.try_fill_bytes(&mut bytes)?;
        let missing = prefix.len() + length - text.len();
        text.extend(bytes.iter().copied().filter_map(character).take(missing));
    }
    Ok(text)
}

fn character(byte: u8) -> Option<char> {
    (byte < FAIR).then(|| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]))
}

/// What decides whether a key may still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// From when on it is dead.
    pub expires_at: Option<OffsetDateTime>,
    /// Its project is neither disabled nor deleted.
    pub project_is_open: bool,
}

impl Standing {
    /// Whether the key is good at that moment.
    pub fn is_good(&self, now: OffsetDateTime) -> bool {
        self.project_is_open
            && self.revoked_at.is_none()
            && self.expires_at.is_none_or(|expires_at| expires_at > now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use secrecy::ExposeSecret;
    use time::{Duration, macros::datetime};

    use super::*;

    #[test]
    fn a_pair_has_the_contracts_shape() {
        let pair = KeyPair::generate().unwrap();
        for (text, prefix, length) in [
            (pair.api_key.as_str(), "sk_", 32),
            (pair.api_secret.expose_secret(), "ss_", 64),
        ] {
            let random = text.strip_prefix(prefix).unwrap();
            assert_eq!(random.len(), length);
            assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
        assert_ne!(pair.api_key, KeyPair::generate().unwrap().api_key);
    }

    #[test]
    fn every_character_is_as_likely() {
        let mut counts = HashMap::new();
        for byte in 0..=u8::MAX {
            if let Some(character) = character(byte) {
                *counts.entry(character).or_insert(0) += 1;
            }
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| *count == 4));
    }

    #[test]
    fn a_key_is_good_until_revoked_expired_or_its_project_is_closed() {
        let now = datetime!(2026-01-01 0:00 UTC);
        let second = Duration::SECOND;
        for (revoked_at, expires_at, project_is_open, good) in [
            (None, None, true, true),
            (None, Some(now + second), true, true),
            (None, Some(now), true, false),
            (None, Some(now - second), true, false),
            (Some(now), None, true, false),
            (None, None, false, false),
        ] {
            let standing = Standing {
                revoked_at,
                expires_at,
                project_is_open,
            };
            assert_eq!(standing.is_good(now), good, "{standing:?}");
        }
    }
}
