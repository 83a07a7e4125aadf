//! A private PostgreSQL: its data folder, its process, its superuser.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use super::{Tools, Version, heal, psql::Psql};
use crate::{
    account::{self, Account},
    daemon::{Daemon, Spec, tail},
    paths,
    pids::Signal,
};

/// Names the folder that holds the data, when it could not be below the local one.
const ELSEWHERE: &str = "postgres.location";
const START: Duration = Duration::from_mins(1);

/// What a server is to be.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// The local folder: data, log and pid file go below it.
    pub folder: &'a Path,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The superuser's password.
    pub password: &'a str,
    /// Whether data must survive a crash of the machine. A server of tests need not.
    pub durable: bool,
    /// How many sessions it allows.
    pub connections: u32,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    daemon: Daemon,
    url: String,
    version: Version,
}

impl Server {
    /// Finds or installs PostgreSQL, makes the data folder when there is none (`on_new_data` is
    /// called before), heals it when an earlier run was interrupted, and starts the server.
    pub async fn start(
        settings: &Settings<'_>,
        on_new_data: impl FnOnce() -> Result<()>,
    ) -> Result<Self> {
        let data = home(settings.folder)?.join("data");
        let tools = Tools::find_or_install(heal::made_by(&data))?;
        let account = Account::for_postgres()?;
        let home = settle(settings.folder, account)?;
        let data = home.join("data");
        heal::heal(&tools, account, &data)?;
        if !data.exists() {
            on_new_data()?;
            initialise(&tools, account, &home, settings)?;
        }
        let daemon = Daemon::start(spec(&tools, account, &data, settings))?;
        let url = format!(
            "postgres://postgres:{}@127.0.0.1:{}/postgres",
            settings.password, settings.port
        );
        let mut server = Self {
            daemon,
            url,
            version: tools.version(),
        };
        server.wait(&tools).await?;
        Ok(server)
    }

