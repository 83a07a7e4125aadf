//! The containers of a model as processes: hosts and ports lead to 127.0.0.1, all else is as it
//! stands in the file.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::process::{Child, Command};
use xtask::{
    pids::{Signal, signal},
    ports::{Pair, Ports},
    service::Service,
};

use super::{jail::Jail, model::Model};

const ONCE: Duration = Duration::from_mins(1);
const START: Duration = Duration::from_mins(1);

/// Where everything listens.
pub struct Places {
    pub services: Ports,
    pub postgres: u16,
    pub nats: u16,
}

impl Places {
    /// A value with every host of the stack replaced.
    fn lead(&self, value: &str) -> String {
        let mut value = value
            .replace("@postgres:5432/", &format!("@127.0.0.1:{}/", self.postgres))
            .replace("@nats:4222", &format!("@127.0.0.1:{}", self.nats));
        for service in Service::ALL {
            let here = format!("//127.0.0.1:{}", self.services.of(service).api);
            value = value.replace(&format!("//{service}:{}", service.port()), &here);
        }
        value
    }
}

/// One container's program.
pub struct Process {
    name: String,
    line: Vec<String>,
    check: Option<Vec<String>>,
    env: BTreeMap<String, String>,
    grace: Duration,
    log: PathBuf,
    child: Option<Child>,
    /// Its file system.
    pub jail: Jail,
}

impl Process {
    /// Of the container of that name; `listen` is where it serves, if it does.
    pub fn prepare(
        model: &Model,
        name: &str,
        places: &Places,
        listen: Option<Pair>,
        folder: &Path,
    ) -> Self {
        let container = model.container(name);
        let mut env: BTreeMap<String, String> = container
            .environment()
            .into_iter()
            .map(|(name, value)| (name, places.lead(&value)))
            .collect();
        // In a container it has these to itself.
        if let Some(Pair { api, admin }) = listen {
            env.insert("SUPPORTDESK_LISTEN".into(), format!("127.0.0.1:{api}"));
            env.insert(
                "SUPPORTDESK_ADMIN_LISTEN".into(),
                format!("127.0.0.1:{admin}"),
            );
        }
        let grace = container.get("stop_grace_period").as_str();
        Self {
            name: name.to_owned(),
            line: container.line(),
            check: container.healthcheck(),
            env,
            grace: grace.map_or(Duration::from_secs(10), seconds),
            log: folder.join(name).with_extension("log"),
            child: None,
            jail: Jail::build(folder.join(name), container),
        }
    }

    /// Its settings.
    pub const fn env(&self) -> &BTreeMap<String, String> {
        &self.env
    }

    /// Runs it to its end.
    pub async fn once(&mut self) {
        self.start();
        let status = self.ended(ONCE).await;
        assert!(
            status.success(),
            "{} {status}:\n{}",
            self.name,
            self.words()
        );
    }

    /// Starts it.
    pub fn start(&mut self) {
        let log = File::create(&self.log).unwrap();
        let mut command = self.jail.command(&self.line, &self.env);
        command.stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let mut command = Command::from(command);
        self.child = Some(command.kill_on_drop(true).spawn().unwrap());
    }

    /// Waits until its health check is content.
    pub async fn healthy(&mut self) {
        let until = Instant::now() + START;
        while !self.is_healthy().await {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            let gone = ended.is_some() || Instant::now() > until;
            assert!(!gone, "{} {ended:?}:\n{}", self.name, self.words());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asks its health check, which runs in the same container.
    pub async fn is_healthy(&self) -> bool {
        let mut command = self.jail.command(self.check.as_ref().unwrap(), &self.env);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null());
        let status = Command::from(command).status().await.unwrap();
        status.success()
    }

    /// SIGTERM: it ends well within its time.
    pub async fn stop(&mut self) {
        let pid = self.child.as_ref().unwrap().id().unwrap();
        assert!(signal(pid, Signal::Term), "{}", self.name);
        let status = self.ended(self.grace).await;
        assert_eq!(status.code(), Some(0), "{}:\n{}", self.name, self.words());
        assert!(!self.is_healthy().await, "{} is gone", self.name);
    }

    async fn ended(&mut self, patience: Duration) -> ExitStatus {
        let child = self.child.as_mut().unwrap();
        let ended = tokio::time::timeout(patience, child.wait()).await;
        let Ok(status) = ended else {
            panic!(
                "{} goes on after {patience:?}:\n{}",
                self.name,
                self.words()
            )
        };
        status.unwrap()
    }

    fn words(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

/// `30s` and `1m0s`, as the parser writes them.
fn seconds(text: &str) -> Duration {
    let (minutes, rest) = text.split_once('m').unwrap_or(("0", text));
    let seconds: u64 = rest.trim_end_matches('s').parse().unwrap();
    Duration::from_secs(minutes.parse::<u64>().unwrap() * 60 + seconds)
}
