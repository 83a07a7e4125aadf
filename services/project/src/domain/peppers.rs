//! The keyed hash of API secrets. The peppers come from the environment: the first one hashes new
//! secrets, all of them verify, so that they can be rotated.

use std::{fmt, str::FromStr, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The shortest pepper taken, in bytes.
const SHORTEST: usize = 16;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// A setting that holds no usable peppers. Says nothing of their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPeppers(&'static str);

impl fmt::Display for BadPeppers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadPeppers {}

struct Pepper {
    id: String,
    keyed: Hmac<Sha256>,
}

impl Pepper {
    fn hash(&self, api_secret: &str) -> [u8; HASH_BYTES] {
        self.keyed
            .clone()
            .chain_update(api_secret)
            .finalize()
            .into_bytes()
            .into()
    }
}

/// The peppers in use.
#[derive(Clone)]
pub struct Peppers {
    current: Arc<Pepper>,
    older: Arc<[Pepper]>,
}

/// A secret as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    /// The pepper's id.
    pub pepper: String,
    /// HMAC-SHA256 of the secret under it.
    pub hash: Vec<u8>,
}

impl Peppers {
    /// Hashes a new secret.
    pub fn store(&self, api_secret: &str) -> StoredSecret {
        StoredSecret {
            pepper: self.current.id.clone(),
            hash: self.current.hash(api_secret).to_vec(),
        }
    }

    /// Whether this is the stored secret. Hashes and compares in every case, so that neither an
    /// unknown key nor a wrong secret is told by the time it takes.
    pub fn verify(&self, stored: Option<&StoredSecret>, api_secret: &str) -> bool {
        let pepper = stored.and_then(|stored| self.named(&stored.pepper));
        let known = Choice::from(u8::from(pepper.is_some()));
        let hash = pepper.unwrap_or(&self.current).hash(api_secret);
        let expected = stored.map_or(&[0; HASH_BYTES][..], |stored| &stored.hash);
        (hash[..].ct_eq(expected) & known).into()
    }

    fn named(&self, id: &str) -> Option<&Pepper> {
        std::iter::once(&*self.current)
            .chain(self.older.iter())
            .find(|pepper| pepper.id == id)
    }
}

impl fmt::Debug for Peppers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let older = self.older.iter().map(|pepper| &pepper.id);
        f.debug_list()
            .entry(&self.current.id)
            .entries(older)
            .finish()
    }
}

impl FromStr for Peppers {
    type Err = BadPeppers;

    fn from_str(setting: &str) -> Result<Self, Self::Err> {
        let parts = setting
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        let peppers = parts.map(pepper).collect::<Result<Vec<_>, _>>()?;
        let repeated = |(at, pepper): (usize, &Pepper)| {
            peppers
                .iter()
                .take(at)
                .any(|earlier| earlier.id == pepper.id)
        };
        if peppers.iter().enumerate().any(repeated) {
            return Err(BadPeppers("a pepper's id is there twice"));
        }
        let mut peppers = peppers.into_iter();
        let current = peppers
            .next()
            .ok_or(BadPeppers("at least one pepper, like id:secret"))?;
        Ok(Self {
            current: Arc::new(current),
            older: peppers.collect(),
        })
    }
}

fn pepper(part: &str) -> Result<Pepper, BadPeppers> {
    let (id, secret) = part
        .split_once(':')
        .filter(|(id, _)| !id.is_empty())
        .ok_or(BadPeppers("peppers like id:secret, separated by commas"))?;
    if secret.len() < SHORTEST {
        return Err(BadPeppers("a pepper has at least 16 characters"));
    }
    let keyed = Hmac::new_from_slice(secret.as_bytes());
    Ok(Pepper {
        id: id.to_owned(),
        keyed: keyed.map_err(|_| BadPeppers("a pepper that is no key"))?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OLD: &str = "2025:an-old-pepper-of-some-length";
    const NEW: &str = "2026:a-new-pepper-of-some-length";

    fn peppers(setting: &str) -> Peppers {
        setting.parse().unwrap()
    }

    #[test]
    fn a_secret_is_known_again_and_no_other_is() {
        let peppers = peppers(OLD);
        let stored = peppers.store("ss_right");
        assert!(peppers.verify(Some(&stored), "ss_right"));
        assert!(!peppers.verify(Some(&stored), "ss_wrong"));
        assert!(!peppers.verify(Some(&stored), ""));
        assert!(!peppers.verify(None, "ss_right"));
    }

    #[test]
    fn peppers_rotate() {
        let stored = peppers(OLD).store("ss_right");
        let both = peppers(&format!("{NEW},{OLD}"));
        assert!(both.verify(Some(&stored), "ss_right"));
        assert_eq!(both.store("ss_right").pepper, "2026");
        assert!(
            !peppers(NEW).verify(Some(&stored), "ss_right"),
            "the old pepper is gone"
        );
    }

    #[test]
    fn the_hash_depends_on_the_pepper() {
        let (old, new) = (peppers(OLD).store("s"), peppers(NEW).store("s"));
        assert_ne!(old.hash, new.hash);
        let renamed = StoredSecret {
            pepper: "2026".to_owned(),
            ..old
        };
        assert!(!peppers(NEW).verify(Some(&renamed), "s"));
    }

    #[test]
    fn bad_settings_are_refused_without_quoting_them() {
        for setting in [
            "",
            "x",
            ":aaaaaaaaaaaaaaaaaaaaaaaa",
            "a:short",
            &format!("{OLD},{OLD}"),
        ] {
            let error = setting.parse::<Peppers>().unwrap_err().to_string();
            assert!(
                !error.contains("short") && !error.contains("aaaa"),
                "{error}"
            );
        }
        assert!(!format!("{:?}", peppers(OLD)).contains("pepper-of"));
    }

    proptest! {
        #[test]
        fn no_setting_is_too_odd(text in any::<String>(), nearly in "([a-z0-9]{0,3}:?[!-~]{14,18},?){0,3}") {
            for setting in [text, nearly] {
                if let Ok(peppers) = setting.parse::<Peppers>() {
                    let stored = peppers.store("ss_right");
                    prop_assert!(peppers.verify(Some(&stored), "ss_right"));
                }
            }
        }
    }
}
