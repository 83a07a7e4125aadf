//! How fast the desk is, in ratios to what the same machine does without it.
//!
//! Expects a durable PostgreSQL and NATS in `SUPPORTDESK_TEST_PG_URL` and
//! `SUPPORTDESK_TEST_NATS_URL`, and the services' binaries beside its own; `cargo xtask bench`
//! brings all three. A missed goal is told, it is no failure.
//!
//! | module | holds |
//! |---|---|
//! | [`part`], [`basics`] | what is measured apart from the rest, and what always is |
//! | [`desk`], [`sink`] | the eight services under test, and the mail server that they know |
//! | [`load`], [`open`], [`hog`], [`latency`], [`requests`] | the load generators |
//! | [`creates`], [`filing`], [`pgbench`] | tickets filed by key, and their yardstick |
//! | [`reads`], [`bare`], [`rows`] | ticket detail and list, and theirs |
//! | [`hop`], [`publish`], [`starts`] | the gateway's part, JetStream's, and the processes' starts |
//! | [`lists`] | lists and searches at up to a million tickets |
//! | [`deadlines`] | how late a missed deadline shows among a million |
//! | [`reports`] | how fast events become figures, and how fast figures are read |
//! | [`mails`] | how fast events become mails |
//! | [`fairness`] | what others notice of a busy key and of a mail server that hangs |
//! | [`arrivals`] | tickets that come at a steady rate |
//! | [`soak`] | whether it grows under a load that lasts |
//! | [`statements`] | the service's very statements, which the yardsticks run |
//! | [`cpu`], [`processes`], [`counters`] | what it takes: CPU, memory, commits, syncs |
//! | [`database`], [`server`] | the databases and what they hold |
//! | [`plot`] | pictures of series and ratios |
//! | [`report`] | goals, tables, the file of results |

mod arrivals;
mod bare;
mod basics;
mod counters;
mod cpu;
mod creates;
mod database;
mod deadlines;
mod desk;
mod fairness;
mod filing;
mod hog;
mod hop;
mod latency;
mod lists;
mod load;
mod mails;
mod open;
mod part;
mod pgbench;
mod plot;
mod processes;
mod publish;
mod reads;
mod report;
mod reports;
mod requests;
mod rows;
mod scale;
mod server;
mod sink;
mod soak;
mod starts;
mod statements;

use std::{fs, path::PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{
    hog::Hog,
    part::Part,
    report::{Latest, Run},
    server::Server,
};

/// Measures the desk.
#[derive(Parser)]
struct Cli {
    /// Short points: under three minutes in all.
    #[arg(long)]
    quick: bool,
    /// The file that the results are put into, beside those of parts that do not run now; a
    /// picture with the same name goes beside it.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    word: Option<Word>,
}

#[derive(Subcommand)]
enum Word {
    #[command(flatten)]
    Part(Part),
    /// Only tells what the file holds.
    Table,
    /// Whether anything grows under a mixed load that lasts; fails when it does.
    Soak(soak::Wanted),
    /// The bare handler, as a process of its own.
    #[command(hide = true)]
    Bare,
    /// A busy key, as a process of its own.
    #[command(hide = true)]
    Hog(Hog),
}

// The generator's own threads: one loads, the other takes what the first cannot.
#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let parts = match cli.word {
        Some(Word::Bare) => return bare::serve().await,
        Some(Word::Hog(hog)) => return hog.serve().await,
        Some(Word::Soak(wanted)) => return soak::run(&wanted, cli.json.as_deref()).await,
        Some(Word::Table) => Vec::new(),
        Some(Word::Part(part)) => vec![part],
        None => Part::USUAL.to_vec(),
    };
    let mut latest = match &cli.json {
        Some(path) => Latest::read(path)?,
        None => Latest::new(),
    };
    for part in parts {
        let at = Server::of_environment()?.time().await?;
        let run = Run {
            part: part.name(),
            at: &at,
            quick: cli.quick,
        };
        latest.take(run, part.run(cli.quick).await?);
        if let Some(path) = &cli.json {
            latest.write(path)?;
            fs::write(path.with_extension("svg"), latest.plot()?)?;
        }
    }
    say(&latest.table());
    Ok(())
}

fn say(text: &str) {
    xtask::say::line(text);
}
