//! This program in front of rustc: it sends each crate's query data to a folder of its own, which
//! no setting of cargo can do.

use std::{env, os::unix::process::CommandExt as _, path::Path, process::Command};

use anyhow::{Context as _, Result};

/// Names the folder of all answers; set only for the compilations of `prepare`.
pub const ANSWERS: &str = "XTASK_SQLX_ANSWERS";

/// Becomes rustc when cargo calls this program in its place; else returns.
pub fn become_rustc() -> Result<()> {
    let Some(answers) = env::var_os(ANSWERS) else {
        return Ok(());
    };
    let mut words = env::args_os().skip(1);
    let rustc = words.next().context("cargo named no compiler")?;
    let mut command = Command::new(rustc);
    command.args(words).env_remove(ANSWERS);
    if let Some(name) = env::var_os("CARGO_PKG_NAME") {
        let folder = Path::new(&answers).join(name);
        if folder.is_dir() {
            command.env("SQLX_OFFLINE_DIR", folder);
        }
    }
    Err(command.exec()).context("rustc does not start")
}
