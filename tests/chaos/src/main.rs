//! `cargo xtask chaos` starts this; see the library.

use std::process::ExitCode;

use anyhow::Result;
use chaos::{Wanted, mutants, plan::Extent};
use clap::Parser;
use xtask::say;

/// Hurts a desk at work.
#[derive(Parser)]
struct Cli {
    /// How long the clients work; comparing takes some more.
    #[arg(long)]
    minutes: Option<u32>,
    /// Which faults come when.
    #[arg(long)]
    seed: Option<u64>,
    /// Tries desks with a planted bug instead.
    #[arg(long)]
    mutants: bool,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
async fn run(cli: &Cli) -> Result<bool> {
    let seed = cli.seed.unwrap_or_else(|| rand::random_range(1..100_000));
    if cli.mutants {
        return mutants::run(cli.minutes.unwrap_or(1), seed).await;
    }
    say::line(format_args!("seed {seed}"));
    let wanted = Wanted {
        extent: Extent::of(cli.minutes.unwrap_or(5)),
        seed,
        binaries: None,
        impatient: false,
    };
    let report = chaos::run(&wanted).await?;
    say::line(report.table()?);
    Ok(!report.is_bad())
}
