//! The run's own PostgreSQL and NATS, which sync what they acknowledge and are killed all the same.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use e2e::nats::Nats;
use tokio::time::{Instant, sleep};
use xtask::{
    paths, ports,
    postgres::{Server, Settings, remove_home},
    secrets::random,
};

/// Every service has pools of its own.
const SESSIONS: u32 = 300;

/// How long a killed PostgreSQL may take: its last sessions have to notice, and it recovers.
const RECOVERY: Duration = Duration::from_secs(45);

/// Both servers.
pub struct Servers {
    folder: PathBuf,
    port: u16,
    password: String,
    postgres: Server,
    /// The bus.
    pub nats: Nats,
}

impl Servers {
    /// Starts them in a folder.
    pub async fn start(folder: &Path) -> Result<Self> {
        for part in ["logs", "run"] {
            paths::make(&folder.join(part))?;
        }
        let port = ports::free(1)?.first().copied().context("a port")?;
        let password = random();
        let postgres = Server::start(&settings(folder, port, &password), || Ok(())).await?;
        Ok(Self {
            folder: folder.to_owned(),
            port,
            password,
            postgres,
            nats: Nats::at(folder, true).await,
        })
    }

    /// PostgreSQL's URL, as superuser.
    pub fn postgres_url(&self) -> &str {
        self.postgres.url()
    }

    /// SIGKILL, and a start.
    pub async fn kill_postgres(&mut self) -> Result<()> {
        self.postgres.daemon().kill().await;
        let until = Instant::now() + RECOVERY;
        loop {
            let settings = settings(&self.folder, self.port, &self.password);
            match Server::start(&settings, || Ok(())).await {
                Ok(postgres) => {
                    self.postgres = postgres;
                    return Ok(());
                }
                // The last sessions of the killed one still hold its memory.
                Err(_) if Instant::now() < until => sleep(Duration::from_millis(200)).await,
                Err(error) => return Err(error.context("PostgreSQL does not come back")),
            }
        }
    }

    /// Stops them and removes what they kept.
    pub async fn stop(mut self) -> Result<()> {
        self.nats.stop().await;
        self.postgres.stop().await;
        remove_home(&self.folder)?;
        paths::remove(&self.folder)
    }
}

fn settings<'a>(folder: &'a Path, port: u16, password: &'a str) -> Settings<'a> {
    Settings {
        folder,
        port,
        password,
        durable: true,
        connections: SESSIONS,
    }
}
