//! `cargo xtask events`: the stream of the local stack, printed by the ticket service's own
//! subcommand with that stack's settings.

use std::{
    collections::BTreeMap, os::unix::process::CommandExt as _, path::PathBuf, process::Command,
};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::{
    daemon::clean_environment,
    lock::Lock,
    paths::Local,
    secrets::{read_json, write_private},
    service::Service,
    settings::Environment,
    stack::Stack,
};

/// What a running stack leaves for the subcommands of its services, in `.local/stack.json`.
#[derive(Serialize, Deserialize)]
pub struct Running {
    binaries: PathBuf,
    settings: BTreeMap<String, Environment>,
}

impl Running {
    /// Notes a stack.
    pub fn save(local: &Local, stack: &Stack) -> Result<()> {
        let settings = Service::ALL.map(|service| (service.to_string(), stack.env(service)));
        let running = Self {
            binaries: stack.plan().binaries.clone(),
            settings: settings.into(),
        };
        write_private(&local.stack(), &running)
    }

    /// A command of a service of the running stack.
    pub fn command(local: &Local, service: Service) -> Result<Command> {
        Self::program(local, service, service.name())
    }

    /// A program that was built with the running stack, with the settings of one of its services.
    pub fn program(local: &Local, service: Service, name: &str) -> Result<Command> {
        let running = Self::read(local)?;
        let mut command = Command::new(running.binaries.join(name));
        clean_environment(&mut command);
        command.envs(running.settings.get(service.name()).into_iter().flatten());
        Ok(command)
    }

    /// A setting of a service of the running stack.
    pub fn setting(local: &Local, service: Service, name: &str) -> Result<String> {
        let running = Self::read(local)?;
        let settings = running.settings.get(service.name());
        let value = settings.and_then(|settings| settings.get(name)).cloned();
        value.with_context(|| format!("{service} has no {name}"))
    }

    fn read(local: &Local) -> Result<Self> {
        let running: Option<Self> = read_json(&local.stack())?;
        running
            .filter(|_| Lock::is_held(&local.lock()))
            .context("the local stack does not run: `cargo xtask up` starts it")
    }
}

/// Becomes `ticket events …`.
pub fn run(follow: bool, subject: Option<&str>) -> Result<()> {
    let mut command = Running::command(&Local::of_checkout()?, Service::Ticket)?;
    command.arg("events");
    if follow {
        command.arg("--follow");
    }
    if let Some(subject) = subject {
        command.args(["--subject", subject]);
    }
    Err(command.exec()).context("`ticket events` does not start")
}
