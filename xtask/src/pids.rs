//! Processes by number: signals, whether one still runs, and the pid files that let a later
//! command end what an interrupted one left behind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

/// What may be sent to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Please stop.
    Term,
    /// Stop; PostgreSQL ends its sessions and shuts down cleanly.
    Int,
    /// Stop at once; PostgreSQL releases its memory and recovers at the next start.
    Quit,
    /// Ends it without asking.
    Kill,
    /// Freezes it.
    Stop,
    /// Thaws it.
    Cont,
    /// Read your configuration again.
    Hup,
}

impl Signal {
    /// The name that `kill -s` takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Cont => "CONT",
            Self::Hup => "HUP",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Term, Self::Int, Self::Quit, Self::Kill]
            .into_iter()
            .find(|signal| signal.name() == name)
    }
}

/// Sends a signal; `false` when there is no such process or it is somebody else's.
pub fn signal(pid: u32, signal: Signal) -> bool {
    // The shell's own `kill`: minimal systems have no program of that name.
    Command::new("sh")
        .args([
            "-c",
            "kill -s \"$0\" \"$1\"",
            signal.name(),
            &pid.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The command line of a running process, words parted by spaces; `None` once it has ended.
pub fn command_line(pid: u32) -> Option<String> {
    let line = if Path::new("/proc/self/cmdline").exists() {
        let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    } else {
        let output = Command::new("ps")
            .args(["-o", "args=", "-p", &pid.to_string()])
            .output()
            .ok()?;
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    // A process that ended and waits for its parent has no words left.
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// A pid file: who runs, and how it likes to be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The process.
    pub pid: u32,
    /// Its program; a process that took the number later has another.
    pub program: PathBuf,
    /// What stops it politely.
    pub stop: Signal,
}

impl Record {
    /// Writes it.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = format!(
            "{}\n{}\n{}\n",
            self.pid,
            self.program.display(),
            self.stop.name()
        );
        fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        Some(Self {
            pid: lines.next()?.parse().ok()?,
            program: lines.next()?.into(),
            stop: Signal::named(lines.next()?)?,
        })
    }

    fn still_runs(&self) -> bool {
        let program = self.program.to_string_lossy();
        command_line(self.pid).is_some_and(|line| line.contains(&*program))
    }
}

/// Ends every process whose pid file lies in `folder` or below, and removes the files. Answers the
/// names of those that were still running.
pub fn sweep(folder: &Path, patience: Duration) -> Vec<String> {
    let mut running = Vec::new();
    for path in pid_files(folder) {
        let record = fs::read_to_string(&path)
            .ok()
            .and_then(|text| Record::parse(&text));
        match record {
            Some(record) if record.still_runs() => {
                signal(record.pid, record.stop);
                running.push((path, record));
            }
            _ => drop(fs::remove_file(&path)),
        }
    }
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline && running.iter().any(|(_, record)| record.still_runs()) {
        std::thread::sleep(Duration::from_millis(50));
    }
    running
        .into_iter()
        .map(|(path, record)| {
            if record.still_runs() {
                signal(record.pid, Signal::Kill);
            }
            drop(fs::remove_file(&path));
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        })
        .collect()
}

fn pid_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "pid") {
                found.push(path);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn a_record_survives_its_file() {
        let record = Record {
            pid: 7,
            program: "/bin/ticket".into(),
            stop: Signal::Int,
        };
        let folder = scratch("record");
        record.save(&folder.join("ticket.pid")).unwrap();
        let text = fs::read_to_string(folder.join("ticket.pid")).unwrap();
        assert_eq!(Record::parse(&text), Some(record));
        assert_eq!(Record::parse("7\n"), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_sweep_ends_what_runs_and_spares_a_stranger() {
        let folder = scratch("sweep");
        let mut ours = Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let mut stranger = Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let record = |pid, program: &str| Record {
            pid,
            program: program.into(),
            stop: Signal::Term,
        };
        record(ours.id(), "/bin/sleep")
            .save(&folder.join("ours.pid"))
            .unwrap();
        record(stranger.id(), "/bin/ticket")
            .save(&folder.join("ticket.pid"))
            .unwrap();

        assert_eq!(sweep(&folder, Duration::from_secs(5)), ["ours"]);
        assert!(!ours.wait().unwrap().success());
        assert!(stranger.try_wait().unwrap().is_none());
        assert_eq!(pid_files(&folder), Vec::<PathBuf>::new());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
