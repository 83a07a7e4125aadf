//! The servers of one test run: their own PostgreSQL and NATS on free ports, fast rather than
//! safe (but for measuring), in a folder that the next run sweeps when this one could not.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;

use crate::{
    lock::{Attempt, Lock},
    mounts, nats,
    paths::{self, Local},
    pids, ports, postgres, say,
    secrets::random,
    tools::Tools,
};

/// Every test has pools of its own.
const SESSIONS: u32 = 500;

/// Which servers are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Servers {
    /// PostgreSQL alone.
    Postgres,
    /// PostgreSQL and NATS.
    Both,
}

/// What the servers do with what they are told to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Nothing is synced: tests need no disk.
    Fast,
    /// Everything is synced, as in a deployment: for measuring.
    Durable,
}

/// A folder for one run, which the next run sweeps when this one could not.
pub struct Room {
    folder: PathBuf,
    _lock: Lock,
}

impl Room {
    /// Makes it, and clears away what killed runs left.
    pub fn claim() -> Result<Self> {
        let local = Local::of_checkout()?;
        paths::make(&local.test())?;
        // One run at a time makes its folder and sweeps, so that none takes a new one for a left one.
        let _turn = Lock::wait(&local.test().join("turn.lock"))?;
        sweep(&local.test())?;
        let folder = local.test().join(format!("run-{}", std::process::id()));
        for part in ["logs", "run", "stacks"] {
            paths::make(&folder.join(part))?;
        }
        match Lock::try_take(&folder.join("lock"))? {
            Attempt::Held(lock) => Ok(Self {
                folder,
                _lock: lock,
            }),
            Attempt::Busy(_) => anyhow::bail!("{} is in use", folder.display()),
        }
    }

    /// Where tests that start processes put their logs and pid files.
    pub fn stacks(&self) -> PathBuf {
        self.folder.join("stacks")
    }

    /// Ends whatever a killed test left running there. With `keep_logs` the logs stay until the
    /// next run.
    pub fn leave(self, keep_logs: bool) -> Result<()> {
        pids::sweep(&self.stacks(), Duration::from_secs(5));
        mounts::leave(&self.folder)?;
        postgres::remove_home(&self.folder)?;
        paths::remove(&self.folder.join("nats"))?;
        if keep_logs {
            say::note(format_args!(
                "logs are kept below {}",
                self.folder.display()
            ));
            return Ok(());
        }
        paths::remove(&self.folder)
    }
}

/// Running servers. Dropped, they end at once; [`Lab::stop`] does it cleanly.
pub struct Lab {
    // Dropped first: the room's lock tells the next run whether somebody is still here.
    postgres: postgres::Server,
    nats: Option<nats::Server>,
    tools: Tools,
    room: Room,
}

impl Lab {
    /// Starts them, and clears away what killed runs left.
    pub async fn start(servers: Servers, care: Care) -> Result<Self> {
        let durable = care == Care::Durable;
        let local = Local::of_checkout()?;
        let room = Room::claim()?;
        let password = random();
        let step = say::step("PostgreSQL for the tests");
        let settings = postgres::Settings {
            folder: &room.folder,
            port: ports::free(1)?.first().copied().unwrap_or_default(),
            password: &password,
            durable,
            connections: SESSIONS,
        };
        let postgres = postgres::Server::start(&settings, || Ok(())).await?;
        step.done(format_args!(
            "{} on 127.0.0.1:{}",
            postgres.version(),
            settings.port
        ));
        let mut lab = Self {
            postgres,
            nats: None,
            tools: Tools::default(),
            room,
        };
        if servers == Servers::Both {
            let step = say::step("NATS for the tests");
            let settings = nats::Settings {
                folder: &lab.room.folder,
                tools: &local.tools(),
                port: ports::free(1)?.first().copied().unwrap_or_default(),
                password: &password,
                durable,
            };
            lab.nats = Some(nats::Server::start(&settings).await?);
            step.done(format_args!("on 127.0.0.1:{}", settings.port));
        }
        Ok(lab)
    }

    /// Finds the programs that some tests need beside the servers; answers the words of those
    /// that cannot be had.
    pub fn with_tools(&mut self) -> Result<Vec<&'static str>> {
        self.tools = Tools::find_or_install(&Local::of_checkout()?.tools());
        Ok(self.tools.missing())
    }

    /// PostgreSQL's URL, as superuser.
    pub fn postgres_url(&self) -> &str {
        self.postgres.url()
    }

    /// What tests find the servers by.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let mut env = vec![
            ("SUPPORTDESK_TEST_PG_URL", self.postgres.url().to_owned()),
            (
                "SUPPORTDESK_TEST_FOLDER",
                self.room.stacks().display().to_string(),
            ),
        ];
        if let Some(nats) = &self.nats {
            env.push(("SUPPORTDESK_TEST_NATS_URL", nats.url().to_owned()));
        }
        env.extend(self.tools.environment());
        env
    }

    /// Ends whatever a killed test left running, and the servers. With `keep_logs` the logs stay
    /// until the next run.
    pub async fn stop(mut self, keep_logs: bool) -> Result<()> {
        pids::sweep(&self.room.stacks(), Duration::from_secs(5));
        if let Some(mut nats) = self.nats.take() {
            nats.stop().await;
        }
        self.postgres.stop().await;
        self.room.leave(keep_logs)
    }
}

/// Clears away the runs that nobody holds.
fn sweep(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let run = entry.path();
        if run.is_dir() && !Lock::is_held(&run.join("lock")) {
            pids::sweep(&run, Duration::from_secs(10));
            mounts::leave(&run)?;
            postgres::remove_home(&run)?;
            paths::remove(&run)?;
        }
    }
    Ok(())
}
