//! PostgreSQL: finding it ([`Tools`]), installing it, running a private server ([`Server`]) and
//! running SQL in one ([`psql`]).

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

mod heal;
mod install;
pub mod psql;
mod server;

pub use install::apt;
pub use server::{Server, Settings, remove_home};

use crate::{account, paths};

/// The oldest version that the services are written for.
pub const OLDEST: u32 = 15;

/// The programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    folder: PathBuf,
    version: Version,
}

/// A version as its programs tell it, e.g. 15.18.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// What decides about compatibility, also of data folders.
    pub major: u32,
    /// Fixes.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Tools {
    /// Finds PostgreSQL, or installs it where that is possible. `data_of` asks for the major
    /// version that made an existing data folder.
    pub fn find_or_install(data_of: Option<u32>) -> Result<Self> {
        if let Some(found) = Self::find(data_of) {
            return Ok(found);
        }
        install::from_packages(data_of)?;
        match Self::find(data_of) {
            Some(found) => Ok(found),
            None => bail!("PostgreSQL was installed but is not where it is looked for"),
        }
    }

    /// The installation on PATH when it fits, else the newest that does in the usual places.
    pub fn find(data_of: Option<u32>) -> Option<Self> {
        let fits = |tools: &Self| match data_of {
            Some(major) => tools.version.major == major,
            None => tools.version.major >= OLDEST,
        };
        let on_path = paths::on_path("postgres")
            .and_then(|program| fs::canonicalize(program).ok())
            .and_then(|program| Self::at(program.parent()?))
            .filter(fits);
        on_path.or_else(|| {
            usual_places()
                .iter()
                .filter_map(|folder| Self::at(folder))
                .filter(fits)
                .max_by_key(|tools| tools.version)
        })
    }

    fn at(folder: &Path) -> Option<Self> {
        if !["postgres", "initdb", "pg_ctl", "psql"]
            .iter()
            .all(|name| folder.join(name).is_file())
        {
            return None;
        }
        let output = Command::new(folder.join("postgres"))
            .arg("--version")
            .output()
            .ok()?;
        let version = parse_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self {
            folder: folder.to_owned(),
            version,
        })
    }

    /// The path of one of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Programs that no test runs.
    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        Self {
            folder: "/pg".into(),
            version: Version {
                major: 15,
                minor: 0,
            },
        }
    }
}

/// The folders in which packages and installers put the programs.
fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    for (parent, inside) in [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/home/linuxbrew/.linuxbrew/opt", "bin"),
        ("/Library/PostgreSQL", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ] {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            places.push(entry.path().join(inside));
        }
    }
    for entry in fs::read_dir("/usr").into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("pgsql-") {
            places.push(entry.path().join("bin"));
        }
    }
    places.push("/usr/local/pgsql/bin".into());
    places
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` and `… 16beta1`.
fn parse_version(text: &str) -> Option<Version> {
    let word = text
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let mut numbers = word.split(|letter: char| !letter.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0);
    Some(Version { major, minor })
}

/// What to tell somebody for whom nothing can be installed.
fn how_to_install() -> String {
    let hint = if cfg!(target_os = "macos") {
        "`brew install postgresql@17`"
    } else if account::is_root() {
        "the package `postgresql` of your distribution, or of postgresql.org when that is older"
    } else {
        "e.g. `sudo apt-get install postgresql` (or run this once as root)"
    };
    format!("PostgreSQL {OLDEST} or newer is needed: install {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_off_every_packager_s_line() {
        for (line, version) in [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Some((15, 18)),
            ),
            ("postgres (PostgreSQL) 17.2", Some((17, 2))),
            ("postgres (PostgreSQL) 18beta1", Some((18, 0))),
            ("postgres (PostgreSQL) 9.6.24", Some((9, 6))),
            ("something else", None),
        ] {
            let parsed = parse_version(line).map(|version| (version.major, version.minor));
            assert_eq!(parsed, version, "{line}");
        }
    }
}
