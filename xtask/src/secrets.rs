//! The passwords and keys of one stack: made once, kept in a file that only its owner reads.

use std::{
    collections::BTreeMap,
    fmt, fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use desk_identity::SigningKey;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::service::Service;

/// Everything secret that a stack needs.
#[derive(Clone, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Secrets {
    /// The password of PostgreSQL's superuser.
    pub postgres: String,
    /// The password of the one NATS user.
    pub nats: String,
    /// Passwords of the database roles, by the role's name without a prefix.
    pub roles: BTreeMap<String, String>,
    /// Signers of internal tokens, by service.
    pub signers: BTreeMap<String, KeyPair>,
    /// The key that signs portal tokens.
    pub portal: Option<KeyPair>,
    /// What API secrets are hashed with.
    pub pepper: String,
}

/// An Ed25519 key as settings hold it.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct KeyPair {
    /// base64url of the seed.
    pub seed: String,
    /// base64url of the public key.
    pub public: String,
}

impl Secrets {
    /// A full new set.
    pub fn generate() -> Result<Self> {
        let mut secrets = Self::default();
        secrets.fill()?;
        Ok(secrets)
    }

    /// Reads the file, or starts one, and adds what it lacks (a service that came later).
    pub fn keep(path: &Path) -> Result<Self> {
        let mut secrets: Self = read_json(path)?.unwrap_or_default();
        let before = secrets.clone();
        secrets.fill()?;
        if secrets != before {
            write_private(path, &secrets)?;
        }
        Ok(secrets)
    }

    /// The password of a role, by its name without a prefix.
    pub fn role(&self, name: &str) -> &str {
        self.roles.get(name).map_or("", String::as_str)
    }

    fn fill(&mut self) -> Result<()> {
        for password in [&mut self.postgres, &mut self.nats, &mut self.pepper] {
            if password.is_empty() {
                *password = random();
            }
        }
        for (_, database) in Service::with_database() {
            for role in [owner_role(database), app_role(database)] {
                self.roles.entry(role).or_insert_with(random);
            }
        }
        for service in Service::ALL {
            if !self.signers.contains_key(service.name()) {
                self.signers
                    .insert(service.to_string(), KeyPair::generate()?);
            }
        }
        if self.portal.is_none() {
            self.portal = Some(KeyPair::generate()?);
        }
        Ok(())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl KeyPair {
    fn generate() -> Result<Self> {
        let key = SigningKey::generate().context("no new signing key")?;
        Ok(Self {
            seed: key.to_setting(),
            public: key.public_setting(),
        })
    }
}

/// The role that owns a database and runs its migrations.
pub fn owner_role(database: &str) -> String {
    format!("{database}_owner")
}

/// The role that the service itself uses: no DDL.
pub fn app_role(database: &str) -> String {
    format!("{database}_app")
}

/// 192 random bits as 32 characters that need no escaping in a URL.
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// Reads a JSON file; a missing one is `None`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("{} is not readable", path.display()));
        }
    };
    let value = serde_json::from_slice(&text).with_context(|| {
        format!(
            "{} is damaged: `cargo xtask reset` starts anew",
            path.display()
        )
    })?;
    Ok(Some(value))
}

/// Writes a JSON file that only its owner reads.
pub fn write_private<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    write_private_text(path, &serde_json::to_string_pretty(value)?)
}

/// Writes a file of mode 0600, whole or not at all.
pub fn write_private_text(path: &Path, text: &str) -> Result<()> {
    let new = path.with_extension("new");
    let write = || -> Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn a_set_is_complete_and_kept_privately() {
        let folder = scratch("secrets");
        let path = folder.join("secrets.json");
        let first = Secrets::keep(&path).unwrap();
        assert_eq!(first.signers.len(), 8);
        assert_eq!(first.roles.len(), 12);
        assert_eq!(first.role("sla_owner").len(), 32);
        assert!(first.portal.is_some());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(Secrets::keep(&path).unwrap() == first);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_missing_is_added_and_the_rest_stays() {
        let mut secrets = Secrets::generate().unwrap();
        let nats = secrets.nats.clone();
        secrets.signers.remove("ticket");
        secrets.fill().unwrap();
        assert!(secrets.signers.contains_key("ticket"));
        assert_eq!(secrets.nats, nats);
    }

    #[test]
    fn a_damaged_file_says_what_to_do() {
        let folder = scratch("damaged");
        let path = folder.join("secrets.json");
        fs::write(&path, "{").unwrap();
        let error = Secrets::keep(&path).unwrap_err().to_string();
        assert!(error.contains("reset"), "{error}");
        fs::remove_dir_all(folder).unwrap();
    }
}
