//! A private nats-server with JetStream on disk.

use std::{
    net::Ipv4Addr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
};

use crate::{
    account::Account,
    daemon::{Daemon, Spec},
    paths,
    pids::Signal,
    secrets::write_private_text,
};

/// The one user of a private server.
const USER: &str = "supportdesk";
const START: Duration = Duration::from_secs(30);

/// What a server is to be.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// The local folder: data, configuration, log and pid file go below it.
    pub folder: &'a Path,
    /// Where fetched programs are kept.
    pub tools: &'a Path,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The user's password.
    pub password: &'a str,
    /// Whether every message is synced to disk before it is acknowledged.
    pub durable: bool,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    daemon: Daemon,
    port: u16,
    url: String,
}

impl Server {
    /// Finds or fetches the program and starts it.
    pub async fn start(settings: &Settings<'_>) -> Result<Self> {
        let program = super::find_or_install(settings.tools)?;
        let home = settings.folder.join("nats");
        paths::make(&home)?;
        let configuration = home.join("nats.conf");
        write_private_text(&configuration, &configure(settings, &home))?;
        let daemon = Daemon::start(Spec {
            name: "nats".into(),
            program,
            args: vec!["--config".into(), configuration.into()],
            env: Vec::new(),
            account: Account::Me,
            log: settings.folder.join("logs/nats.log"),
            pid_file: settings.folder.join("run/nats.pid"),
            stop: Signal::Term,
            abandon: Signal::Kill,
            patience: Duration::from_secs(15),
        })?;
        let url = format!(
            "nats://{USER}:{}@127.0.0.1:{}",
            settings.password, settings.port
        );
        let mut server = Self {
            daemon,
            port: settings.port,
            url,
        };
        server.wait().await?;
        Ok(server)
    }

    /// The URL, with its user.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Shuts it down cleanly.
    pub async fn stop(&mut self) {
        self.daemon.stop().await;
    }

    async fn wait(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        while !greets(self.port).await {
            if let Some(status) = self.daemon.ended() {
                bail!(
                    "nats-server ended at its start ({status}):\n{}",
                    self.daemon.last_words()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "nats-server does not get ready:\n{}",
                    self.daemon.last_words()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// A server says who it is to whoever connects; JetStream must be in it.
async fn greets(port: u16) -> bool {
    let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return false;
    };
    let mut line = String::new();
    let mut reader = BufReader::new(stream);
    let read = tokio::time::timeout(Duration::from_secs(1), reader.read_line(&mut line)).await;
    matches!(read, Ok(Ok(_))) && line.starts_with("INFO") && line.contains("\"jetstream\":true")
}

fn configure(settings: &Settings<'_>, home: &Path) -> String {
    let store = serde_json::Value::from(home.join("data").display().to_string());
    let password = serde_json::Value::from(settings.password);
    // Tests make hundreds of streams; what they set aside is no disk, only a sum.
    let kind = if settings.durable {
        "sync_interval: always"
    } else {
        "max_file_store: 1TB"
    };
    format!(
        "listen: \"127.0.0.1:{port}\"
server_name: supportdesk
jetstream {{
    store_dir: {store}
    {kind}
}}
authorization {{
    user: {USER}
    password: {password}
}}
",
        port = settings.port
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durable_server_syncs_always() {
        let settings = |durable| Settings {
            folder: Path::new("/x"),
            tools: Path::new("/t"),
            port: 24222,
            password: "p",
            durable,
        };
        let text = configure(&settings(true), Path::new("/x/nats"));
        assert!(text.contains("sync_interval: always"), "{text}");
        assert!(text.contains("store_dir: \"/x/nats/data\""), "{text}");
        assert!(!configure(&settings(false), Path::new("/x/nats")).contains("sync_interval"));
    }
}
