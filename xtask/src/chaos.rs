//! `cargo xtask chaos`: a desk at work while everything under it dies, freezes, is cut off or runs
//! full, on durable servers of its own.

use anyhow::Result;
use tokio::process::Command;

use crate::{
    cargo,
    lab::Room,
    paths::{self, Profile},
    supervise::Interrupts,
};

/// What is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// How long, without what follows; none: as the program sees fit.
    pub minutes: Option<u32>,
    /// Which faults come when; none: any.
    pub seed: Option<u64>,
    /// How the services are built.
    pub profile: Profile,
    /// Whether desks with a planted bug are tried instead.
    pub mutants: bool,
}

/// Builds, and runs the program that does it.
pub async fn run(wanted: Wanted) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    cargo::build(wanted.profile).await?;
    let room = Room::claim()?;
    let outcome = tokio::select! {
        outcome = hurt(&room, wanted) => outcome,
        () = interrupts.next() => Err(anyhow::anyhow!("interrupted")),
    };
    room.leave(outcome.is_err())?;
    outcome
}

async fn hurt(room: &Room, wanted: Wanted) -> Result<()> {
    let mut command = Command::new(paths::binaries(wanted.profile)?.join("chaos"));
    command
        .env("SUPPORTDESK_TEST_FOLDER", room.stacks())
        .kill_on_drop(true);
    if let Some(minutes) = wanted.minutes {
        command.arg("--minutes").arg(minutes.to_string());
    }
    if let Some(seed) = wanted.seed {
        command.arg("--seed").arg(seed.to_string());
    }
    if wanted.mutants {
        command.arg("--mutants");
    }
    cargo::run(command, "the chaos").await
}