    /// The superuser's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its process.
    pub fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Copies all its databases, as they are at one moment, below another local folder, where
    /// [`Server::start`] finds them. Only a durable server can be copied.
    pub async fn copy_to(&self, folder: &Path) -> Result<()> {
        let tools = Tools::find_or_install(None)?;
        let account = Account::for_postgres()?;
        paths::make(folder)?;
        let data = settle(folder, account)?.join("data");
        let mut command = Command::new(tools.program("pg_basebackup"));
        command
            .arg(format!("--dbname={}", self.url))
            .arg("--pgdata")
            .arg(&data)
            .args(["--checkpoint=fast", "--wal-method=stream"]);
        account.wear(&mut command);
        let output = tokio::process::Command::from(command)
            .output()
            .await
            .context("pg_basebackup does not start")?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("pg_basebackup failed:\n{}", tail(&words, 10));
        }
        Ok(())
    }

    /// Shuts it down cleanly.
    pub async fn stop(&mut self) {
        self.daemon.stop().await;
    }

    async fn wait(&mut self, tools: &Tools) -> Result<()> {
        let psql = Psql::new(tools, &self.url)?;
        let deadline = Instant::now() + START;
        loop {
            let Err(error) = psql.run("select 1").await else {
                return Ok(());
            };
            if let Some(status) = self.daemon.ended() {
                bail!(
                    "PostgreSQL ended at its start ({status}):\n{}",
                    self.daemon.last_words()
                );
            }
            if error.to_string().contains("password authentication failed") {
                bail!(
                    "PostgreSQL does not know the password in secrets.json: `cargo xtask reset` starts anew"
                );
            }
            if Instant::now() > deadline {
                return Err(error.context("PostgreSQL does not get ready"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The folder that holds, or is to hold, the data of a local folder: below it, or elsewhere as
/// noted in it.
fn home(folder: &Path) -> Result<PathBuf> {
    match fs::read_to_string(folder.join(ELSEWHERE)) {
        Ok(place) => Ok(PathBuf::from(place.trim())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(folder.join("postgres")),
        Err(error) => Err(error).context("where PostgreSQL's data lies is not readable"),
    }
}

/// Makes that folder, in a place that the account can reach.
fn settle(folder: &Path, account: Account) -> Result<PathBuf> {
    let mut home = home(folder)?;
    if !home.exists() && !account.reaches(folder) {
        home = account::place_outside(folder);
        fs::write(folder.join(ELSEWHERE), home.as_os_str().as_encoded_bytes())?;
    }
    paths::make(&home)?;
    account.own(&home)?;
    if !account.reaches(&home) {
        bail!(
            "the account postgres cannot reach {}: give its parent folders the right of passage \
             (chmod a+x), or move the checkout",
            home.display()
        );
    }
    Ok(home)
}

/// Removes the data of a local folder wherever it lies.
pub fn remove_home(folder: &Path) -> Result<()> {
    paths::remove(&home(folder)?)?;
    match fs::remove_file(folder.join(ELSEWHERE)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("the note of PostgreSQL's place cannot be removed")
        }
        _ => Ok(()),
    }
}

/// Makes the data folder under another name first: one that has its name is whole.
fn initialise(tools: &Tools, account: Account, home: &Path, settings: &Settings<'_>) -> Result<()> {
    let new = home.join("data.new");
    paths::remove(&new)?;
    let password = home.join("password");
    crate::secrets::write_private_text(&password, settings.password)?;
    account.own(&password)?;
    let mut command = Command::new(tools.program("initdb"));
    command
        .args([
            "--username=postgres",
            "--encoding=UTF8",
            "--auth-local=reject",
        ])
        .args(locale())
        // Cheap to check for a test's many connections; whoever reads test data gains nothing.
        .arg(if settings.durable {
            "--auth-host=scram-sha-256"
        } else {
            "--auth-host=md5"
        })
        .arg(format!("--pwfile={}", password.display()))
        .arg("--pgdata")
        .arg(&new);
    if !settings.durable {
        command.arg("--no-sync");
    }
    account.wear(&mut command);
    let output = command.output().context("initdb does not start");
    fs::remove_file(&password)?;
    let output = output?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("initdb failed:\n{}", tail(&words, 10));
    }
    fs::rename(&new, home.join("data"))?;
    Ok(())
}

/// Sorted by bytes, which is the same everywhere, but with every letter known as one.
fn locale() -> [&'static str; 2] {
    [
        "--locale=C",
        if cfg!(target_os = "macos") {
            "--lc-ctype=UTF-8"
        } else {
            "--lc-ctype=C.UTF-8"
        },
    ]
}

fn spec(tools: &Tools, account: Account, data: &Path, settings: &Settings<'_>) -> Spec {
    let mut args: Vec<OsString> = vec!["-D".into(), data.into()];
    for setting in configuration(settings) {
        args.extend(["-c".into(), setting.into()]);
    }
    Spec {
        name: "postgres".into(),
        program: tools.program("postgres"),
        args,
        env: Vec::new(),
        account,
        log: settings.folder.join("logs/postgres.log"),
        pid_file: settings.folder.join("run/postgres.pid"),
        stop: Signal::Int,
        abandon: Signal::Quit,
        patience: Duration::from_secs(30),
    }
}

fn configuration(settings: &Settings<'_>) -> Vec<String> {
    let mut lines = vec![
        format!("port={}", settings.port),
        format!("max_connections={}", settings.connections),
        "listen_addresses=127.0.0.1".into(),
        "unix_socket_directories=".into(),
        "timezone=UTC".into(),
        "log_timezone=UTC".into(),
        "shared_buffers=128MB".into(),
    ];
    if !settings.durable {
        lines.extend(
            [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "max_wal_size=4GB",
                "checkpoint_timeout=1h",
            ]
            .map(str::to_owned),
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::scratch;

    #[test]
    fn the_data_lies_below_the_folder_unless_noted_elsewhere() {
        let folder = scratch("home");
        assert_eq!(home(&folder).unwrap(), folder.join("postgres"));
        fs::write(folder.join(ELSEWHERE), "/var/lib/elsewhere\n").unwrap();
        assert_eq!(home(&folder).unwrap(), Path::new("/var/lib/elsewhere"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn only_a_test_server_may_forget() {
        let settings = |durable| Settings {
            folder: Path::new("/x"),
            port: 1,
            password: "p",
            durable,
            connections: 10,
        };
        assert!(configuration(&settings(false)).contains(&"fsync=off".to_owned()));
        assert!(
            !configuration(&settings(true))
                .iter()
                .any(|line| line.starts_with("fsync"))
        );
    }
}
