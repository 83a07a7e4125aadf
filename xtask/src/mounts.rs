//! Small file systems of their own, for tests of a full disk: what a killed run left mounted.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};

/// Takes off everything that is mounted at the folder or below, the last first.
pub fn leave(folder: &Path) -> Result<()> {
    // Only Linux tells so, and only there these tests mount.
    let Ok(table) = fs::read_to_string("/proc/self/mountinfo") else {
        return Ok(());
    };
    for place in below(&table, folder).into_iter().rev() {
        let status = Command::new("umount").arg(&place).status();
        ensure!(
            status.is_ok_and(|status| status.success()),
            "{} stays mounted",
            place.display()
        );
    }
    Ok(())
}

/// The mount points at a folder and below, in the order in which they were mounted.
fn below(table: &str, folder: &Path) -> Vec<PathBuf> {
    table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(PathBuf::from)
        .filter(|place| place.starts_with(folder))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_below_is_taken_off() {
        let table = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     40 22 0:40 / /x/run-1/disk rw - tmpfs tmpfs rw\n\
                     41 22 0:41 / /x/run-10/disk rw - tmpfs tmpfs rw\n";
        assert_eq!(
            below(table, Path::new("/x/run-1")),
            [PathBuf::from("/x/run-1/disk")]
        );
        assert!(below(table, Path::new("/y")).is_empty());
    }
}
