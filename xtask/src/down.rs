//! `cargo xtask down` and `reset`: ending what runs, and forgetting what is kept.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    lock::{Attempt, Lock},
    paths::{self, Local},
    pids::{self, Signal},
    postgres, say,
};

const PATIENCE: Duration = Duration::from_secs(90);

/// Stops a running `up` and whatever an interrupted one left.
pub fn down() -> Result<()> {
    let local = Local::of_checkout()?;
    let (_lock, stopped) = take_over(&local)?;
    say::line(if stopped {
        "The local stack has stopped."
    } else {
        "The local stack does not run."
    });
    Ok(())
}

/// Stops it and removes its data, keys and logs; fetched programs stay.
pub fn reset() -> Result<()> {
    let local = Local::of_checkout()?;
    let (_lock, _) = take_over(&local)?;
    postgres::remove_home(local.folder())?;
    for folder in [
        local.folder().join("nats"),
        local.files(),
        local.folder().join("mail"),
        local.logs(),
        local.run(),
        local.test(),
    ] {
        paths::remove(&folder)?;
    }
    for file in [local.demo(), local.secrets(), local.stack()] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", file.display()));
            }
            _ => {}
        }
    }
    say::line("The local stack's data is gone; the next `cargo xtask up` makes it anew.");
    Ok(())
}

/// Takes the lock of `up`, stopping its holder; also ends what a killed holder left behind.
/// Answers whether anything was stopped.
fn take_over(local: &Local) -> Result<(Lock, bool)> {
    let mut stopped = false;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match Lock::try_take(&local.lock())? {
            Attempt::Held(lock) => {
                let left = heal(local);
                return Ok((lock, stopped || left));
            }
            Attempt::Busy(Some(pid)) if !stopped => {
                say::line(format_args!("Stopping the local stack (process {pid}) …"));
                if !pids::signal(pid, Signal::Term) {
                    bail!("process {pid} runs the local stack and may not be stopped by you");
                }
                stopped = true;
            }
            Attempt::Busy(_) if Instant::now() > deadline => {
                bail!("the local stack does not stop; `cargo xtask down` again asks once more");
            }
            Attempt::Busy(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Ends the processes of a run that could not do it itself. To be called with the lock held.
pub fn heal(local: &Local) -> bool {
    let ended = pids::sweep(&local.run(), Duration::from_secs(15));
    if !ended.is_empty() {
        say::note(format_args!(
            "ended what an interrupted run had left: {}",
            ended.join(", ")
        ));
    }
    !ended.is_empty()
}
