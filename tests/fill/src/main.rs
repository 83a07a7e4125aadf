//! `fill`: the program behind `cargo xtask load`.

use std::str::FromStr as _;

use anyhow::{Context as _, Result};
use clap::Parser;
use fill::{Wanted, fill, heard_of};
use indicatif::{ProgressBar, ProgressStyle};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

/// Fills ticket's database with made-up tickets. For measuring and for demonstrations.
#[derive(Parser)]
struct Cli {
    /// How many.
    #[arg(long)]
    tickets: u64,
    /// Which ones: the same seed makes up the same tickets.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Wait until ticket has heard of so many projects.
    #[arg(long, default_value_t = 1)]
    projects: i64,
    /// Tell nobody of them: reports, deadlines and accounts stay as they are.
    #[arg(long)]
    without_events: bool,
    /// The role that owns ticket's schema.
    #[arg(long, env = "SUPPORTDESK_OWNER_DATABASE_URL", hide_env_values = true)]
    owner_database_url: SecretString,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let options = PgConnectOptions::from_str(cli.owner_database_url.expose_secret());
    // The error of a URL that is none could quote the password in it.
    let options = options.ok().context("the database URL is none")?;
    let mut connection = options.connect().await.context("ticket's database")?;
    heard_of(&mut connection, cli.projects).await?;
    let wanted = Wanted {
        tickets: cli.tickets,
        seed: cli.seed,
        events: !cli.without_events,
    };
    let bar = ProgressBar::new(cli.tickets);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40.cyan} {pos}/{len} tickets, {per_sec}, {msg} {elapsed}",
    )?);
    fill(&mut connection, wanted, |done| {
        bar.set_position(done);
        if done == wanted.tickets {
            bar.set_message("indexes");
        }
    })
    .await?;
    bar.finish_and_clear();
    let took = bar.elapsed().as_secs_f64();
    xtask::say::line(format_args!("{} tickets in {took:.1} s", cli.tickets));
    Ok(())
}
