//! `cargo xtask up`: the whole product on this machine, from nothing to a demo, until Ctrl-C.

use std::{future::Future, time::Duration};

use anyhow::{Result, bail};

use crate::{
    cargo,
    daemon::Daemon,
    demo::{self, Demo},
    down,
    events::Running,
    lock::{Attempt, Lock},
    logs::{Printer, log_file},
    nats,
    paths::{self, Local, Profile},
    ports::{self, Ports},
    postgres, say,
    secrets::{Secrets, read_json, write_private},
    seed,
    service::Service,
    settings::Environment,
    stack::{Plan, Stack, turn_log},
    supervise::{Interrupts, Supervisor},
};

const LOOK: Duration = Duration::from_millis(200);
const SESSIONS: u32 = 200;

/// What may be chosen.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How the services are built.
    pub profile: Profile,
    /// Added to every port.
    pub port_offset: u16,
}

/// Runs until told to stop.
pub async fn run(options: Options) -> Result<()> {
    let local = Local::of_checkout()?;
    let _lock = take_lock(&local)?;
    down::heal(&local);
    let mut interrupts = Interrupts::listen()?;
    let mut desk = Desk::new(local, options);
    let outcome = tokio::select! {
        outcome = desk.work() => outcome,
        () = interrupts.next() => Ok(()),
    };
    say::line("");
    tokio::select! {
        () = desk.stop() => {}
        () = interrupts.next() => say::note("stopping at once"),
    }
    outcome
}

fn take_lock(local: &Local) -> Result<Lock> {
    match Lock::try_take(&local.lock())? {
        Attempt::Held(lock) => Ok(lock),
        Attempt::Busy(pid) => {
            let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
            bail!(
                "the local stack runs already (process {pid}): `cargo xtask logs` shows what it \
                 does, `cargo xtask down` stops it"
            )
        }
    }
}

/// All that runs. Dropped, it ends everything at once; [`Desk::stop`] does it in order.
struct Desk {
    local: Local,
    options: Options,
    postgres: Option<postgres::Server>,
    nats: Option<nats::Server>,
    stack: Option<Stack>,
    printer: Printer,
}

impl Desk {
    fn new(local: Local, options: Options) -> Self {
        let printer = Printer::of_folder(&local.logs());
        Self {
            local,
            options,
            postgres: None,
            nats: None,
            stack: None,
            printer,
        }
    }

    async fn work(&mut self) -> Result<()> {
        self.refuse_busy_ports()?;
        self.turn_logs()?;
        let secrets = self.start_servers().await?;
        // From here on logs are shown; how the servers came up is of no interest.
        self.printer = Printer::of_folder(&self.local.logs());
        say::headline("Building the services (the first time takes minutes)");
        cargo::build(self.options.profile).await?;
        let demo = self.start_services(secrets).await?;
        if let Some(stack) = &self.stack {
            say::line(format_args!(
                "\n{}\n",
                demo::banner(&stack.url(Service::Gateway), &demo)
            ));
        }
        self.watch().await;
        Ok(())
    }

    fn postgres_port(&self) -> u16 {
        ports::POSTGRES + self.options.port_offset
    }

    fn nats_port(&self) -> u16 {
        ports::NATS + self.options.port_offset
    }

    fn refuse_busy_ports(&self) -> Result<()> {
        let mut wanted = Ports::fixed(self.options.port_offset).named();
        wanted.push((self.postgres_port(), "postgres".into()));
        wanted.push((self.nats_port(), "nats".into()));
        ports::refuse_busy(&wanted)
    }

    fn turn_logs(&self) -> Result<()> {
        for name in Service::ALL
            .map(Service::name)
            .into_iter()
            .chain(["nats", "postgres"])
        {
            turn_log(&log_file(&self.local.logs(), name))?;
        }
        Ok(())
    }

    async fn start_servers(&mut self) -> Result<Secrets> {
        let secrets = Secrets::keep(&self.local.secrets())?;
        let step = say::step("PostgreSQL");
        let settings = postgres::Settings {
            folder: self.local.folder(),
            port: self.postgres_port(),
            password: &secrets.postgres,
            durable: true,
            connections: SESSIONS,
        };
        let server = postgres::Server::start(&settings, || {
            // A key of a database that is gone opens nothing.
            remove_if_there(&self.local.demo())
        })
        .await?;
        step.done(format_args!(
            "{} on 127.0.0.1:{}",
            server.version(),
            settings.port
        ));
        self.postgres = Some(server);

        let step = say::step("NATS");
        let settings = nats::Settings {
            folder: self.local.folder(),
            tools: &self.local.tools(),
            port: self.nats_port(),
            password: &secrets.nats,
            durable: true,
        };
        self.nats = Some(nats::Server::start(&settings).await?);
        step.done(format_args!("on 127.0.0.1:{}", settings.port));
        Ok(secrets)
    }

    async fn start_services(&mut self, secrets: Secrets) -> Result<Demo> {
        let plan = self.plan(secrets)?;
        let step = say::step("Databases");
        let mut stack = Stack::lay(plan).await?;
        step.now("migrating");
        stack.migrate().await?;
        step.done("migrated");

        stack.launch()?;
        Running::save(&self.local, &stack)?;
        let stack = self.stack.insert(stack);
        meanwhile(&mut self.printer, stack.ready()).await?;
        if let Some(demo) = read_json(&self.local.demo())? {
            return Ok(demo);
        }
        let demo = meanwhile(&mut self.printer, seed::run(&stack.url(Service::Gateway))).await?;
        write_private(&self.local.demo(), &demo)?;
        Ok(demo)
    }

    fn plan(&self, secrets: Secrets) -> Result<Plan> {
        let (Some(postgres), Some(nats)) = (&self.postgres, &self.nats) else {
            bail!("the servers were not started");
        };
        Ok(Plan {
            postgres: postgres.url().to_owned(),
            nats: nats.url().to_owned(),
            bus_prefix: String::new(),
            database_prefix: String::new(),
            ports: Ports::fixed(self.options.port_offset),
            secrets,
            common: Environment::new(),
            extra: demo::bootstrap(),
            binaries: paths::binaries(self.options.profile)?,
            folder: self.local.folder().to_owned(),
        })
    }

    async fn watch(&mut self) {
        let mut supervisor = Supervisor::default();
        loop {
            self.printer.print_new();
            supervisor.look(self.daemons());
            tokio::time::sleep(LOOK).await;
        }
    }

    fn daemons(&mut self) -> impl Iterator<Item = &mut Daemon> {
        let postgres = self.postgres.as_mut().map(postgres::Server::daemon);
        let nats = self.nats.as_mut().map(nats::Server::daemon);
        let services = self.stack.iter_mut().flat_map(Stack::daemons);
        postgres.into_iter().chain(nats).chain(services)
    }

    async fn stop(&mut self) {
        if let Some(mut stack) = self.stack.take() {
            let step = say::step("Services");
            stack.stop().await;
            self.printer.print_new();
            step.done("stopped");
        }
        if let Some(mut nats) = self.nats.take() {
            let step = say::step("NATS");
            nats.stop().await;
            step.done("stopped");
        }
        if let Some(mut postgres) = self.postgres.take() {
            let step = say::step("PostgreSQL");
            postgres.stop().await;
            step.done("stopped");
        }
    }
}

/// Prints logs while something else goes on.
async fn meanwhile<T>(printer: &mut Printer, work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = tokio::select! {
        done = work => done,
        () = printer.follow() => bail!("the logs ended"),
    };
    printer.print_new();
    done
}

fn remove_if_there(file: &std::path::Path) -> Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
