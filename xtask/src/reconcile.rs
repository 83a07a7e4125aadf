//! `cargo xtask reconcile`: every service of the local stack compares what it keeps with what its
//! owners said, by its own subcommand.

use anyhow::{Context as _, Result, ensure};

use crate::{events::Running, paths::Local, service::Service};

/// Runs `<service> reconcile` for each in turn; one that fails keeps nobody from the others.
pub fn run() -> Result<()> {
    let local = Local::of_checkout()?;
    let mut failed = Vec::new();
    for service in Service::ALL {
        if service.database().is_none() {
            continue;
        }
        let status = Running::command(&local, service)?
            .arg("reconcile")
            .status()
            .with_context(|| format!("`{service} reconcile` does not start"))?;
        if !status.success() {
            failed.push(service.name());
        }
    }
    ensure!(failed.is_empty(), "not reconciled: {}", failed.join(", "));
    Ok(())
}
