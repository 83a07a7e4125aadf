//! The soak: a mixed load for minutes or hours, while everything that could grow is watched.
//!
//! | module | holds |
//! |---|---|
//! | [`mix`], [`worker`], [`traffic`] | what is asked for, by whom, at which rate |
//! | [`stage`] | the desk and its people |
//! | [`gauges`], [`sample`] | what is looked at |
//! | [`trend`], [`verdict`] | whether it grew, and whether it came to rest |
//! | [`told`] | table, picture, file |

mod gauges;
mod mix;
mod sample;
mod stage;
mod told;
mod traffic;
mod trend;
mod verdict;
mod worker;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, interval, sleep};
use xtask::{service::Service, stack::Plan};

use self::{
    sample::{Sample, Sampler},
    traffic::Traffic,
    verdict::Run,
};
use crate::desk::Desk;

/// Samples of a run, so that hours take no more room than minutes.
const SAMPLES: u32 = 240;
/// The time between two: often enough for short runs, not a load by itself.
const PAUSE: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(30);
/// How long a desk may take to come to rest, and how often it is looked at.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(500);

/// What is wanted.
#[derive(Debug, Clone, clap::Args)]
pub struct Wanted {
    /// How long the load lasts.
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// Requests a second.
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// Draws the picture into this file.
    #[arg(long)]
    svg: Option<PathBuf>,
}

/// Runs it, tells the verdict, and fails when a demand is missed.
///
/// # Errors
/// When the desk cannot be started or watched, and when it did not pass.
pub async fn run(wanted: &Wanted, file: Option<&Path>) -> Result<()> {
    let desk = Desk::of(plan()?).await?;
    let run = soak(&desk, wanted).await;
    desk.world.stop().await;
    let run = run?;
    let checks = run.checks();
    xtask::say::line(told::table(&run, &checks));
    if let Some(path) = &wanted.svg {
        write(path, &told::picture(&run)?)?;
    }
    if let Some(path) = file {
        write(path, &format!("{}\n", told::document(&run, &checks)))?;
    }
    let missed = checks.iter().filter(|check| !check.good).count();
    ensure!(missed == 0, "{missed} demands were missed");
    Ok(())
}

/// What is done on a schedule is done in the first third already, and often: its first time takes what
/// it keeps.
fn plan() -> Result<Plan> {
    Ok(Service::ALL
        .into_iter()
        .fold(Desk::plan()?, |plan, service| {
            plan.with(service, "SUPPORTDESK_RECONCILE_MINUTES", "2")
        }))
}

async fn soak(desk: &Desk, wanted: &Wanted) -> Result<Run> {
    let lasts = Duration::try_from_secs_f64(wanted.minutes * 60.0).context("--minutes")?;
    let crews = stage::crews(desk).await?;
    let mut sampler = Sampler::start(desk).await?;
    let mut traffic = Traffic::start(desk, crews, wanted.rate).await?;
    let mut looks = interval((lasts / SAMPLES).clamp(*PAUSE.start(), *PAUSE.end()));
    looks.tick().await;
    let mut samples = Vec::new();
    while sampler.elapsed() < lasts {
        looks.tick().await;
        samples.push(sampler.take(&mut traffic).await?);
    }
    traffic.stop().await;
    let lasted = sampler.elapsed();
    let since = Instant::now();
    let rest = come_to_rest(&mut sampler, &mut traffic).await?;
    Ok(Run {
        lasted,
        rate: wanted.rate,
        samples,
        rest,
        settled: since.elapsed(),
    })
}

/// Waits until no connection is in use and no event waits; answers the last look, with the answers
/// of all of them.
async fn come_to_rest(sampler: &mut Sampler, traffic: &mut Traffic) -> Result<Sample> {
    let since = Instant::now();
    let first = sampler.take(traffic).await?;
    let mut last = first.clone();
    while since.elapsed() < PATIENCE && !last.gauges.values().all(gauges::Gauges::idle) {
        sleep(LOOK).await;
        last = sampler.take(traffic).await?;
    }
    Ok(Sample {
        latencies: first.latencies,
        errors: first.errors,
        ..last
    })
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
