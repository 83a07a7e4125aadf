//! `cargo xtask soak`: the release build under a load that lasts, on durable servers of its own.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

use crate::{
    cargo,
    lab::{Care, Lab, Servers},
    paths::{self, Profile},
    supervise::Interrupts,
};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// How long the load lasts.
    pub minutes: f64,
    /// Requests a second.
    pub rate: u32,
    /// A file for the picture.
    pub svg: Option<&'a Path>,
    /// A file for verdict and series.
    pub json: Option<&'a Path>,
}

/// Builds, starts the servers, and runs the program that loads and judges.
pub async fn run(wanted: Wanted<'_>) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    cargo::build(Profile::Release).await?;
    let lab = Lab::start(Servers::Both, Care::Durable).await?;
    let outcome = tokio::select! {
        outcome = cargo::run(program(&lab, wanted)?, "the soak") => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    lab.stop(outcome.is_err()).await?;
    outcome
}

fn program(lab: &Lab, wanted: Wanted<'_>) -> Result<Command> {
    let mut command = Command::new(paths::target()?.join("release").join("bench"));
    command.envs(lab.environment()).kill_on_drop(true);
    if let Some(file) = wanted.json {
        command.arg("--json").arg(file);
    }
    command.args(["soak", "--minutes", &wanted.minutes.to_string()]);
    command.args(["--rate", &wanted.rate.to_string()]);
    if let Some(file) = wanted.svg {
        command.arg("--svg").arg(file);
    }
    Ok(command)
}
