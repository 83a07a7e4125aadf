//! How fast events become figures, and how fast figures are read: rebuilding the read models, the
//! six reports over a year, the time from a create to the report that counts it, and what the
//! consumers of reporting and of the SLA worker apply of a backlog.

mod asked;
mod backlog;
mod lives;
mod rebuild;
mod stage;
mod visible;

use std::{fmt::Write as _, time::Duration};

use anyhow::Result;
use serde_json::{Value, json};
use xtask::service::Service;

use self::{backlog::Backlog, rebuild::Rebuilt, stage::Stage, visible::Shown};
use crate::{
    arrivals::RATE,
    latency::Latencies,
    report::{Found, Verdict},
};

/// Goals: events a second that a consumer applies, and milliseconds until a ticket is counted.
const APPLIED: f64 = 5_000.0;
const VISIBLE: f64 = 250.0;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Tickets that the reports are over.
    tickets: u64,
    /// How long each report is asked for.
    asking: Duration,
    /// How long tickets arrive.
    arrivals: Duration,
    /// Tickets whose lives make the backlog, of four writes each.
    lives: usize,
}

impl Extent {
    /// Two minutes in all.
    const QUICK: Self = Self {
        tickets: 10_000,
        asking: Duration::from_millis(500),
        arrivals: Duration::from_secs(5),
        lives: 1_000,
    };
    /// A backlog of 60,000 events.
    const WHOLE: Self = Self {
        tickets: 100_000,
        asking: Duration::from_secs(2),
        arrivals: Duration::from_secs(25),
        lives: 15_000,
    };
}

/// What was found.
struct Findings {
    extent: Extent,
    rebuilt: Rebuilt,
    /// What each report took.
    reports: Vec<(&'static str, Latencies)>,
    shown: Shown,
    backlogs: Vec<Backlog>,
}

/// Measures and prints the table.
///
/// # Errors
/// When the desk cannot be started or filled; when a figure is wrong, or a ticket never counted.
pub async fn run(quick: bool, tickets: Option<u64>) -> Result<Found> {
    let mut extent = if quick { Extent::QUICK } else { Extent::WHOLE };
    extent.tickets = tickets.unwrap_or(extent.tickets);
    let mut stage = Stage::start().await?;
    let findings = measure(&mut stage, extent).await;
    stage.stop().await;
    let findings = findings?;
    let verdicts = verdicts(&findings);
    xtask::say::line(table(&findings, &verdicts));
    Ok(Found {
        details: document(&findings),
        verdicts,
    })
}

/// The lives come last: they leave tickets behind, and their mails would take the machine.
async fn measure(stage: &mut Stage, extent: Extent) -> Result<Findings> {
    stage.fill(extent.tickets).await?;
    let rebuilt = rebuild::run(stage).await?;
    let reports = asked::run(stage, extent.asking).await?;
    let shown = visible::run(stage, extent.arrivals).await?;
    let readers = [Service::Reporting, Service::SlaWorker];
    let backlogs = backlog::run(stage, readers, extent.lives).await?;
    Ok(Findings {
        extent,
        rebuilt,
        reports,
        shown,
        backlogs,
    })
}

fn verdicts(findings: &Findings) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = (findings.backlogs.iter())
        .map(|backlog| {
            let name = format!("reports, {} applies a backlog", backlog.service);
            Verdict::alone(name, "events/s", backlog.rate()).of_at_least(APPLIED)
        })
        .collect();
    let shown = &findings.shown.after;
    verdicts.extend([
        Verdict::alone("event_to_report, median", "ms", shown.median()),
        Verdict::alone("event_to_report, p99", "ms", shown.p99()).of_at_most(VISIBLE),
        Verdict::alone("event_to_report, worst", "ms", shown.per_mille(1_000)),
        Verdict::alone("rebuild", "tickets/s", findings.rebuilt.rate()),
    ]);
    verdicts.extend(findings.reports.iter().map(|(name, took)| {
        Verdict::alone(
            format!("reports, {name} over a year, median"),
            "ms",
            took.median(),
        )
    }));
    verdicts
}

fn table(findings: &Findings, verdicts: &[Verdict]) -> String {
    let mut out = String::new();
    let (rebuilt, creates) = (&findings.rebuilt, findings.shown.arrived.took());
    let _ = writeln!(
        out,
        "\nReports over {} tickets; {RATE} tickets a second arrive, created within {:.1} ms \
         (median) and {:.1} ms (p99), {} failed",
        findings.extent.tickets,
        creates.median(),
        creates.p99(),
        findings.shown.arrived.errors,
    );
    for backlog in &findings.backlogs {
        let _ = writeln!(
            out,
            "{}: {} events in {:.1} s, from its start",
            backlog.service,
            backlog.events,
            backlog.took.as_secs_f64()
        );
    }
    let _ = writeln!(
        out,
        "rebuild: {} tickets in {:.1} s; figures the same before and after, and ticket's own",
        rebuilt.tickets,
        rebuilt.took.as_secs_f64()
    );
    for verdict in verdicts {
        let figure = format!("{:.1} {}", verdict.ours, verdict.unit);
        let goal = verdict.goal.as_deref().unwrap_or_default();
        let word = match verdict.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let line = format!("{:<42}{figure:>18}   {goal:<20}{word}", verdict.name);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn document(findings: &Findings) -> Value {
    let backlogs: Vec<Value> = (findings.backlogs.iter())
        .map(|backlog| {
            json!({
                "service": backlog.service.name(), "events": backlog.events,
                "seconds": backlog.took.as_secs_f64(),
            })
        })
        .collect();
    let (shown, creates) = (&findings.shown.after, findings.shown.arrived.took());
    json!({
        "tickets": findings.extent.tickets,
        "backlogs": backlogs,
        "visible_ms": {
            "median": shown.median(), "p99": shown.p99(), "worst": shown.per_mille(1_000),
            "tickets": shown.count(),
        },
        "create_ms": {"median": creates.median(), "p99": creates.p99()},
        "failed": findings.shown.arrived.errors,
        "rebuild": {
            "tickets": findings.rebuilt.tickets, "seconds": findings.rebuilt.took.as_secs_f64(),
        },
    })
}
