//! Where things lie: the checkout, the built binaries, and what the local stack keeps.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use anyhow::{Context as _, Result};

/// The checkout: the one that cargo runs this program in, else the one that it was built from (a
/// shared target folder may hold a program that another checkout built).
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let run_in = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        run_in
            .and_then(|folder| root_above(&folder))
            .or_else(|| root_above(Path::new(env!("CARGO_MANIFEST_DIR"))))
            .unwrap_or_else(|| PathBuf::from("."))
    });
    &ROOT
}

/// The nearest folder that holds this crate.
fn root_above(folder: &Path) -> Option<PathBuf> {
    folder
        .ancestors()
        .find(|above| above.join("xtask/Cargo.toml").is_file())
        .map(Path::to_owned)
}

/// How the services are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Quick to build.
    #[default]
    Debug,
    /// Quick to run.
    Release,
}

impl Profile {
    const fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// The folder of the binaries that were built together with the running program.
pub fn own_binaries() -> Result<PathBuf> {
    let program = env::current_exe().context("where this program lies is unknown")?;
    binaries_beside(&program).context("this program lies in no folder")
}

/// The folder of the services' binaries, built in that way.
pub fn binaries(profile: Profile) -> Result<PathBuf> {
    Ok(target()?.join(profile.folder()))
}

/// cargo's target folder: the one that the running program was built in, whatever the settings.
pub fn target() -> Result<PathBuf> {
    Ok(own_binaries()?
        .parent()
        .map_or_else(|| root().join("target"), Path::to_owned))
}

/// `<target>/debug/xtask` and `<target>/debug/deps/e2e-0123` both lead to `<target>/debug`.
fn binaries_beside(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    let folder = if folder.ends_with("deps") {
        folder.parent()?
    } else {
        folder
    };
    Some(folder.to_owned())
}

/// What the local stack keeps in `.local`.
#[derive(Debug, Clone)]
pub struct Local(PathBuf);

impl Local {
    /// The checkout's own, made when missing.
    pub fn of_checkout() -> Result<Self> {
        let local = Self(root().join(".local"));
        for folder in [
            local.folder().to_owned(),
            local.logs(),
            local.run(),
            local.tools(),
        ] {
            make(&folder)?;
        }
        Ok(local)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Held while `up` runs.
    pub fn lock(&self) -> PathBuf {
        self.0.join("up.lock")
    }

    /// Passwords and keys.
    pub fn secrets(&self) -> PathBuf {
        self.0.join("secrets.json")
    }

    /// What seeding made: the demo key.
    pub fn demo(&self) -> PathBuf {
        self.0.join("demo.json")
    }

    /// The environment of the running services, for their subcommands.
    pub fn stack(&self) -> PathBuf {
        self.0.join("stack.json")
    }

    /// A log a process.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// Pid files.
    pub fn run(&self) -> PathBuf {
        self.0.join("run")
    }

    /// Attachments.
    pub fn files(&self) -> PathBuf {
        self.0.join("files")
    }

    /// Programs that had to be fetched.
    pub fn tools(&self) -> PathBuf {
        self.0.join("tools")
    }

    /// Servers of test runs.
    pub fn test(&self) -> PathBuf {
        self.0.join("test")
    }
}

/// Makes a folder and its parents.
pub fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| {
        format!(
            "{} cannot be made: does a parent belong to another user?",
            folder.display()
        )
    })
}

/// Removes a folder and all in it; a missing one is fine.
pub fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", folder.display()))
        }
        _ => Ok(()),
    }
}

/// The first program of that name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_and_test_programs_lead_to_the_same_folder() {
        for program in ["/t/debug/xtask", "/t/debug/deps/e2e-0f"] {
            assert_eq!(
                binaries_beside(Path::new(program)),
                Some("/t/debug".into()),
                "{program}"
            );
        }
    }

    #[test]
    fn the_checkout_is_found_from_any_crate_in_it() {
        let root = root();
        assert!(root.join("Cargo.lock").is_file());
        assert_eq!(root_above(&root.join("tests/e2e")).as_deref(), Some(root));
        assert_eq!(root_above(Path::new("/")), None);
    }

    #[test]
    fn the_shell_is_on_the_path_and_nonsense_is_not() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program"), None);
    }
}
