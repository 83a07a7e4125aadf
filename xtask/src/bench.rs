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
    /// Reads, creates, the gateway's hop, JetStream, memory, starts.
    Basics,
    /// How fast a reply becomes a mail.
    Mails,
    /// What others notice of a busy key and of a mail server that hangs.
    Fairness,
    /// Lists, searches and details at a thousand, a hundred thousand and a million tickets.
    Lists,
    /// How late a missed deadline shows, with a million that run.
    Sla,
    /// How fast events become figures, reports are rebuilt and answered.
    Reports,
}

impl Part {
    /// Those that are not measured unless they are named: each takes some minutes.
    const LONG: [Self; 3] = [Self::Lists, Self::Sla, Self::Reports];

    /// What the program calls it.
    const fn name(self) -> &'static str {
        match self {
            Self::Basics => "basics",
            Self::Mails => "mails",
            Self::Fairness => "fairness",
            Self::Lists => "lists",
            Self::Sla => "sla",
            Self::Reports => "reports",
        }
    }
}

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// A part; none: the usual ones.
    pub part: Option<Part>,
    /// The usual ones, and then each long one.
    pub all: bool,
    /// Short points.
    pub quick: bool,
    /// Tickets that reports are measured over; none: as the program sees fit.
    pub tickets: Option<u64>,
    /// The file of results; none: `bench/latest.json`.
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
    let mut runs = vec![wanted.part];
    if wanted.all {
        runs.extend(Part::LONG.map(Some));
    }
    for part in runs {
        // Each on servers of its own: none finds what another left behind.
        let lab = Lab::start(Servers::Both, Care::Durable).await?;
        let outcome = tokio::select! {
            outcome = measure(&lab, wanted, part) => outcome,
            () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
        };
        lab.stop(outcome.is_err()).await?;
        outcome?;
    }
    Ok(())
}

/// Its last words are a table of all that the file holds.
async fn measure(lab: &Lab, wanted: Wanted<'_>, part: Option<Part>) -> Result<()> {
    let mut command = Command::new(paths::target()?.join("release").join("bench"));
    command.envs(lab.environment()).kill_on_drop(true);
    if wanted.quick {
        command.arg("--quick");
    }
    let latest = paths::root().join("bench").join("latest.json");
    command.arg("--json").arg(wanted.json.unwrap_or(&latest));
    command.args(part.map(Part::name));
    if let Some(tickets) = wanted.tickets {
        command.arg("--tickets").arg(tickets.to_string());
    }
    cargo::run(command, "the bench").await
}
