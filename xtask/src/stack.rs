//! The eight services as real processes: their databases made and migrated, their keys dealt out,
//! started, watched, stopped. `up` keeps one for a person; the end-to-end test and the fault tests
//! start their own. Whatever becomes of the owner, no service outlives a dropped [`Stack`].

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use reqwest::Client;
use tokio::{process::Command, task::JoinSet};

use crate::{
    account::Account,
    daemon::{Daemon, Spec, clean_environment, tail},
    databases, demo, paths,
    pids::Signal,
    ports::Ports,
    postgres::{Tools, psql::Psql},
    secrets::{Secrets, random},
    service::Service,
    settings::{Environment, Wiring},
};

/// How long a service may take until it is ready.
const START: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_secs(15);

/// What a stack is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    /// PostgreSQL, as superuser.
    pub postgres: String,
    /// The bus, with its user.
    pub nats: String,
    /// What subjects and the stream's name begin with; empty for none.
    pub bus_prefix: String,
    /// What the names of databases and roles begin with; empty for none.
    pub database_prefix: String,
    /// Where each service listens.
    pub ports: Ports,
    /// Passwords and keys.
    pub secrets: Secrets,
    /// Settings for every service.
    pub common: Environment,
    /// Settings for one, which win over all others.
    pub extra: BTreeMap<Service, Environment>,
    /// The folder of the binaries.
    pub binaries: PathBuf,
    /// Logs go to `logs/` in it, pid files to `run/`.
    pub folder: PathBuf,
}

impl Plan {
    /// A stack of its own for a test: on the servers that `cargo xtask test` (or `deps`) started,
    /// with free ports, new keys, and a name that no other has.
    pub fn for_test(name: &str) -> Result<Self> {
        let server = |setting: &str| {
            env::var(setting).with_context(|| {
                format!(
                    "{setting} is not set: `cargo xtask test` sets it, `cargo xtask deps` tells it"
                )
            })
        };
        let (postgres, nats) = (
            server("SUPPORTDESK_TEST_PG_URL")?,
            server("SUPPORTDESK_TEST_NATS_URL")?,
        );
        Self::on(postgres, nats, name)
    }

    /// The same on these servers.
    pub fn on(postgres: String, nats: String, name: &str) -> Result<Self> {
        let unique: String = random()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(8)
            .collect::<String>()
            .to_lowercase();
        let prefix = format!("{name}_{unique}");
        Ok(Self {
            postgres,
            nats,
            bus_prefix: prefix.replace('_', "-"),
            database_prefix: format!("{prefix}_"),
            ports: Ports::free()?,
            secrets: Secrets::generate()?,
            common: Environment::from([("SUPPORTDESK_STREAM_MAX_BYTES".into(), "67108864".into())]),
            extra: demo::bootstrap(),
            binaries: paths::own_binaries()?,
            folder: test_folder().join(&prefix),
        })
    }

    /// Adds a setting for one service.
    #[must_use]
    pub fn with(mut self, service: Service, name: &str, value: &str) -> Self {
        self.extra
            .entry(service)
            .or_default()
            .insert(name.to_owned(), value.to_owned());
        self
    }
}

/// Where tests put what they start: the run's own folder, which is swept.
pub fn test_folder() -> PathBuf {
    env::var_os("SUPPORTDESK_TEST_FOLDER")
        .map_or_else(|| env::temp_dir().join("supportdesk"), PathBuf::from)
}

/// The services, running.
pub struct Stack {
    plan: Plan,
    psql: Psql,
    client: Client,
    daemons: BTreeMap<Service, Daemon>,
    /// Somebody else's: nothing of it is removed.
    guest: bool,
}

impl Stack {
    /// All at once: databases, migrations, processes, until every service is ready.
    pub async fn start(plan: Plan) -> Result<Self> {
        let mut stack = Self::lay(plan).await?;
        stack.migrate().await?;
        stack.launch()?;
        stack.ready().await?;
        Ok(stack)
    }

    /// The first part of [`Stack::start`]: folders, roles and databases.
    pub async fn lay(plan: Plan) -> Result<Self> {
        for folder in ["logs", "run"] {
            paths::make(&plan.folder.join(folder))?;
        }
        let stack = Self::attach(plan)?;
        databases::create(
            &stack.psql,
            &stack.plan.database_prefix,
            &stack.plan.secrets,
        )
        .await?;
        Ok(Self {
            guest: false,
            ..stack
        })
    }

    /// A stack that runs already, and not by us.
    pub fn attach(plan: Plan) -> Result<Self> {
        let tools = Tools::find_or_install(None)?;
        let psql = Psql::new(&tools, &plan.postgres)?;
        // A proxy of the caller's has no business between local processes.
        let client = Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()?;
        Ok(Self {
            plan,
            psql,
            client,
            daemons: BTreeMap::new(),
            guest: true,
        })
    }

    /// The second part: `<service> migrate` for all that have a database, side by side.
    pub async fn migrate(&self) -> Result<()> {
        let mut running = JoinSet::new();
        for (service, _) in Service::with_database() {
            let mut command = std::process::Command::new(self.program(service));
            clean_environment(&mut command);
            command.arg("migrate").envs(self.env(service));
            let mut command = Command::from(command);
            command.stdin(Stdio::null()).kill_on_drop(true);
            running.spawn(async move { (service, command.output().await) });
        }
        while let Some(joined) = running.join_next().await {
            let (service, output) = joined?;
            let output = output.with_context(|| format!("{service} is not built"))?;
            if !output.status.success() {
                let words = [output.stdout, output.stderr].concat();
                bail!(
                    "`{service} migrate` failed:\n{}",
                    tail(&String::from_utf8_lossy(&words), 15)
                );
            }
        }
        Ok(())
    }

