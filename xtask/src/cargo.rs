//! cargo, called for the whole workspace with its own progress on the terminal.

use std::{
    env,
    ffi::{OsStr, OsString},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::{
    paths::{self, Profile},
    programs::{self, PROGRAM},
};

/// A cargo command in the checkout, with the same target folder that built this program. Dropping
/// its run ends it.
pub fn command<I>(words: I) -> Result<Command>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command
        .args(words)
        .current_dir(paths::root())
        .env("CARGO_TARGET_DIR", paths::target()?)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    // `cargo run` describes this crate to us; the build scripts below must not hear of it.
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&*name);
        }
    }
    Ok(command)
}

/// Runs a command to its end; a failure is an error that names it.
pub async fn run(mut command: Command, what: &str) -> Result<()> {
    let status = command
        .status()
        .await
        .with_context(|| format!("{what} does not start"))?;
    if !status.success() {
        bail!("{what} failed");
    }
    Ok(())
}

/// What is of use in a release build; linking one takes its time.
const RELEASED: [&str; 5] = [PROGRAM, "supportdeskctl", "bench", "chaos", "fill"];

/// Builds the binaries of the workspace, and names the services' program by each of them.
pub async fn build(profile: Profile) -> Result<()> {
    let mut words = Vec::new();
    match profile {
        Profile::Debug => words.push("--bins"),
        Profile::Release => {
            words.push("--release");
            words.extend(RELEASED.iter().flat_map(|program| ["--bin", program]));
        }
    }
    build_of(profile, &words).await
}

/// The same and all tests in one go: by themselves, binaries would take their dependencies with fewer
/// features, and each of those be compiled twice.
pub async fn build_with_tests() -> Result<()> {
    build_of(Profile::Debug, &["--bins", "--tests"]).await
}

async fn build_of(profile: Profile, wanted: &[&str]) -> Result<()> {
    let mut command = command(["build", "--workspace"])?;
    command.args(wanted);
    run(command, "cargo build").await?;
    programs::link(&paths::binaries(profile)?)
}
