//! A desk at work while everything under it dies: nothing may be lost, nothing doubled.
//!
//! Expects the services' binaries beside its own; `cargo xtask chaos` builds them and makes the
//! folder in which all of this happens. A short form is a test of this crate.
//!
//! | module | holds |
//! |---|---|
//! | [`plan`] | which faults come in which order, by a seed |
//! | [`desk`], [`servers`], [`disk`], [`post`] | what is hurt: services, PostgreSQL, NATS, wires, a small disk, a mail server |
//! | [`hurt`] | how |
//! | [`after`], [`healed`] | what must be true afterwards, and before the bus lost anything |
//! | [`report`] | the log and the table |
//! | [`mutants`] | desks with a planted bug, which must be found out |
//!
//! Clients that do not give up, and the comparison with what they were told, are in `tests/e2e`.

pub mod after;
pub mod desk;
pub mod disk;
pub mod healed;
pub mod hurt;
pub mod mutants;
pub mod plan;
pub mod post;
pub mod report;
pub mod servers;

use std::{path::Path, time::Duration};

use anyhow::Result;
use e2e::load::Load;
use rand::{SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};
use xtask::{say, service::Service};

use crate::{
    after::{Check, Scope},
    desk::Desk,
    hurt::Outcome,
    plan::{Extent, Fault},
    report::{Happened, Report, Writes},
};

/// How many clients write at once, at most.
const CLIENTS: u32 = 24;

/// A run.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// How much.
    pub extent: Extent,
    /// Which.
    pub seed: u64,
    /// Other services than those beside this program.
    pub binaries: Option<&'a Path>,
    /// Whether the run may end as soon as something is wrong.
    pub impatient: bool,
}

/// Starts a desk, hurts it while clients work, and tells what became of it.
///
/// # Errors
/// The desk or its servers do not start or stop: nothing was tried.
pub async fn run(wanted: &Wanted<'_>) -> Result<Report> {
    let mut desk = Desk::start(whose_disk(wanted.seed), wanted.binaries).await?;
    let mut run = Run::begin(wanted, &desk).await;
    run.hurt(&mut desk).await;
    if !(wanted.impatient && run.report.is_bad()) {
        run.finish(&mut desk).await;
    }
    run.clients.shutdown().await;
    desk.stop().await?;
    Ok(run.report)
}

/// Whose disk runs full.
fn whose_disk(seed: u64) -> Service {
    let services: Vec<Service> = Service::with_database()
        .map(|(service, _)| service)
        .collect();
    let chosen = services.choose(&mut StdRng::seed_from_u64(seed));
    chosen.copied().unwrap_or(Service::Ticket)
}

struct Run<'a> {
    wanted: &'a Wanted<'a>,
    load: Load,
    clients: JoinSet<()>,
    began: Instant,
    wiped: Option<String>,
    report: Report,
}

impl<'a> Run<'a> {
    /// Sets the clients to work.
    async fn begin(wanted: &'a Wanted<'a>, desk: &Desk) -> Self {
        let extent = &wanted.extent;
        let load = Load::of(&desk.world).await;
        if extent.deadlines {
            load.with_deadlines().await;
        }
        let load = load.steadily(CLIENTS, extent.time / extent.tickets);
        Self {
            wanted,
            clients: load.start(extent.tickets),
            load,
            began: Instant::now(),
            wiped: None,
            report: Report::new(wanted.seed),
        }
    }

    /// All faults, spread over the time.
    async fn hurt(&mut self, desk: &mut Desk) {
        let extent = &self.wanted.extent;
        let faults = plan::faults(extent, self.wanted.seed);
        let count = u32::try_from(faults.len()).unwrap_or(u32::MAX);
        for (turn, fault) in (0..).zip(faults) {
            sleep_until(self.began + extent.time * turn / count).await;
            if fault == Fault::Wipe {
                // From now on there is something to heal.
                self.look_for_healing(desk);
            }
            let at = self.began.elapsed();
            match hurt::hurt(desk, fault).await {
                Ok(outcome) => self.happened(desk, at, fault, outcome),
                Err(error) => {
                    return self.wrong(at, format!("{fault}: {error:#}"));
                }
            }
            if fault == Fault::Wipe {
                let now = desk.world.sql(Service::Ticket, "select now()").await;
                self.wiped = Some(now);
            }
            self.look_for_healing(desk);
            if self.wanted.impatient && self.report.is_bad() {
                return;
            }
        }
    }

    fn happened(&mut self, desk: &Desk, at: Duration, fault: Fault, outcome: Outcome) {
        let whose = match (fault, &desk.disk) {
            (Fault::Full(_), Ok(disk)) => Some(disk.service()),
            _ => None,
        };
        let happened = Happened {
            at,
            took: self.began.elapsed().saturating_sub(at),
            fault,
            whose,
            outcome,
        };
        say::line(&happened);
        self.report.faults.push(happened);
    }

    /// Waits for the clients, and compares.
    async fn finish(&mut self, desk: &mut Desk) {
        while let Some(client) = self.clients.join_next().await {
            if let Err(error) = client {
                let words = error.try_into_panic().map_or_else(
                    |error| error.to_string(),
                    |panic| words(panic.as_ref()).to_owned(),
                );
                self.wrong(self.began.elapsed(), format!("a client: {words}"));
            }
        }
        self.report.worked = self.began.elapsed();
        self.report.writes = Writes::of(self.load.done());
        self.look_for_healing(desk);
        say::line("the clients have done; comparing …");
        let scope = Scope {
            wiped: self.wiped.as_deref(),
            deadlines: self.wanted.extent.deadlines,
        };
        let checks = after::look(desk, self.load.done(), scope).await;
        let at = self.began.elapsed();
        for Check { name, outcome } in &checks {
            if let Err(error) = outcome {
                self.wrong(at, format!("{name}: {error:#}"));
            }
        }
        self.report.checks = checks;
    }

    /// As long as the bus has lost nothing.
    fn look_for_healing(&mut self, desk: &Desk) {
        if self.wiped.is_none()
            && self.report.found.is_empty()
            && let Some(line) = healed::first(&desk.world)
        {
            self.wrong(self.began.elapsed(), line);
        }
    }

    fn wrong(&mut self, at: Duration, what: String) {
        say::line(format_args!("{:>6.1} s  WRONG: {what}", at.as_secs_f64()));
        self.report.found.push((at, what));
    }
}

/// What somebody said who panicked.
fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}
