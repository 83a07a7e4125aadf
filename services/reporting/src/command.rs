//! The command line of `reporting`: `serve` (also without a subcommand), `migrate`, `reconcile`,
//! `dead-letters`, `verify` and `rebuild`.

use std::{
    ffi::OsString,
    io::{self, Write as _},
};

use anyhow::bail;
use clap::Subcommand;
use desk_bus::program::{Audit, Chore};
use desk_http::{program::Program, server::Process};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{Rebuilder, Reporting, rebuild::Ended, settings::Settings};

/// What it can be told beside serving.
#[derive(Debug, Subcommand)]
enum Command {
    /// What every service with a database can be told.
    #[command(flatten)]
    Chore(Chore<Settings>),
    /// What a service that keeps tickets can be told.
    #[command(flatten)]
    Audit(Audit<Settings>),
    /// Build the read models anew from ticket's states, while the old ones serve.
    ///
    /// May be interrupted and started again; it goes on where it stopped. One at a time.
    Rebuild(Box<Settings>),
}

/// Does what its command line says, on a runtime of its own; the first of `words` is its name.
///
/// # Errors
/// Whatever stops the command.
pub fn run(words: Vec<OsString>) -> anyhow::Result<()> {
    desk_http::program::run::<Reporting, _>(words, Command::run)
}

impl Command {
    async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Chore(chore) => chore.run::<Reporting>().await,
            Self::Audit(audit) => audit.run::<Reporting>().await,
            Self::Rebuild(settings) => {
                let process = Process::command(Reporting::IDENTITY, &settings.server)?;
                let reporting = Reporting::open(&settings, &process).await?;
                rebuild(reporting.rebuilder()).await
            }
        }
    }
}

async fn rebuild(rebuilder: &Rebuilder) -> anyhow::Result<()> {
    let Some(rebuild) = rebuilder.begin().await? else {
        bail!("a rebuild is running already");
    };
    // Drawn on a terminal alone.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{bar:40} {human_pos} of {human_len} tickets, {eta} left",
    )?);
    let mut tickets = 0;
    let ended = rebuild
        .run(|done, total| {
            tickets = done;
            bar.set_length(done.max(total).unsigned_abs());
            bar.set_position(done.unsigned_abs());
        })
        .await?;
    bar.finish_and_clear();
    match ended {
        Ended::Done => Ok(writeln!(
            io::stdout(),
            "{tickets} tickets read, the new read models serve"
        )?),
        Ended::Interrupted => {
            bail!("interrupted after {tickets} tickets; started again, it goes on")
        }
    }
}