    /// The third part: starts the processes.
    pub fn launch(&mut self) -> Result<()> {
        for service in Service::ALL {
            let daemon = Daemon::start(self.spec(service))?;
            self.daemons.insert(service, daemon);
        }
        Ok(())
    }

    /// The last part: waits until every service says that it is ready.
    pub async fn ready(&mut self) -> Result<()> {
        for service in Service::ALL {
            self.wait_ready(service).await?;
        }
        Ok(())
    }

    /// `http://127.0.0.1:<port>` of a service's API.
    pub fn url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.plan.ports.of(service).api)
    }

    /// The same of its metrics and health.
    pub fn admin_url(&self, service: Service) -> String {
        format!("http://127.0.0.1:{}", self.plan.ports.of(service).admin)
    }

    /// The URL of a service's database for its own role; `None` for the doors.
    pub fn database_url(&self, service: Service) -> Option<String> {
        self.env(service).remove("SUPPORTDESK_DATABASE_URL")
    }

    /// A service's settings.
    pub fn env(&self, service: Service) -> Environment {
        let mail = self.mail();
        let mut env = Wiring {
            ports: &self.plan.ports,
            secrets: &self.plan.secrets,
            psql: &self.psql,
            database_prefix: &self.plan.database_prefix,
            nats: &self.plan.nats,
            bus_prefix: &self.plan.bus_prefix,
            mail: &mail,
        }
        .environment(service);
        if service == Service::Ticket {
            let files = self.plan.folder.join("files").display().to_string();
            env.insert("SUPPORTDESK_FILES_FOLDER".to_owned(), files);
        }
        env.extend(self.plan.common.clone());
        env.extend(self.plan.extra.get(&service).cloned().unwrap_or_default());
        env
    }

    /// What it was made of.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The same to be changed: what is set here counts from a process's next start on.
    pub fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// A service's program.
    pub fn program(&self, service: Service) -> PathBuf {
        self.plan.binaries.join(service.name())
    }

    /// Where the notifier puts mails, a file `.eml` each.
    pub fn mail(&self) -> PathBuf {
        self.plan.folder.join("mail")
    }

    /// A service's log.
    pub fn log(&self, service: Service) -> PathBuf {
        self.plan
            .folder
            .join("logs")
            .join(service.name())
            .with_extension("log")
    }

    /// A service's process, while it runs.
    pub fn pid(&self, service: Service) -> Option<u32> {
        self.daemons.get(&service)?.pid()
    }

    /// Sends a signal to a service.
    pub fn signal(&self, service: Service, signal: Signal) {
        if let Some(daemon) = self.daemons.get(&service) {
            daemon.signal(signal);
        }
    }

    /// SIGKILL; the process is gone when this returns.
    pub async fn kill(&mut self, service: Service) {
        if let Some(daemon) = self.daemons.get_mut(&service) {
            daemon.kill().await;
        }
    }

    /// Stops a service if it runs, starts it, and waits until it is ready.
    pub async fn restart(&mut self, service: Service) -> Result<()> {
        if let Some(daemon) = self.daemons.get_mut(&service) {
            daemon.stop().await;
            daemon.launch()?;
        }
        self.wait_ready(service).await
    }

    /// The processes, for a supervisor.
    pub fn daemons(&mut self) -> impl Iterator<Item = &mut Daemon> {
        self.daemons.values_mut()
    }

    /// Stops the doors, then the others, each politely.
    pub async fn stop(&mut self) {
        let (doors, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.daemons)
            .into_iter()
            .partition(|(service, _)| service.is_door());
        for group in [doors, others] {
            let mut stopping = JoinSet::new();
            for (_, mut daemon) in group {
                stopping.spawn(async move { daemon.stop().await });
            }
            stopping.join_all().await;
        }
    }

    /// Removes the stack's databases and roles, once it has stopped.
    pub async fn drop_databases(&self) -> Result<()> {
        if self.guest {
            return Ok(());
        }
        databases::drop_all(&self.psql, &self.plan.database_prefix).await
    }

    async fn wait_ready(&mut self, service: Service) -> Result<()> {
        let url = format!("{}/readyz", self.admin_url(service));
        let deadline = Instant::now() + START;
        loop {
            let answer = self.client.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            let Some(daemon) = self.daemons.get_mut(&service) else {
                bail!("{service} was not started")
            };
            if let Some(status) = daemon.ended() {
                bail!(
                    "{service} ended at its start ({status}):\n{}",
                    daemon.last_words()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "{service} is not ready after {} s:\n{}",
                    START.as_secs(),
                    daemon.last_words()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn spec(&self, service: Service) -> Spec {
        Spec {
            name: service.to_string(),
            program: self.program(service),
            args: vec!["serve".into()],
            env: self.env(service).into_iter().collect(),
            account: Account::Me,
            log: self.log(service),
            pid_file: self
                .plan
                .folder
                .join("run")
                .join(service.name())
                .with_extension("pid"),
            stop: Signal::Term,
            abandon: Signal::Kill,
            patience: PATIENCE,
        }
    }
}

/// Keeps the log of the run before as `<name>.log.1` and lets a new one begin.
pub fn turn_log(log: &Path) -> Result<()> {
    let mut older = log.as_os_str().to_owned();
    older.push(".1");
    match fs::rename(log, older) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be renamed", log.display()))
        }
        _ => Ok(()),
    }
}
