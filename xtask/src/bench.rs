//! `cargo xtask bench`: the release build, measured on durable servers of its own.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

use crate::{
    cargo,
    lab::{Care, Lab, Servers},
    paths::{self, Profile},
    supervise::Interrupts,
};

/// A part that is measured apart from the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Lists, searches and details at a thousand, a hundred thousand and a million tickets.
    Lists,
    /// How late a missed deadline shows, with a million that run.
    Sla,
}

impl Part {
    /// What the program calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Lists => "lists",
            Self::Sla => "sla",
        }
    }
}

/// Builds, starts the servers, and runs the program that measures.
pub async fn run(part: Option<Part>, quick: bool, json: Option<&Path>) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    cargo::build(Profile::Release).await?;
    let lab = Lab::start(Servers::Both, Care::Durable).await?;
    let outcome = tokio::select! {
        outcome = measure(&lab, part, quick, json) => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    lab.stop(outcome.is_err()).await?;
    outcome
}

async fn measure(lab: &Lab, part: Option<Part>, quick: bool, json: Option<&Path>) -> Result<()> {
    let mut command = Command::new(paths::target()?.join("release").join("bench"));
    command.envs(lab.environment()).kill_on_drop(true);
    if quick {
        command.arg("--quick");
    }
    if let Some(file) = json {
        command.arg("--json").arg(file);
    }
    command.args(part.map(Part::name));
    cargo::run(command, "the bench").await
}
