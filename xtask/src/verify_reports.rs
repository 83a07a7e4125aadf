//! `cargo xtask verify-reports`: what the local stack's reports and deadlines are made of, compared with
//! ticket's states by the services' own subcommands.

use anyhow::{Context as _, Result, ensure};

use crate::{events::Running, paths::Local, service::Service};

/// Runs `verify` of reporting and of the SLA worker; what one finds keeps nobody from the other.
pub fn run(repair: bool) -> Result<()> {
    let local = Local::of_checkout()?;
    let mut differing = Vec::new();
    for service in [Service::Reporting, Service::SlaWorker] {
        let mut command = Running::command(&local, service)?;
        command.arg("verify");
        if repair {
            command.arg("--repair");
        }
        let status = command
            .status()
            .with_context(|| format!("`{service} verify` does not start"))?;
        if !status.success() {
            differing.push(service.name());
        }
    }
    ensure!(differing.is_empty(), "not right: {}", differing.join(", "));
    Ok(())
}
