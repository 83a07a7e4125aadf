//! One holder at a time. The system drops the lock when the holder ends, however it ends, so that
//! a stale pid in the file never counts.

use std::{
    fs::{self, File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result};

/// A held lock; the file names the holder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// What trying to lock gave.
#[derive(Debug)]
pub enum Attempt {
    /// It is ours until dropped.
    Held(Lock),
    /// Somebody else has it; the pid is missing when the file is just being written.
    Busy(Option<u32>),
}

impl Lock {
    /// Takes the lock at `path`, or tells who has it.
    pub fn try_take(path: &Path) -> Result<Attempt> {
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                writeln!(file, "{}", std::process::id())?;
                Ok(Attempt::Held(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                file.read_to_string(&mut text)?;
                Ok(Attempt::Busy(text.trim().parse().ok()))
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }

    /// Takes the lock at `path` as soon as it is free.
    pub fn wait(path: &Path) -> Result<Self> {
        let file = open(path)?;
        file.lock()
            .with_context(|| format!("{} cannot be locked", path.display()))?;
        Ok(Self { _file: file })
    }

    /// Whether somebody holds the lock at `path`.
    pub fn is_held(path: &Path) -> bool {
        fs::exists(path).unwrap_or(false) && matches!(Self::try_take(path), Ok(Attempt::Busy(_)))
    }
}

fn open(path: &Path) -> Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).with_context(|| {
        format!(
            "{} cannot be opened: does it belong to another user?",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn the_second_learns_who_is_first_and_a_left_pid_does_not_count() {
        let folder = scratch("lock");
        let path = folder.join("up.lock");
        fs::write(&path, "1\n").unwrap();
        assert!(!Lock::is_held(&path));

        let Attempt::Held(held) = Lock::try_take(&path).unwrap() else {
            panic!("free")
        };
        assert!(Lock::is_held(&path));
        let Attempt::Busy(pid) = Lock::try_take(&path).unwrap() else {
            panic!("taken")
        };
        assert_eq!(pid, Some(std::process::id()));

        drop(held);
        assert!(!Lock::is_held(&path));
        fs::remove_dir_all(folder).unwrap();
    }
}
