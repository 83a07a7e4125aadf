//! Who runs PostgreSQL. It refuses to run as root, so that root hands it to an account of its own;
//! an ordinary user runs it directly.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use anyhow::{Context as _, Result, anyhow};

/// The account that PostgreSQL's packages make.
const POSTGRES: &str = "postgres";

/// Whose processes and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Account {
    /// The caller's own.
    Me,
    /// Another's; only root can say so.
    Other {
        /// The user.
        uid: u32,
        /// Its group.
        gid: u32,
    },
}

impl Account {
    /// The account for PostgreSQL.
    pub fn for_postgres() -> Result<Self> {
        if !is_root() {
            return Ok(Self::Me);
        }
        let missing = || {
            anyhow!(
                "PostgreSQL does not run as root and there is no account `{POSTGRES}` for it: \
                 `useradd --system {POSTGRES}` makes one"
            )
        };
        let uid = id(&["-u", POSTGRES]).ok_or_else(missing)?;
        let gid = id(&["-g", POSTGRES]).ok_or_else(missing)?;
        Ok(Self::Other { uid, gid })
    }

    /// Makes a command run under this account, in a folder that the account can be in.
    pub fn wear(self, command: &mut Command) {
        if let Self::Other { uid, gid } = self {
            command
                .uid(uid)
                .gid(gid)
                .current_dir("/")
                .env("HOME", "/")
                .env_remove("USER");
        }
    }

    /// Gives a file or folder to the account.
    pub fn own(self, path: &Path) -> Result<()> {
        match self {
            Self::Me => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid))
                .with_context(|| format!("{} cannot be given to {POSTGRES}", path.display())),
        }
    }

    /// Whether the account can get into a folder through all its parents.
    pub fn reaches(self, folder: &Path) -> bool {
        let mut command = Command::new("sh");
        command.args(["-c", "cd \"$0\" && test -x ."]).arg(folder);
        self.wear(&mut command);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// Where an account can keep files for a folder that it may not reach, such as one below `/root`:
/// always the same place for the same folder.
pub fn place_outside(folder: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    PathBuf::from(format!("/var/lib/supportdesk-{:016x}", hasher.finish()))
}

/// Whether the caller is root.
pub fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| id(&["-u"]) == Some(0))
}

fn id(words: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(words).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_outside_depends_on_the_folder_alone() {
        let here = place_outside(Path::new("/root/desk/.local"));
        assert_eq!(here, place_outside(Path::new("/root/desk/.local")));
        assert_ne!(here, place_outside(Path::new("/root/desk2/.local")));
        assert!(here.starts_with("/var/lib"));
    }

    #[test]
    fn one_reaches_the_root_folder_and_no_missing_one() {
        assert!(Account::Me.reaches(Path::new("/")));
        assert!(!Account::Me.reaches(Path::new("/no/such/folder")));
    }
}
