//! From a reply's acknowledgement until the mail about it is handed over to a mail server, while a
//! hundred tickets a second arrive and each is answered at once.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use anyhow::{Result, bail};
use serde_json::json;
use tokio::time::{Instant, sleep};
use xtask::service::Service;

use crate::{
    arrivals::{Arrivals, Arrived, RATE},
    desk::Desk,
    latency::{Latencies, micros},
    report::{Found, Verdict},
    sink::Sink,
};

/// Goal: milliseconds until the mail is handed over.
const P99: f64 = 250.0;
/// When the rest is given up.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

/// Measures and prints the table.
///
/// # Errors
/// When the desk cannot be started, or a mail never comes.
pub async fn run(quick: bool) -> Result<Found> {
    let time = Duration::from_secs(if quick { 5 } else { 25 });
    let sink = Sink::open()?;
    let desk = Desk::of(with_mail(Desk::plan()?, &sink)).await?;
    let measured = measure(&desk, &sink, time).await;
    desk.world.stop().await;
    let (handed, arrived) = measured?;
    xtask::say::line(table(&handed, &arrived));
    Ok(Found {
        verdicts: vec![
            Verdict::alone("event_to_mail, median", "ms", handed.median()),
            Verdict::alone("event_to_mail, p99", "ms", handed.p99()).of_at_most(P99),
            Verdict::alone("event_to_mail, worst", "ms", handed.per_mille(1_000)),
        ],
        details: json!({
            "mails": handed.count(),
            "failed": arrived.errors,
            "handed_ms": {"median": handed.median(), "p99": handed.p99()},
            "create_ms": {"median": arrived.took().median(), "p99": arrived.took().p99()},
        }),
    })
}

/// A plan whose mails go to this server.
pub fn with_mail(plan: xtask::stack::Plan, sink: &Sink) -> xtask::stack::Plan {
    plan.with(Service::Notifier, "SUPPORTDESK_MAIL_URL", &sink.url)
}

async fn measure(desk: &Desk, sink: &Sink, time: Duration) -> Result<(Latencies, Arrived)> {
    xtask::say::line("tickets arrive and are answered …");
    let arrivals = Arrivals::answered(desk).await?;
    sleep(time).await;
    let arrived = arrivals.stop().await;
    let until = Instant::now() + PATIENCE;
    let mut mails = sink.mails();
    while mails.len() < arrived.tickets.len() {
        if Instant::now() > until {
            bail!("{} of {} mails came", mails.len(), arrived.tickets.len());
        }
        sleep(LOOK).await;
        mails = sink.mails();
    }
    Ok((pair(&arrived, &mails), arrived))
}

/// What each mail took; one that came before the acknowledgement was read took no time.
fn pair(arrived: &Arrived, mails: &BTreeMap<i64, std::time::Instant>) -> Latencies {
    let took = arrived.tickets.iter().filter_map(|ticket| {
        let handed = mails.get(&ticket.id)?;
        let answered = ticket.answered?.into_std();
        Some(micros(handed.saturating_duration_since(answered)))
    });
    Latencies::new(took.collect())
}

fn table(handed: &Latencies, arrived: &Arrived) -> String {
    let mut out = String::new();
    let creates = arrived.took();
    let _ = writeln!(
        out,
        "\n{RATE} tickets a second arrive and are answered, created within {:.1} ms (median) and \
         {:.1} ms (p99), {} failed",
        creates.median(),
        creates.p99(),
        arrived.errors
    );
    let _ = write!(
        out,
        "mail handed over after: median {:.1} ms, p99 {:.1} ms, worst {:.1} ms ({} mails)",
        handed.median(),
        handed.p99(),
        handed.per_mille(1_000),
        handed.count()
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrivals::Arrival;

    #[tokio::test]
    async fn a_mail_counts_from_its_reply() {
        let zero = Instant::now();
        let at = |millis| zero + Duration::from_millis(millis);
        let arrival = |id, answered| Arrival {
            took: 1,
            acknowledged: at(0),
            answered: Some(at(answered)),
            project_id: 1,
            id,
        };
        let arrived = Arrived {
            tickets: vec![arrival(7, 10), arrival(8, 20)],
            errors: 0,
        };
        let mails = [(7, at(40)), (8, at(15)), (9, at(90))];
        let mails = mails.map(|(id, moment)| (id, moment.into_std())).into();
        let handed = pair(&arrived, &mails);
        assert_eq!(handed.count(), 2);
        assert!((handed.per_mille(1_000) - 30.0).abs() < 1e-9);
        assert!(handed.per_mille(0).abs() < 1e-9);
    }
}
