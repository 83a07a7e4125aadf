//! `cargo xtask rebuild-reports`: the local stack's reporting builds its read models anew, by its own
//! subcommand.

use std::os::unix::process::CommandExt as _;

use anyhow::{Context as _, Result};

use crate::{events::Running, paths::Local, service::Service};

/// Becomes `reporting rebuild`.
pub fn run() -> Result<()> {
    let mut command = Running::command(&Local::of_checkout()?, Service::Reporting)?;
    Err(command.arg("rebuild").exec()).context("`reporting rebuild` does not start")
}
