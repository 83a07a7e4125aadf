//! How fast the desk is, in ratios to what the same machine does without it.
//!
//! Expects a durable PostgreSQL and NATS in `SUPPORTDESK_TEST_PG_URL` and
//! `SUPPORTDESK_TEST_NATS_URL`, and the services' binaries beside its own; `cargo xtask bench`
//! brings all three. A missed goal is told, it is no failure.
//!
//! | module | holds |
//! |---|---|
//! | [`desk`] | the eight services under test |
//! | [`load`], [`latency`], [`requests`] | the load generator |
//! | [`creates`], [`filing`], [`pgbench`] | tickets filed by key, and their yardstick |
//! | [`reads`], [`bare`], [`rows`] | ticket detail and list, and theirs |
//! | [`lists`] | lists and searches at up to a million tickets |
//! | [`deadlines`] | how late a missed deadline shows among a million |
//! | [`reports`] | how fast events become figures, and how fast figures are read |
//! | [`arrivals`] | tickets that come at a steady rate |
//! | [`soak`] | whether it grows under a load that lasts |
//! | [`statements`] | the service's very statements, which the yardsticks run |
//! | [`cpu`], [`processes`], [`counters`] | what it takes: CPU, memory, commits, syncs |
//! | [`database`], [`server`] | the databases and what they hold |
//! | [`plot`] | pictures of series and ratios |
//! | [`report`] | goals, tables, the file of results |

mod arrivals;
mod bare;
mod counters;
mod cpu;
mod creates;
mod database;
mod deadlines;
mod desk;
mod filing;
mod latency;
mod lists;
mod load;
mod pgbench;
mod plot;
mod processes;
mod reads;
mod report;
mod reports;
mod requests;
mod rows;
mod scale;
mod server;
mod soak;
mod statements;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{
    counters::Counters,
    cpu::Meter,
    desk::Desk,
    report::Findings,
    scale::{Extent, Scale},
    server::Server,
};

/// Measures the desk.
#[derive(Parser)]
struct Cli {
    /// Short points: under three minutes in all.
    #[arg(long)]
    quick: bool,
    /// Also writes the results to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Lists, searches and details at a thousand, a hundred thousand and a million tickets.
    Lists,
    /// How late a missed deadline shows, with a million that run.
    Sla,
    /// How fast events become figures, reports are rebuilt and answered.
    Reports {
        /// Tickets that the reports are over; 100,000 unless `--quick`.
        #[arg(long)]
        tickets: Option<u64>,
    },
    /// Whether anything grows under a mixed load that lasts; fails when it does.
    Soak(soak::Wanted),
    /// The bare handler, as a process of its own.
    #[command(hide = true)]
    Bare,
}

// The generator's own threads: one loads, the other takes what the first cannot.
#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    if let Some(Part::Bare) = cli.part {
        return bare::serve().await;
    }
    if let Some(Part::Lists) = cli.part {
        let extent = if cli.quick {
            Extent::QUICK
        } else {
            Extent::WHOLE
        };
        return lists::run(&extent, cli.json.as_deref()).await;
    }
    if let Some(Part::Sla) = cli.part {
        return deadlines::run(cli.quick, cli.json.as_deref()).await;
    }
    if let Some(Part::Reports { tickets }) = cli.part {
        return reports::run(cli.quick, tickets, cli.json.as_deref()).await;
    }
    if let Some(Part::Soak(wanted)) = &cli.part {
        return soak::run(wanted, cli.json.as_deref()).await;
    }
    let desk = Desk::start().await?;
    let findings = measure(&desk, cli.quick).await;
    desk.world.stop().await;
    let findings = findings?;
    let verdicts = report::verdicts(&findings);
    say(&report::print(&findings, &verdicts));
    if let Some(path) = cli.json {
        report::write(&path, &findings, &verdicts)?;
    }
    Ok(())
}

/// Everything, reads first: the creates leave tickets behind.
async fn measure(desk: &Desk, quick: bool) -> Result<Findings> {
    let scale = if quick { Scale::QUICK } else { Scale::WHOLE };
    let plan = desk.world.stack.plan();
    let server = Server::at(&plan.postgres)?;
    let meter = Meter::of(&desk.world.stack, server.port);
    let mut counters = Counters::open(&server, &plan.database_prefix).await?;
    let at = counters.time().await?;
    meter.settle().await;
    let idle = meter.memory();

    let mut reads = Vec::new();
    let mut bench = reads::Bench {
        desk,
        server: &server,
        meter: &meter,
        counters: &mut counters,
        scale,
    };
    for tickets in scale.tickets {
        say(&format!("reads among {tickets} tickets …"));
        reads.extend(bench.run(*tickets).await?);
    }
    say("creates …");
    let mut bench = creates::Bench {
        desk,
        server: &server,
        meter: &meter,
        counters: &mut counters,
        scale,
        folder: &plan.folder,
    };
    let most = scale.tickets.last().copied().unwrap_or_default();
    let creates = bench.run(most).await?;
    let loaded = meter.memory();
    let counts_statements = counters.counts_statements();
    counters.close().await;
    Ok(Findings {
        at,
        quick,
        ready: desk.ready.as_secs_f64(),
        idle,
        loaded,
        reads,
        creates,
        counts_statements,
    })
}

fn say(text: &str) {
    xtask::say::line(text);
}
