//! `cargo xtask bench`: the release build, measured on durable servers of its own.

use std::path::Path;

use anyhow::{Result, ensure};
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
    /// How fast events become figures, reports are rebuilt and answered.
    Reports,
}

impl Part {
    /// What the program calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Lists => "lists",
            Self::Sla => "sla",
            Self::Reports => "reports",
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// A part; none: the whole, which these are no part of.
    pub part: Option<Part>,
    /// Short points.
    pub quick: bool,
    /// Tickets that reports are measured over; none: as the program sees fit.
    pub tickets: Option<u64>,
    /// A file for the results.
    pub json: Option<&'a Path>,
}

/// Builds, starts the servers, and runs the program that measures.
pub async fn run(wanted: Wanted<'_>) -> Result<()> {
    ensure!(
        wanted.tickets.is_none() || wanted.part == Some(Part::Reports),
        "--tickets is for `bench reports`"
    );
    let mut interrupts = Interrupts::listen()?;
    cargo::build(Profile::Release).await?;
    let lab = Lab::start(Servers::Both, Care::Durable).await?;
    let outcome = tokio::select! {
        outcome = measure(&lab, wanted) => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    lab.stop(outcome.is_err()).await?;
    outcome
}

async fn measure(lab: &Lab, wanted: Wanted<'_>) -> Result<()> {
    let mut command = Command::new(paths::target()?.join("release").join("bench"));
    command.envs(lab.environment()).kill_on_drop(true);
    if wanted.quick {
        command.arg("--quick");
    }
    if let Some(file) = wanted.json {
        command.arg("--json").arg(file);
    }
    command.args(wanted.part.map(Part::name));
    if let Some(tickets) = wanted.tickets {
        command.arg("--tickets").arg(tickets.to_string());
    }
    cargo::run(command, "the bench").await
}
