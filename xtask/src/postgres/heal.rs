//! Making an interrupted server's data folder fit for a start: a half-made folder, a server that
//! lost its parent, a pid file whose number belongs to another program by now.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

use super::Tools;
use crate::{account::Account, paths, pids, say};

/// What to do with the pid file of a data folder.
#[derive(Debug, PartialEq, Eq)]
enum PidFile {
    /// Nobody runs by that number: PostgreSQL itself clears it.
    Stale,
    /// Our server still runs: stop it.
    Alive,
    /// Another program has the number: PostgreSQL would not dare to start.
    Reused,
}

/// Heals the data folder at `data`.
pub fn heal(tools: &Tools, account: Account, data: &Path) -> Result<()> {
    if data.exists() && !data.join("PG_VERSION").exists() {
        let is_empty = fs::read_dir(data)?.next().is_none();
        if !is_empty {
            bail!(
                "{} holds no whole database: `cargo xtask reset` starts anew",
                data.display()
            );
        }
        paths::remove(data)?;
    }
    let pid_file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&pid_file) else {
        return Ok(());
    };
    match judge(&text, pids::command_line) {
        PidFile::Stale => Ok(()),
        PidFile::Alive => stop(tools, account, data),
        PidFile::Reused => fs::remove_file(&pid_file)
            .with_context(|| format!("{} cannot be removed", pid_file.display())),
    }
}

fn judge(pid_file: &str, command_line: impl Fn(u32) -> Option<String>) -> PidFile {
    let pid = pid_file
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok());
    match pid.and_then(command_line) {
        None => PidFile::Stale,
        Some(line) if line.contains("postgres") => PidFile::Alive,
        Some(_) => PidFile::Reused,
    }
}

fn stop(tools: &Tools, account: Account, data: &Path) -> Result<()> {
    say::note("PostgreSQL of an earlier run is still there: stopping it");
    let mut command = Command::new(tools.program("pg_ctl"));
    command
        .args(["stop", "--silent", "--wait", "--mode=fast", "--pgdata"])
        .arg(data);
    account.wear(&mut command);
    let output = command.output().context("pg_ctl does not start")?;
    // It may have ended by itself meanwhile; the start that follows decides.
    if !output.status.success() && data.join("postmaster.pid").exists() {
        bail!(
            "PostgreSQL of an earlier run does not stop: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// The major version that made a data folder.
pub fn made_by(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_judged_by_who_has_the_number_now() {
        for (owner, verdict) in [
            (None, PidFile::Stale),
            (
                Some("/usr/lib/postgresql/15/bin/postgres -D /data"),
                PidFile::Alive,
            ),
            (Some("/usr/bin/vim"), PidFile::Reused),
        ] {
            let judged = judge("42\n/data\n", |pid| {
                assert_eq!(pid, 42);
                owner.map(str::to_owned)
            });
            assert_eq!(judged, verdict, "{owner:?}");
        }
        assert_eq!(judge("", |_| panic!("no pid")), PidFile::Stale);
    }
}
