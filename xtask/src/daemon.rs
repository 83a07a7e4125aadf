//! A long-running child: started with its output in a file, watched, stopped politely, and never
//! left behind when its owner is dropped.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result};
use tokio::process::{Child, Command};

use crate::{
    account::Account,
    pids::{self, Record, Signal},
};

/// How to run it.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The name in log lines and file names.
    pub name: String,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What is added to the environment.
    pub env: Vec<(String, String)>,
    /// Whose process it is.
    pub account: Account,
    /// Where its output goes; appended to.
    pub log: PathBuf,
    /// Where its number is noted while it runs.
    pub pid_file: PathBuf,
    /// What stops it politely.
    pub stop: Signal,
    /// What ends it when nobody can wait.
    pub abandon: Signal,
    /// How long a polite stop may take.
    pub patience: Duration,
}

/// The child, or what is left of it.
#[derive(Debug)]
pub struct Daemon {
    spec: Spec,
    child: Option<Child>,
}

impl Daemon {
    /// Starts it. Its folders for log and pid file must exist.
    pub fn start(spec: Spec) -> Result<Self> {
        let mut daemon = Self { spec, child: None };
        daemon.launch()?;
        Ok(daemon)
    }

    /// How it is run.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its number while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Starts it again after it ended.
    pub fn launch(&mut self) -> Result<()> {
        let mut child = self.command()?.spawn().with_context(|| {
            format!(
                "{} does not start ({})",
                self.spec.name,
                self.spec.program.display()
            )
        })?;
        let record = child.id().map(|pid| Record {
            pid,
            program: self.spec.program.clone(),
            stop: self.spec.stop,
        });
        if let Some(record) = record
            && let Err(error) = record.save(&self.spec.pid_file)
        {
            drop(child.start_kill());
            return Err(error);
        }
        self.child = Some(child);
        Ok(())
    }

    /// How it ended, when it did so since the last look.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok().flatten()?;
        self.forget();
        Some(status)
    }

    /// Sends a signal, when it runs.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            pids::signal(pid, signal);
        }
    }

    /// Asks it to stop, waits, and ends it when it does not.
    pub async fn stop(&mut self) {
        self.signal(self.spec.stop);
        let patience = self.spec.patience;
        if let Some(child) = &mut self.child
            && tokio::time::timeout(patience, child.wait()).await.is_err()
        {
            drop(child.kill().await);
        }
        self.forget();
    }

    /// Ends it without asking and waits until it is gone.
    pub async fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill().await);
        }
        self.forget();
    }

    /// The last lines of its log, for an error message.
    pub fn last_words(&self) -> String {
        tail(&fs::read_to_string(&self.spec.log).unwrap_or_default(), 15)
    }

    fn forget(&mut self) {
        if self.child.take().is_some() {
            drop(fs::remove_file(&self.spec.pid_file));
        }
    }

    fn command(&self) -> Result<Command> {
        let log = File::options()
            .append(true)
            .create(true)
            .open(&self.spec.log)
            .with_context(|| format!("{} cannot be written", self.spec.log.display()))?;
        let mut command = std::process::Command::new(&self.spec.program);
        command
            .args(&self.spec.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        clean_environment(&mut command);
        command.envs(self.spec.env.iter().map(|(name, value)| (name, value)));
        self.spec.account.wear(&mut command);
        let mut command = Command::from(command);
        // A group of its own: Ctrl-C in the terminal reaches us alone, and we stop in order.
        command.process_group(0);
        Ok(command)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.ended().is_none() && self.child.is_some() {
            self.signal(self.spec.abandon);
            self.forget();
        }
    }
}

/// Takes the caller's own `SUPPORTDESK_…` settings out of a child's environment: each process is told
/// its own. The log filter alone is passed on.
pub fn clean_environment(command: &mut std::process::Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let ours = name.starts_with("SUPPORTDESK_") || name.starts_with("JWT_");
        if ours && name != "SUPPORTDESK_LOG" {
            command.env_remove(&*name);
        }
    }
}

/// The last `count` lines of a text.
pub fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scratch::scratch;

    fn shell(folder: &Path, script: &str) -> Spec {
        Spec {
            name: "shell".into(),
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            env: vec![("GREETING".into(), "hello".into())],
            account: Account::Me,
            log: folder.join("shell.log"),
            pid_file: folder.join("shell.pid"),
            stop: Signal::Term,
            abandon: Signal::Kill,
            patience: Duration::from_millis(300),
        }
    }

    async fn until(mut done: impl FnMut() -> bool) {
        while !done() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn output_lands_in_the_log_and_the_end_is_seen() {
        let folder = scratch("daemon");
        let mut daemon = Daemon::start(shell(&folder, "echo $GREETING; exit 3")).unwrap();
        let mut status = None;
        until(|| {
            status = status.or_else(|| daemon.ended());
            status.is_some()
        })
        .await;
        assert_eq!(status.unwrap().code(), Some(3));
        assert_eq!(daemon.last_words(), "hello");
        assert_eq!(daemon.pid(), None);
        assert!(!folder.join("shell.pid").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn one_that_does_not_listen_is_killed() {
        let folder = scratch("deaf");
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
        let mut daemon = Daemon::start(shell(&folder, script)).unwrap();
        until(|| daemon.last_words() == "ready").await;
        let pid = daemon.pid().unwrap();
        daemon.stop().await;
        assert_eq!(pids::command_line(pid), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_dropped_one_does_not_live_on() {
        let folder = scratch("dropped");
        let daemon = Daemon::start(shell(&folder, "echo ready; sleep 60")).unwrap();
        let pid = daemon.pid().unwrap();
        drop(daemon);
        until(|| pids::command_line(pid).is_none()).await;
        assert!(!folder.join("shell.pid").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_tail_is_the_end_of_a_text() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
