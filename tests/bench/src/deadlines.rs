//! How late a missed deadline shows: a million clocks run, a thousand of them fall due within one
//! second, and a hundred tickets a second arrive meanwhile. A flag counts once another connection
//! reads it from ticket's database.

mod stage;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use self::stage::{Extent, Stage};
use crate::{
    arrivals::{self, Arrivals, Arrived},
    latency::Latencies,
    report::{Found, Verdict},
};

/// Goals: the flag shows within, in milliseconds.
const P99: f64 = 1_000.0;
const WORST: f64 = 3_000.0;

/// Between two looks at the flags: lateness is told up to this too high.
const LOOK: Duration = Duration::from_millis(10);
/// When the rest is given up.
const PATIENCE: Duration = Duration::from_mins(1);
/// Tickets arrive for so long before the first deadline and after the last.
const AROUND: Duration = Duration::from_secs(5);

/// What was found.
struct Findings {
    extent: Extent,
    /// From due to seen.
    shown: Latencies,
    /// The tickets that arrived.
    arrived: Arrived,
}

/// Measures and prints the table.
///
/// # Errors
/// When the desk cannot be started or filled, when a flag does not show, or shows twice.
pub async fn run(quick: bool) -> Result<Found> {
    let extent = if quick { Extent::QUICK } else { Extent::WHOLE };
    let mut stage = Stage::start(extent).await?;
    let findings = measure(&mut stage).await;
    stage.stop().await;
    let findings = findings?;
    xtask::say::line(table(&findings));
    let shown = &findings.shown;
    Ok(Found {
        verdicts: vec![
            Verdict::alone("breach shows after, median", "ms", shown.median()),
            Verdict::alone("breach shows after, p99", "ms", shown.p99()).of_at_most(P99),
            Verdict::alone("breach shows after, worst", "ms", shown.per_mille(1_000))
                .of_at_most(WORST),
        ],
        details: document(&findings),
    })
}

async fn measure(stage: &mut Stage) -> Result<Findings> {
    stage.fill().await?;
    let waiting = stage.plant(AROUND).await?;
    let arrivals = Arrivals::start(stage.desk()).await?;
    let mut reader = stage.ticket().await?;
    let shown = watch(&mut reader, waiting.clone()).await?;
    sleep(AROUND).await;
    let arrived = arrivals.stop().await;
    once_each(&mut reader, &waiting).await?;
    Ok(Findings {
        extent: stage.extent(),
        shown,
        arrived,
    })
}

/// Looks at the flags until all are there; answers how late each was seen.
async fn watch(reader: &mut PgConnection, mut waiting: Vec<i64>) -> Result<Latencies> {
    let until = Instant::now() + AROUND + PATIENCE;
    let mut micros = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        if Instant::now() > until {
            bail!("{} deadlines are not flagged", waiting.len());
        }
        let seen: Vec<(i64, i64)> = sqlx::query_as(
            "select id, (extract(epoch from clock_timestamp() - first_response_due_at)
                         * 1000000)::bigint
             from tickets where id = any ($1) and first_response_breached",
        )
        .bind(&waiting)
        .fetch_all(&mut *reader)
        .await?;
        for (id, late) in seen {
            waiting.retain(|waits| *waits != id);
            micros.push(u32::try_from(late).context("a flag before its time")?);
        }
        sleep(LOOK).await;
    }
    Ok(Latencies::new(micros))
}

/// Every breach was told once.
async fn once_each(reader: &mut PgConnection, ids: &[i64]) -> Result<()> {
    let told: i64 = sqlx::query_scalar(
        "select count(*) from outbox where type = 'ticket.breached' and aggregate_id = any ($1)",
    )
    .bind(ids)
    .fetch_one(reader)
    .await?;
    if usize::try_from(told)? != ids.len() {
        bail!("{told} breaches were told of {}", ids.len());
    }
    Ok(())
}

fn table(findings: &Findings) -> String {
    let verdict = |value: f64, goal: f64| {
        let met = if value < goal { "met" } else { "missed" };
        format!("{value:>9.1} ms   goal < {goal:.0} ms: {met}")
    };
    let (shown, arrived) = (&findings.shown, &findings.arrived);
    let creates = arrived.took();
    format!(
        "\n{} clocks run, {} fall due within a second, {} tickets a second arrive\n\
         flag shows after, median   {:>9.1} ms\n\
         flag shows after, p99      {}\n\
         flag shows after, worst    {}\n\
         create meanwhile, median   {:>9.1} ms\n\
         create meanwhile, p99      {:>9.1} ms   ({} creates, {} failed)",
        findings.extent.tickets * 2,
        shown.count(),
        arrivals::RATE,
        shown.median(),
        verdict(shown.p99(), P99),
        verdict(shown.per_mille(1_000), WORST),
        creates.median(),
        creates.p99(),
        creates.count(),
        arrived.errors,
    )
}

fn document(findings: &Findings) -> serde_json::Value {
    let shown = &findings.shown;
    let creates = findings.arrived.took();
    json!({
        "clocks": findings.extent.tickets * 2,
        "due": shown.count(),
        "creates_per_second": arrivals::RATE,
        "shown_ms": {
            "median": shown.median(), "p99": shown.p99(), "worst": shown.per_mille(1_000),
        },
        "create_ms": {"median": creates.median(), "p99": creates.p99()},
        "creates": creates.count(),
        "failed": findings.arrived.errors,
        "goals_ms": {"p99": P99, "worst": WORST},
    })
}
